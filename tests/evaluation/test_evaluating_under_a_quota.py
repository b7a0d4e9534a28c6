"""A service with a quota and faults, and a program that is killed: no page is lost, none asked twice.

With BURNISH_QUOTA_PAGES=2000 BURNISH_QUOTA_KILLS=10 it is as large as it was first tried.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from questions import question
from quota_server import quota_server
from test_predicting import PROMPT, pages, runtime_at

from burnish.evaluation.journal import Journal, predict_once
from burnish.evaluation.predicting import Asking, predict

PAGES = int(os.environ.get("BURNISH_QUOTA_PAGES", "300"))
KILLS = int(os.environ.get("BURNISH_QUOTA_KILLS", "3"))

PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from test_predicting import PROMPT, pages, runtime_at
from questions import question
from burnish.evaluation.journal import Journal, predict_once
journal = Journal(Path(sys.argv[2]))
asked = pages(int(sys.argv[4]))
predict_once(runtime_at(sys.argv[1]), asked, question(PROMPT, concurrency=16), journal=journal)
"""


def test_faults_and_refusals_lose_no_page():
    with quota_server(rate=200, latency=0.01, faults=0.1) as server:
        found = predict(runtime_at(server.url), "m", pages(PAGES), PROMPT, Asking(concurrency=16))
        assert [one.page for one in found if not one.is_right] == []
        assert set(server.answered.values()) == {1}
        assert server.failed


def test_what_a_killed_program_has_written_down_is_not_asked_again(tmp_path):
    path = tmp_path / "answers.jsonl"
    with quota_server(rate=200, latency=0.01, faults=0.05) as server:
        for kill in range(1, KILLS + 1):
            known, before = written_down(path), server.answered.copy()
            kill_when(
                lambda enough=PAGES * kill // (KILLS + 1): len(written_down(path)) >= enough, server.url, path
            )
            assert {page for page in known if server.answered[page] != before[page]} == set()
        known, before = written_down(path), server.answered.copy()
        journal = Journal(path)
        asked = question(PROMPT, concurrency=16)
        found = predict_once(runtime_at(server.url), pages(PAGES), asked, journal=journal)
        assert {page for page in known if server.answered[page] != before[page]} == set()
    assert [one.page for one in found if not one.is_right] == []
    # Only what was under way at a kill, at most 16 calls each time, can have been answered twice.
    assert sum(times - 1 for times in server.answered.values()) <= 16 * KILLS


def kill_when(enough, url, path):
    """Run the program and kill it, as nothing can be caught, once there is enough."""
    command = [sys.executable, "-c", PROGRAM, url, str(path), str(Path(__file__).parent), str(PAGES)]
    with subprocess.Popen(command) as program:
        deadline = time.monotonic() + 120
        while not enough() and program.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        assert program.poll() is None, "the program ended before it was killed"
        program.kill()


def written_down(path):
    """The pages in whole lines of the journal."""
    body = path.read_bytes() if path.exists() else b""
    return {json.loads(line)["prediction"]["page"] for line in body[: body.rfind(b"\n") + 1].splitlines()}

"""Thousands of pages classified through ten kills: only on request, as it takes minutes.

BURNISH_MANY_PAGES=2000 pytest tests/life/test_many_documents.py --junitxml=figures.xml
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from whole_server import BUCKET, PROMPT, base_model_id, page_png

from burnish import Workspace, read_documents
from burnish.families.open_weights import PAGE_FEATURES_ID

PAGES = int(os.environ.get("BURNISH_MANY_PAGES", "0"))
KILLS = 10
#: Between the tenth of the answers after the start and the last: what is kept of each document is a key.
MOST_GROWTH_MIB = 20

pytestmark = pytest.mark.skipif(
    not PAGES, reason="set BURNISH_MANY_PAGES to the number of pages, such as 2000"
)


@pytest.fixture(scope="module")
def data_set(server, tmp_path_factory) -> str:
    """A data set with the labels to choose from."""
    import random

    from PIL import Image

    labelled, rng = tmp_path_factory.mktemp("labelled"), random.Random(0)
    for number in range(8):
        path = labelled / PROMPT.labels[number % 2] / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.frombytes("L", (30, 40), rng.randbytes(1200)).resize((300, 400)).save(path)
    work = Workspace(clients=server.clients(), base_model=PAGE_FEATURES_ID)
    work.prepare(read_documents(labelled), to=f"s3://{BUCKET}/many")
    return f"s3://{BUCKET}/many"


@pytest.fixture(scope="module")
def incoming(tmp_path_factory):
    folder = tmp_path_factory.mktemp("incoming")
    for number in range(PAGES):
        (folder / f"{number:05}.png").write_bytes(page_png(f"page {number}"))
    return folder


def answers_in(journal):
    lines = journal.read_bytes().splitlines() if journal.exists() else []
    return [json.loads(line) for line in lines if line.endswith(b"}")]


def resident_mib(process) -> float:
    status = Path(f"/proc/{process.pid}/status")
    line = next(one for one in status.read_text().splitlines() if one.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def test_pages_survive_ten_kills_none_lost_none_asked_twice_and_memory_stays_flat(
    record_property, server, burnish, data_set, incoming, tmp_path
):
    journal = tmp_path / "out.csv.answers.jsonl"
    model = base_model_id(server)
    command = ("classify", str(incoming), "--model", model, "--dataset", data_set, "--to", "out.csv")
    memory = []
    for kill in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "-m", "burnish.cli", *command],
            env={**os.environ, **burnish.endpoint},
            cwd=tmp_path,
            stderr=subprocess.DEVNULL,
        )
        target = (kill + 1) * PAGES // (KILLS + 1)
        at_start = 0.0
        while process.poll() is None and (answered := len(answers_in(journal))) < target:
            if not at_start and answered >= target - PAGES // (KILLS + 1) + 20:
                at_start = resident_mib(process)
            time.sleep(0.05)
        assert process.poll() is None, "it ended before it could be killed"
        memory.append((at_start, resident_mib(process)))
        process.kill()
        process.wait()
    done = burnish(*command)
    assert done.returncode == 0, done.stderr
    with (tmp_path / "out.csv").open(newline="") as file:
        names = [row["document"] for row in csv.DictReader(file)]
    asked = [one["document"] for one in answers_in(journal)]
    record_property("MiB at the start and the end of each run", memory)
    assert sorted(names) == sorted(asked) == sorted(one.name for one in incoming.iterdir())
    assert max(after - before for before, after in memory) < MOST_GROWTH_MIB
    assert memory[-1][1] - memory[0][1] < MOST_GROWTH_MIB

"""Every command that is told to end does so quietly, by the signal, with nothing half done left as if whole.

A moment is something that can be seen from outside: the command listens to signals, it has opened its input,
it has connected to its endpoint (which never answers), a child of it runs, a file of its output appears.
"""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from burnish.cli.app import COMMANDS

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="processes are watched in /proc"
)

#: So long a moment may take to come on a machine with much else to do.
PATIENCE_SECONDS = 60
ARN = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefghijkl"
ROLE = "arn:aws:iam::123456789012:role/R"
#: Every command that talks to an endpoint, with what it needs to come so far.
TALKING = [
    "prepare documents --to s3://bucket/set --model amazon.nova-lite-v1:0",
    "check s3://bucket/train.jsonl --model amazon.nova-lite-v1:0",
    "export s3://bucket/set out",
    "classify documents --model papers",
    "review versions s3://bucket/set",
    "review diff s3://bucket/set 0a1b",
    "review compare papers papers-2",
    "conformance",
    "evaluate s3://bucket/set amazon.nova-lite-v1:0",
    "role create --bucket bucket",
    "role delete Role",
    f"job create s3://bucket/train.jsonl --model amazon.nova-lite-v1:0 --name papers --role {ROLE} --wait",
    f"job check s3://bucket/train.jsonl --model amazon.nova-lite-v1:0 --role {ROLE}",
    "ladder documents --rungs majority,features",
    "job list",
    "job show papers",
    "job wait papers",
    "job stop papers",
    "job logs papers --follow",
    "job metrics papers",
    "model list",
    "model show papers",
    "model deploy arn:aws:bedrock:us-east-1:123456789012:custom-model/a/abcdefghijkl papers",
    f"model undeploy {ARN}",
    "model delete papers",
    "deployment create arn:aws:bedrock:us-east-1:123456789012:custom-model/a/abcdefghijkl papers --wait",
    "deployment list",
    "deployment wait papers",
    "deployment delete papers",
    f"throughput create {ARN} papers --wait",
    "throughput list",
    f"throughput wait {ARN}",
    f"throughput delete {ARN}",
    f"import create s3://bucket/weights/ papers --role {ROLE}",
    f"batch create s3://bucket/in.jsonl --model amazon.nova-lite-v1:0 --name papers --role {ROLE}",
    "batch list",
    "batch show papers",
    "batch wait papers",
    "batch stop papers",
    "import list",
    "import wait papers",
    "import delete papers",
    "status",
]
#: Those of which something goes on, or is kept, when they are interrupted.
WHAT_STAYS = {
    "job create": "same command again: it continues with what was created",
    "job logs": "Still running: `burnish job wait papers` follows it",
    "job wait": "Still running: `burnish job wait papers` follows it",
    "ladder": "run the same command again to go on with the others",
    "model deploy": "`burnish status` lists it",
    "model undeploy": "It may not be gone yet: see `burnish status`",
    "deployment create": "same command again: it continues with what was created",
    "deployment wait": "The deployment continues: `burnish deployment wait papers`",
    "deployment delete": "`burnish deployment show papers`",
    "throughput create": "same command again: it continues with what was created",
    "throughput wait": f"is billed by the hour: `burnish throughput wait {ARN}`",
    "batch wait": "The batch continues: `burnish batch wait papers`",
    "import wait": "The import keeps running: `burnish import wait papers`",
}


class Command:
    """A running command, in a session of its own."""

    def __init__(self, words: list[str], folder: Path, *, endpoint="http://127.0.0.1:1", **given) -> None:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder / "home"),
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "a",
            "AWS_SECRET_ACCESS_KEY": "b",
            "AWS_REGION": "us-east-1",
            "TERM": "xterm",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "burnish.cli", *words],
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | given,
            cwd=folder,
            env=environment,
            start_new_session=True,
            preexec_fn=heed_signals,
        )

    def once(self, moment: Callable[[], object]) -> None:
        """Return when the moment has come."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not moment():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline, "the moment has not come"
            time.sleep(0.005)

    def listens(self) -> bool:
        """Whether it has taken over SIGTERM, which Python itself does not."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"SigCgt:\s*([0-9a-f]+)", status)
        return bool(found and int(found[1], 16) >> (signal.SIGTERM - 1) & 1)

    def children(self) -> list[str]:
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [pid for task in tasks for pid in task.read_text().split()]

    def ended_by(self, number: int) -> tuple[str, str]:
        """What it has printed, once the signal has ended it."""
        self.process.send_signal(number)
        printed, said = (part.decode() if part else "" for part in self.process.communicate(timeout=60))
        assert self.process.returncode == -number, said
        assert "Traceback" not in said, said
        assert "Error" not in said, said
        assert "mistake" not in said, said
        return printed, said


def heed_signals() -> None:
    """Where this runs in a background or under nohup, signals are ignored, and children inherit that."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def is_gone(pid: str) -> bool:
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_until_gone(pids: list[str]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not all(map(is_gone, pids)):
        assert time.monotonic() < deadline, "a child has outlived the command"
        time.sleep(0.01)


@pytest.fixture
def silent():
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        listening.settimeout(PATIENCE_SECONDS)
        yield listening


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder with a few labelled pages in it."""
    here = tmp_path_factory.mktemp("interrupted")
    for number in range(8):
        page = here / "documents" / "ab"[number % 2] / f"{number}.png"
        page.parent.mkdir(parents=True, exist_ok=True)
        Image.effect_noise((600, 800), number + 1).save(page)
    return here


def test_every_command_is_interrupted_here():
    elsewhere = {
        "audit",
        "backup",
        "compare",
        "completion",
        "convert",
        "demo",
        "doctor",
        "env",
        "keys",
        "samples",
        "serve",
        "ui",
        "weights",
    }
    assert {words.split()[0] for words in TALKING} | elsewhere == set(COMMANDS)


@pytest.mark.attack(
    "Processes", "Ctrl-C while a command waits for a server that hangs", "quiet, exit status 130"
)
@pytest.mark.parametrize("words", TALKING)
def test_ctrl_c_in_a_call_is_quiet_and_says_what_goes_on(words, silent, folder):
    command = Command(words.split(), folder, endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}")
    silent.accept()
    printed, said = command.ended_by(signal.SIGINT)
    assert printed == ""
    stays = next((text for name, text in WHAT_STAYS.items() if words.startswith(name)), "")
    assert stays in said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_signals_end_a_command_as_ctrl_c_does(number, silent, folder):
    words = ["job", "wait", "papers"]
    command = Command(words, folder, endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}")
    silent.accept()
    assert WHAT_STAYS["job wait"] in command.ended_by(number)[1]


@pytest.mark.parametrize(
    "words",
    [
        "check train.jsonl --model amazon.nova-lite-v1:0",
        "audit documents",
        "compare nowhere",
        "env",
        "backup copy",
    ],
)
def test_ctrl_c_while_a_command_is_imported_is_quiet(words, folder):
    command = Command(words.split(), folder)
    command.once(command.listens)
    assert command.ended_by(signal.SIGINT) == ("", "")


def test_ctrl_c_before_a_command_is_known_is_quiet(folder):
    code = """
import importlib, signal
start = importlib.import_module('burnish.cli.main')
start._escape_unprintable = lambda: signal.raise_signal(signal.SIGINT)
start.main(['env'])
"""
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=heed_signals,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGINT, "", "")


def test_ctrl_c_while_records_are_read_is_quiet(folder):
    os.mkfifo(folder / "slow.jsonl")
    command = Command(["check", "slow.jsonl", "--model", "amazon.nova-lite-v1:0"], folder)
    with (folder / "slow.jsonl").open("w") as records:
        print(json.dumps({"schemaVersion": "bedrock-conversation-2024"}), file=records, flush=True)
        assert command.ended_by(signal.SIGINT) == ("", "")


def test_ctrl_c_while_children_read_documents_leaves_none_of_them(folder):
    command = Command(["audit", "documents", "--out", "audited"], folder)
    command.once(command.children)
    children = command.children()
    command.ended_by(signal.SIGTERM)
    wait_until_gone(children)
    assert not (folder / "audited").exists()


def test_ctrl_c_in_a_ladder_ends_the_server_that_it_has_started(folder):
    words = ["ladder", "documents", "--rungs", "majority,features", "--out", "ladder"]
    command = Command(words, folder, endpoint="")
    command.once((folder / "ladder" / "server" / "logs").exists)
    children = command.children()
    assert children
    assert WHAT_STAYS["ladder"] in command.ended_by(signal.SIGINT)[1]
    wait_until_gone(children)
    assert not (folder / "ladder" / "server" / "server.json").exists()


def test_a_second_signal_does_not_wait_for_what_is_being_tidied_up(folder):
    code = """
import time
from burnish.cli import main, signals
from burnish.cli.app import app
signals.ONE_SIGNAL_SECONDS = 0
@app.command
def hang():
    try:
        print('begun', flush=True)
        time.sleep(600)
    finally:
        print('tidying up', flush=True)
        time.sleep(600)
main(['hang'])
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=heed_signals
    ) as hanging:
        for line in ("begun\n", "tidying up\n"):
            assert hanging.stdout.readline().decode() == line
            hanging.send_signal(signal.SIGINT)
        assert hanging.communicate(timeout=PATIENCE_SECONDS) == (b"", b"")
    assert hanging.returncode == -signal.SIGINT


@pytest.mark.parametrize(
    "disguise",
    ["raise ImportError('numpy could not be imported') from None", "pass"],
    ids=["as an error", "swallowed"],
)
def test_an_interrupt_that_a_library_has_made_something_else_of_is_one_all_the_same(disguise):
    code = f"""
import signal
from burnish.cli import main
from burnish.cli.app import app
@app.command
def imported():
    try:
        signal.raise_signal(signal.SIGINT)
    except BaseException:
        {disguise}
main(['imported'])
"""
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=False, preexec_fn=heed_signals
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGINT, b"", b"")


def test_output_that_nobody_reads_ends_a_command_quietly(folder):
    reading, writing = os.pipe()
    os.close(reading)
    (folder / "wrong.jsonl").write_text("{}\n")
    command = Command(["check", "wrong.jsonl", "--model", "amazon.nova-lite-v1:0"], folder, stdout=writing)
    os.close(writing)
    _, said = command.process.communicate(timeout=PATIENCE_SECONDS)
    assert command.process.returncode == -signal.SIGPIPE
    assert "Traceback" not in said.decode()
    assert "Broken" not in said.decode()


def test_a_terminal_has_its_cursor_back(silent, folder):
    ours, theirs = pty.openpty()
    words = ["job", "wait", "papers"]
    endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
    command = Command(words, folder, endpoint=endpoint, stderr=theirs)
    os.close(theirs)
    silent.accept()
    command.ended_by(signal.SIGINT)
    shown = b""
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:  # how Linux says that the other side is closed
        os.close(ours)
    assert shown.rfind(b"\x1b[?25h") > shown.rfind(b"\x1b[?25l") >= 0

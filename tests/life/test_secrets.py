"""A whole life with secrets that are known, and a search for them in all that it leaves behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from whole_server import RunningServer, base_model_id

from burnish.server.credentials import credentials_at

#: Of the user who starts the server and calls it: keys of AWS, which it has nothing to do with.
PLANTED = {
    "AWS_ACCESS_KEY_ID": "AKIAPLANTEDPLANTED22",
    "AWS_SECRET_ACCESS_KEY": "planted/secret+key/of/a/user/of/aws/4711",
    "AWS_SESSION_TOKEN": "planted-session-token-0815",
    "AWS_BEARER_TOKEN_BEDROCK": "planted-bearer-token-0816",
}
WRONG = "a-secret-that-is-wrong-and-typed-by-hand"
#: Where a server keeps its key, for its owner alone.
KEPT = {"credentials.json", "objects-identities.json"}

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are looked at in /proc"),
    pytest.mark.usefixtures("life"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory, tiny_weights, ready_adapter) -> Iterator[RunningServer]:
    here = Path(__file__).parent
    running = RunningServer(
        tmp_path_factory.mktemp("server"),
        tiny_weights,
        program=[sys.executable, str(here / "quick_server.py")],
        environment={
            **PLANTED,
            "READY_ADAPTER": str(ready_adapter),
            "PYTHONPATH": os.pathsep.join([str(here), *sys.path]),
        },
    )
    yield running
    running.stop()


@pytest.fixture(scope="module")
def secrets(server) -> dict[str, bytes]:
    own = {"the server's secret key": credentials_at(server.data).secret_key, "a wrong secret": WRONG}
    planted = {name: value for name, value in PLANTED.items() if name != "AWS_ACCESS_KEY_ID"}
    return {name: value.encode() for name, value in {**own, **planted}.items()}


@pytest.fixture(scope="module")
def client_folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("client")


@pytest.fixture(scope="module")
def life(server, client_folder) -> dict[str, bytes]:
    """What each command has printed, errors included, and what processes there were meanwhile."""
    key = credentials_at(server.data)
    for number in range(8):
        page = client_folder / "documents" / "ab"[number % 2] / f"{number}.png"
        page.parent.mkdir(parents=True, exist_ok=True)
        Image.effect_noise((300, 400), number + 1).save(page)
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": key.access_key,
        "AWS_SECRET_ACCESS_KEY": key.secret_key,
        "AWS_REGION": "us-east-1",
        "BURNISH_CACHE": str(client_folder / "cache"),
        "MLFLOW_ALLOW_FILE_STORE": "true",
    }
    model, printed = base_model_id(server), {}

    def burnish(*words: str, **changes: str) -> str:
        """What a command prints; with a key that is refused it must fail, and else succeed."""
        ended = subprocess.run(
            [sys.executable, "-m", "burnish.cli", *words],
            capture_output=True,
            env=environment | changes,
            cwd=client_folder,
            check=False,
        )
        printed[" ".join(words[:3]) + str(len(printed))] = ended.stdout + ended.stderr
        assert bool(ended.returncode) == bool(changes), ended.stderr.decode()
        return ended.stdout.decode()

    burnish("prepare", "documents", "--to", "s3://secrets/set", "--model", model)
    created = ("job", "create", "s3://secrets/set", "--model", model, "--name", "papers")
    job = json.loads(burnish(*created, "--wait", "--json"))
    burnish("job", "metrics", "papers", "--tensorboard", "tb", "--mlflow", "mlruns")
    arn = burnish("model", "deploy", job["model_id"], "papers").strip()
    burnish("evaluate", "s3://secrets/set", arn, "--out", "evaluation")
    burnish("status", AWS_SECRET_ACCESS_KEY=WRONG)
    burnish("job", "show", "papers", "--debug", AWS_SECRET_ACCESS_KEY=WRONG)
    burnish("status", AWS_SESSION_TOKEN=WRONG)
    burnish("check", "s3://secrets/set/train.jsonl", "--model", model, **PLANTED)
    printed["processes"] = b"\0".join(command_lines_under(server.process.pid))
    printed["environments"] = b"\0".join(environments_under(server.process.pid))
    printed["limits"] = b"\n".join(core_limits_under(server.process.pid))
    return printed


def descendants_of(pid: int) -> list[int]:
    children = [
        int(child)
        for task in Path(f"/proc/{pid}/task").glob("*/children")
        for child in task.read_text().split()
    ]
    return [*children, *(below for child in children for below in descendants_of(child))]


def command_lines_under(pid: int) -> list[bytes]:
    return [Path(f"/proc/{one}/cmdline").read_bytes() for one in [pid, *descendants_of(pid)]]


def environments_under(pid: int) -> list[bytes]:
    """Those of its children: its own is what its user gave it."""
    return [Path(f"/proc/{one}/environ").read_bytes() for one in descendants_of(pid)]


def core_limits_under(pid: int) -> list[bytes]:
    lines = (Path(f"/proc/{one}/limits").read_bytes() for one in [pid, *descendants_of(pid)])
    return [line for body in lines for line in body.splitlines() if b"core file" in line]


def found_in(named: dict[str, bytes], secrets: dict[str, bytes]) -> list[str]:
    return [
        f"{secret} in {name}" for name, body in named.items() for secret in secrets if secrets[secret] in body
    ]


def files_under(folder: Path) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.is_symlink()
    }


def test_the_life_was_one(life):
    assert b"Report: evaluation/report.html" in b"".join(life.values())
    assert b"request signature we calculated does not match" in b"".join(life.values())
    assert life["environments"]


@pytest.mark.attack(
    "Secrets", "what commands print is searched, errors and stack traces too", "no secret in it"
)
def test_nothing_that_is_printed_holds_a_secret(life, secrets):
    assert found_in(life, secrets) == []


@pytest.mark.attack("Secrets", "another user lists processes (`ps`)", "no secret among their arguments")
def test_no_process_has_a_secret_among_its_arguments(life, secrets):
    assert found_in({"arguments": life["processes"]}, secrets) == []


@pytest.mark.attack(
    "Secrets", "a worker or the S3 server looks into its environment", "no key of AWS is there"
)
def test_no_child_of_the_server_has_a_key_of_its_user(life):
    assert found_in({"environments": life["environments"]}, {n: v.encode() for n, v in PLANTED.items()}) == []


@pytest.mark.attack("Secrets", "a process crashes", "no core dump, which would hold its keys")
def test_no_process_of_the_server_leaves_a_core_dump(life):
    assert {line.split()[4] for line in life["limits"].splitlines()} == {b"0"}


@pytest.mark.attack(
    "Secrets", "the data folder is searched: logs, databases, objects", "only in the key's own files"
)
def test_the_servers_folder_holds_its_key_in_its_own_files_and_nowhere_else(server, life, secrets):
    there = files_under(server.data)
    assert any(name.endswith(".log") for name in there)
    assert (
        found_in({name: body for name, body in there.items() if Path(name).name not in KEPT}, secrets) == []
    )
    for name in KEPT:
        assert (server.data / name).stat().st_mode & 0o077 == 0


@pytest.mark.attack(
    "Secrets", "a client's cache, reports, journals and tracking files are searched", "no secret"
)
def test_nothing_that_the_client_wrote_holds_a_secret(client_folder, life, secrets):
    there = files_under(client_folder)
    assert {"report.html", "answers.jsonl"} <= {Path(name).name for name in there}
    assert found_in(there, secrets) == []

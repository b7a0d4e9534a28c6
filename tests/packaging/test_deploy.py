"""The files in `deploy/`: what they say holds, and what they run is run."""

from __future__ import annotations

import configparser
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from burnish.local_server.running_server import running_server
from burnish.waiting import wait_until

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy" / "burnish.service"
CONTAINER = ROOT / "deploy" / "Containerfile"
STARTING_SECONDS = 300


def service_settings() -> configparser.SectionProxy:
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str
    parser.read_string(UNIT.read_text(encoding="utf-8"))
    return parser["Service"]


def instructions() -> dict[str, str]:
    """Each instruction of the container file with its arguments; of a repeated one the last."""
    text = CONTAINER.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return {word: rest.strip() for word, _, rest in (line.partition(" ") for line in lines)}


def unit_command(data: Path) -> list[str]:
    program, *words = service_settings()["ExecStart"].split()
    assert Path(program).name == "burnish"
    return [word.replace("${STATE_DIRECTORY}", str(data)) for word in words]


def container_command(data: Path) -> list[str]:
    assert json.loads(instructions()["ENTRYPOINT"]) == ["burnish"]
    return [word.replace("/data/server", str(data)) for word in json.loads(instructions()["CMD"])]


@contextmanager
def started(words: list[str], data: Path, model: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The server that the words start, on a port that is free, and its port."""
    at = words.index("--port")
    command = [sys.executable, "-m", "burnish.cli", *words[:at], "--port", "0", *words[at + 2 :]]
    # As from a service manager, which leaves SIGINT alone and has no terminal.
    with subprocess.Popen(
        [*command, "--model", str(model)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdin=subprocess.DEVNULL,
    ) as process:
        try:
            found = wait_until(lambda: running_server(data), bool, interval=0.2, timeout=STARTING_SECONDS)
            yield process, found.url.rpartition(":")[2]
        finally:
            process.kill()


@pytest.mark.parametrize("command_of", [unit_command, container_command])
def test_its_command_starts_a_server_that_is_well_and_ends_in_order(command_of, tmp_path: Path, tiny_weights):
    data = tmp_path / "data"
    check = json.loads(instructions()["HEALTHCHECK"].partition("CMD")[2])
    with started(command_of(data), data, tiny_weights) as (process, port):
        probe = [word.replace("8800", port) for word in check]
        assert subprocess.run([sys.executable, *probe[1:]], check=False).returncode == 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=120) in (0, -signal.SIGTERM)
        assert subprocess.run([sys.executable, *probe[1:]], capture_output=True, check=False).returncode != 0


def test_the_unit_is_one_that_systemd_accepts(tmp_path: Path):
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("there is no systemd-analyze on this machine")
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text(encoding="utf-8").replace("/opt/burnish/bin/burnish", sys.executable))
    checked = subprocess.run([verify, "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_unit_gives_the_server_no_rights_that_it_does_not_need():
    settings = service_settings()
    assert settings["CapabilityBoundingSet"] == ""
    assert settings["StateDirectoryMode"] == settings["CacheDirectoryMode"] == "0700"
    for name in ("DynamicUser", "NoNewPrivileges", "ProtectHome", "PrivateTmp"):
        assert settings[name] == "yes", name
    assert "--insecure" not in settings["ExecStart"]
    assert "--host 127.0.0.1" in settings["ExecStart"]


def test_the_container_installs_the_wheel_with_what_a_server_needs_and_runs_as_nobody_special():
    run = CONTAINER.read_text(encoding="utf-8")
    (extra,) = re.findall(r'"burnish\[(\w+)\] @ ', run)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert extra in project["optional-dependencies"]
    assert instructions()["USER"] == "burnish"
    python = re.search(r"python:(\d\.\d+)-slim", instructions()["FROM"])[1]
    assert f"Programming Language :: Python :: {python}" in project["classifiers"]

"""Clients of others, each in a process of its own, unmodified, at the server that these tests share."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(__file__).parent / "programs"
INSTALLED = Path(os.environ.get("BURNISH_CLIENTS", ROOT / ".clients"))
#: A stand-in that the server has under an id of AWS: some clients know models by their ids only.
MODEL = "amazon.nova-micro-v1:0"
OLDEST_NODE = 20


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What programs find in their environment, and in which folder they run."""

    variables: dict[str, str]
    folder: Path

    def with_variables(self, variables: Mapping[str, str | None]) -> Environment:
        """The same with other variables; those that are None are not set."""
        changed = {**self.variables, **variables}
        return replace(self, variables={name: value for name, value in changed.items() if value is not None})

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """What came of a command."""
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            env=self.variables,
            cwd=self.folder,
            timeout=120,
            check=False,
        )

    def found_by(self, *command: str | Path) -> dict:
        """The JSON that a program prints."""
        ended = self.run(*command)
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)


@pytest.fixture
def environment(burnish_server, tmp_path) -> Environment:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    variables.pop("PYTHONPATH", None)
    own = {"AWS_CONFIG_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true", "NO_PROXY": "127.0.0.1"}
    # LiteLLM would fetch its list of prices.
    own |= {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "NODE_NO_WARNINGS": "1"}
    return Environment(variables={**variables, **own, **burnish_server.environment}, folder=tmp_path)


@pytest.fixture
def python(environment):
    """Runs a program of ours in the environment of the clients that are written in Python."""

    def run(name):
        return environment.found_by(_installed("python/bin/python"), PROGRAMS / name, MODEL)

    return run


@pytest.fixture
def node(environment):
    """Runs a program of ours beside the packages of npm."""

    def run(name, **variables):
        packages = _installed("node/node_modules")
        version = int(subprocess.check_output(["node", "--version"], text=True)[1:].partition(".")[0])
        if version < OLDEST_NODE:
            pytest.skip(f"the SDK for JavaScript needs Node.js {OLDEST_NODE}, and this is {version}")
        # Node looks for packages from the folder of a program upwards.
        beside = shutil.copy(PROGRAMS / name, packages.parent)
        return environment.with_variables(variables).found_by("node", beside, MODEL)

    return run


@pytest.fixture
def aws(environment):
    """The AWS CLI: what came of ``aws`` with these words."""

    def run(*words):
        return environment.run(_installed("python/bin/aws"), *words, "--output", "json")

    return run


def _installed(what: str) -> Path:
    path = INSTALLED / what
    if not path.exists():
        pytest.skip("the clients of others are not installed: make clients")
    return path

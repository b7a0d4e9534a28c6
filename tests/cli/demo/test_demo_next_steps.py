"""What a demo offers at its end: commands that are run here as they are printed."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from burnish.cli.app import app
from burnish.cli.demo.next_steps import steps_without_model
from burnish.cli.demo.plan import Plan
from burnish.engine.catalogue import DEFAULT_MODEL

SERVER_IS_UP = "until [ -f */server/server.json ]; do sleep 0.2; done"


def plan(**changes) -> Plan:
    given = {
        "documents": None,
        "layout": None,
        "out": Path("burnish-demo"),
        "model": DEFAULT_MODEL,
        "source": None,
        "keep": False,
        "seed": 0,
        "training_per_label": 24,
        "held_out_per_label": 8,
    }
    return Plan(**{**given, **changes})


def commands_in(text: str) -> list[str]:
    """The commands after the last result, which are indented."""
    return re.findall(r"^  (\S.*)$", text.partition("Report: ")[2] or text, re.MULTILINE)


def in_shell(script: str, folder: Path) -> str:
    environment = {**os.environ, "PATH": "/usr/bin:/bin"}
    ended = subprocess.run(
        ["bash", "-ec", script], capture_output=True, text=True, cwd=folder, env=environment, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def kept(tmp_path_factory, tiny_weights) -> tuple[Path, list[str]]:
    """The folder in which a demo was run that keeps its model, and the commands that it ends with."""
    folder = tmp_path_factory.mktemp("folder")
    small = f"--keep --model {tiny_weights} --training-per-label 2 --held-out-per-label 1"
    return folder, commands_in(in_shell(f"{sys.executable} -m burnish.cli demo {small}", folder))


def test_the_model_that_was_kept_says_what_a_page_is(kept):
    folder, (serve, env, classify, status) = kept
    script = "\n".join(
        ["set -m", f"{serve} --port 0 & trap 'kill $!' EXIT", SERVER_IS_UP, env, classify, status]
    )
    said = in_shell(script, folder)
    page, answer = re.search(r"^(\S+\.png): (\w+) \(\d+%\)$", said, re.MULTILINE).groups()
    assert (folder / page).is_file()
    assert (folder / "burnish-demo" / "documents" / "held-out" / answer).is_dir()


def test_a_demo_is_repeated_with_the_options_that_it_had():
    options = {"out": Path("a b"), "seed": 3, "documents": Path("my pages")}
    (again,) = commands_in(steps_without_model(plan(**options, training_per_label=5)))
    _, call, _ = app.parse_args(shlex.split(again)[1:])
    samples = call.arguments.pop("samples")
    assert call.arguments == options | {"keep": True}
    assert (samples.training_per_label, samples.held_out_per_label) == (5, None)


def test_a_program_that_a_shell_finds_is_called_by_its_name(monkeypatch):
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    again, own = commands_in(steps_without_model(plan()))
    assert again == "burnish demo --keep"
    assert own == "burnish demo --keep --documents my-documents --out my-demo"


def test_a_demo_of_extraction_goes_on_with_extraction():
    steps = steps_without_model(plan(task="extraction", training_per_label=48, held_out_per_label=12))
    again, own = commands_in(steps)
    assert again.endswith("demo --keep --task extraction")
    assert "demo --task extraction --keep --documents my-documents" in own
    assert "JSON file of its fields" in steps

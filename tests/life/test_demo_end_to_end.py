"""The whole road once, with the real default model, on a few pages: what `make demo` does, smaller."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from burnish.cache import cache_folder
from burnish.engine.catalogue import DEFAULT_MODEL, pooled
from burnish.samples.kinds import EMAIL, INVOICE, RESUME
from burnish.samples.writing import TRAINING, write_all

#: Three pages are too few for a curve of confidence.
PLOTS = ("accuracy", "confusion-base", "confusion-tuned", "loss-tuned")
FILES = ("report.html", "evaluation.json", "model-cards/tuned.md", *(f"plots/{name}.png" for name in PLOTS))


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> tuple[Path, str]:
    """The folder and the output of a demo on three types of pages."""
    if not list((cache_folder() / "weights").glob("*SmolLM2-135M*")):
        pytest.skip("the default model's weights are not here: run `burnish weights`")
    folder = tmp_path_factory.mktemp("demo")
    # Documents that other tests show to a model as well: they are read once for all.
    write_all(folder, {TRAINING: 4}, 0, None, kinds=[EMAIL, INVOICE, RESUME])
    documents = folder / TRAINING
    command = [sys.executable, "-m", "burnish.cli", "demo", "--documents", str(documents)]
    done = subprocess.run(
        [*command, "--out", str(folder / "out")], capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "out", done.stderr


@pytest.mark.end_to_end
def test_the_summary_says_everything_it_promises(demo):
    folder, _ = demo
    summary = json.loads((folder / "summary.json").read_text())
    assert (summary["version"], summary["basis"]) == (2, "calibrated")
    base, features, tuned = summary["scores"]
    assert (base["model"], features["model"], tuned["model"]) == ("base", "features", "tuned")
    assert base["metrics"]["failed"] == tuned["metrics"]["failed"] == 0
    assert base["calibration"]["answers"] == tuned["calibration"]["answers"]
    assert summary["data"]["documents"] == 12
    training = summary["training"]["tuned"]
    assert training["base_model"].endswith(pooled(DEFAULT_MODEL).id)
    assert training["training_losses"][-1]["loss"] < 2
    assert [one["name"] for one in summary["stages"]][-2:] == ["report", "clean-up"]


@pytest.mark.end_to_end
def test_the_report_and_its_plots_are_there(demo):
    folder, _ = demo
    for name in FILES:
        assert (folder / name).stat().st_size > 1000, name


@pytest.mark.end_to_end
def test_what_was_made_is_listed_as_deleted(demo):
    _, output = demo
    deleted = [line.split(" arn:")[0] for line in output.splitlines() if line.startswith("Deleted ")]
    kinds = (*("provisioned throughput", "custom model") * 2, "role")
    assert deleted == [f"Deleted the {kind}" for kind in kinds], output

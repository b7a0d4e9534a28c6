"""A whole demo of extraction, on a tiny model: fields are read, scored and shown."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from burnish.evaluation import read_evaluation


@pytest.fixture(scope="module")
def out(tmp_path_factory, tiny_weights):
    folder = tmp_path_factory.mktemp("demo")
    words = ("demo", "--task", "extraction", "--model", tiny_weights, "--training-per-label", "4")
    ended = subprocess.run(
        [sys.executable, "-m", "burnish.cli", *words, "--held-out-per-label", "1", "--out", folder / "out"],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "F1 of a field" in ended.stdout
    return folder / "out"


def test_every_field_is_scored(out):
    evaluation = read_evaluation(out)
    assert evaluation.field_scores.models == ("base", "tuned")
    names = {field.name for field in evaluation.field_scores.best.metrics.fields}
    assert {"number", "issued", "due", "seller", "buyer", "currency", "total"} <= names
    assert json.loads(evaluation.schema)["properties"]["issued"] == {"type": "string", "format": "date"}


def test_an_answer_that_ended_by_itself_has_every_field(out):
    evaluation = read_evaluation(out)
    required = set(json.loads(evaluation.schema)["required"])
    for candidate in evaluation.candidates:
        for one in candidate.predictions:
            assert one.error is None
            if one.predicted is not None:
                assert set(json.loads(one.answer)) == required


def test_the_report_shows_fields(out):
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Each field" in page
    assert "Confusion matrix" not in page

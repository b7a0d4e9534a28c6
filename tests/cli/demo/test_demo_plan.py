"""How the demo trains: about as many pages seen whatever there is to choose from."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish.cli.demo.plan import EXTRACTION_EPOCHS, Plan, Task, epochs_over
from burnish.engine.catalogue import DEFAULT_MODEL
from burnish.families import family_named


def plan(source: str | None = None, task: Task = "classification") -> Plan:
    return Plan(
        documents=None,
        layout=None,
        out=Path("out"),
        model=DEFAULT_MODEL,
        source=source,
        keep=False,
        seed=4,
        training_per_label=28,
        held_out_per_label=8,
        task=task,
    )


@pytest.mark.parametrize(("records", "epochs"), [(1, 5), (80, 5), (100, 4), (200, 2), (400, 2), (10_000, 2)])
def test_few_records_are_seen_more_often(records, epochs):
    assert epochs_over(records) == epochs


@pytest.mark.parametrize("records", [1, 88, 200, 2000])
@pytest.mark.parametrize("source", [None, "somebody/some-model"])
def test_the_family_takes_the_hyperparameters(records, source):
    tuning = family_named("open_weights").tuning(DEFAULT_MODEL.id)
    chosen = tuning.defaults() | dict(plan(source).hyperparameters(records))
    assert tuning.problems_with(chosen, owner="open_weights") == []
    assert chosen["seed"] == "4"


def test_another_model_is_tuned_at_its_familys_usual_rate():
    assert "learningRate" not in plan("somebody/some-model").hyperparameters(200)


def test_whole_pages_are_seen_as_often_however_many_there_are():
    for records in (8, 80):
        chosen = plan(task="extraction").hyperparameters(records)
        assert chosen["epochCount"] == str(EXTRACTION_EPOCHS)

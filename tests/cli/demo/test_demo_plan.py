"""What the demo asks of a training, and what it leaves to the model."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish.cli.demo.plan import EXTRACTION_EPOCHS, Plan, Task
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


@pytest.mark.parametrize("task", ["classification", "extraction"])
def test_the_family_takes_the_hyperparameters(task):
    tuning = family_named("open_weights").tuning(DEFAULT_MODEL.id)
    asked = plan(task=task).hyperparameters
    assert tuning.problems_with(asked, owner="open_weights") == []
    assert asked["seed"] == "4"


def test_how_types_are_learned_is_left_to_the_model():
    assert set(plan().hyperparameters) == {"seed"}


def test_whole_pages_are_seen_so_often():
    assert plan(task="extraction").hyperparameters["epochCount"] == str(EXTRACTION_EPOCHS)

"""What the demo asks of a training, and what it leaves to the model."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish.cli.demo.plan import EXTRACTION_EPOCHS, Plan, Task, base_model
from burnish.engine.catalogue import DEFAULT_MODEL, PAGE_FEATURES, open_model, requested_models, served_models
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


@pytest.mark.parametrize("source", [None, "HuggingFaceTB/SmolLM2-360M-Instruct"])
def test_types_are_told_apart_by_a_pool_that_the_server_offers(source):
    model = base_model(source, "classification")
    assert model.members == (open_model(source) if source else DEFAULT_MODEL, PAGE_FEATURES)
    assert model in served_models(requested_models([source] if source else []))


def test_a_model_that_writes_no_text_is_tuned_as_it_is():
    assert base_model("page-features", "classification") == PAGE_FEATURES


def test_fields_are_read_by_the_language_model():
    assert base_model(None, "extraction") == DEFAULT_MODEL

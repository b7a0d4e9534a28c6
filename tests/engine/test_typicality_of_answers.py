"""A tuned model tells how typical pages are of its training pages, whatever kind it is."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from burnish.engine.conversations import Conversation, Example, TrainingData, Turn
from burnish.engine.inference_messages import Choice, ModelPlace
from burnish.engine.kinds import PAGE_FEATURES, kind_of, save_tuned, write_kind
from burnish.engine.model_runner import ModelRunner
from burnish.engine.pages import page_of_text
from burnish.engine.tunable_model import Progress
from burnish.engine.typicality import save_typical_pages
from burnish.errors import ModelFailed
from burnish.page_features.appearance import SIZE
from burnish.records import answer_for

CHOICE = Choice(name="class", labels=("invoice", "letter"))


def asked(text: str) -> Conversation:
    page = replace(page_of_text(text), appearance=bytes([200] * SIZE))
    return Conversation(system="", turns=(Turn(role="user", text="?", pages=(page,)),))


def text_of(label: str, number: int) -> str:
    rng = random.Random(f"{label} {number}")
    return " ".join(rng.choices([f"{label}{word}" for word in range(40)], k=25))


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> ModelPlace:
    """A model of page features that was trained on invoices and letters, and saved as the worker saves it."""
    weights, tuned = (tmp_path_factory.mktemp(name) for name in ("weights", "tuned"))
    write_kind(PAGE_FEATURES, weights)
    examples = tuple(
        Example(conversation=asked(text_of(label, number)), answer=answer_for(label))
        for number in range(15)
        for label in CHOICE.labels
    )
    model, data = kind_of(weights).load(weights), TrainingData(training=examples)
    progress = Progress(on_step=lambda _: None, on_validation=lambda _: None)
    save_tuned(model.train(data, model.settings({}, data), progress=progress), tuned)
    save_typical_pages(examples, tuned)
    return ModelPlace(weights=weights, tuned=tuned)


def test_a_page_unlike_the_training_pages_is_told_from_one_like_them(place):
    texts = [text_of("invoice", 99), "words that none of those pages has"]
    like, unlike = ModelRunner().decide(place, [asked(text) for text in texts], CHOICE)
    assert unlike.typicality <= 0.05 < like.typicality
    assert sum(unlike.probabilities.values()) == pytest.approx(1)


def test_a_model_without_training_pages_tells_nothing(place):
    (place.tuned / "typicality.npz").rename(place.tuned / "away")
    (answer,) = ModelRunner().decide(place, [asked("page")], CHOICE)
    (place.tuned / "away").rename(place.tuned / "typicality.npz")
    assert answer.typicality is None


def test_damaged_training_pages_are_named(place, tmp_path):
    (tmp_path / "typicality.npz").write_bytes(b"no arrays")
    with pytest.raises(ModelFailed, match=r"training pages in .* are damaged"):
        ModelRunner().load(ModelPlace(weights=place.weights, tuned=tmp_path))

"""What a model learns from: records as tokens, whose pages lack other lines in every epoch."""

from __future__ import annotations

from dataclasses import replace

import pytest

from burnish.engine.language_model.examples import epochs_of, example_of
from burnish.engine.language_model.network import load_language_model
from burnish.engine.language_model.training import LoraTraining
from burnish.records import classification_prompt, classification_record

PROMPT = classification_prompt(["invoice", "letter"])
URIS = [f"s3://bucket/{number}.png" for number in range(3)]
RECORDS = [
    classification_record(PROMPT, image_uri=uri, bucket_owner="123456789012", label="letter") for uri in URIS
]
PAGES = {uri: "\n".join(f"w{number}" for number in range(12)) for uri in URIS}


@pytest.fixture
def epochs(tiny_weights):
    """The examples of each epoch with these settings."""
    model = load_language_model(tiny_weights)
    whole = [example_of(model, record, PAGES) for record in RECORDS]
    return lambda settings: epochs_of(model, RECORDS, whole, PAGES, settings)


def test_every_epoch_lacks_other_lines_and_a_seed_makes_the_same_ones_again(epochs):
    settings = LoraTraining(line_dropout=0.4, seed=5)
    once, again = epochs(settings), epochs(settings)
    assert once(0) == again(0)
    assert once(0) != once(1)
    assert epochs(replace(settings, seed=6))(0) != once(0)
    assert all(one.answer == once(0)[0].answer for one in once(1))


def test_without_line_dropout_every_epoch_sees_the_whole_pages(epochs):
    whole = epochs(LoraTraining(line_dropout=0))
    assert whole(0) == whole(1)
    assert len(whole(0)[0].prompt) > max(len(one.prompt) for one in epochs(LoraTraining())(0))

"""What a language model learns from: examples as tokens, whose pages lack other lines in every epoch."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from tiny_engine import asked

from burnish.engine.conversations import Example
from burnish.engine.language_model.examples import epochs_of, tokenized
from burnish.engine.language_model.network import load_language_model
from burnish.engine.language_model.training import LoraTraining

EXAMPLES = [
    Example(conversation=asked("\n".join(f"{page}{number}" for number in range(12))), answer="letter")
    for page in ("a", "b", "c")
]


@pytest.fixture
def epochs(tiny_weights):
    """The examples of each epoch with these settings."""
    model = load_language_model(tiny_weights)
    whole = [tokenized(model, example) for example in EXAMPLES]
    return lambda settings, examples=EXAMPLES: epochs_of(model, examples, whole, settings)


def test_every_epoch_lacks_other_lines_and_a_seed_makes_the_same_ones_again(epochs):
    settings = LoraTraining(line_dropout=0.4, seed=5)
    once, again = epochs(settings), epochs(settings)
    assert once(0) == again(0)
    assert once(0) != once(1)
    assert epochs(replace(settings, seed=6))(0) != once(0)
    assert all(one.answer == once(0)[0].answer for one in once(1))


def test_a_page_lacks_the_same_lines_in_whichever_order_the_examples_stand(epochs):
    settings = LoraTraining(line_dropout=0.4)
    assert epochs(settings, EXAMPLES[::-1])(0) == epochs(settings)(0)[::-1]


def test_without_line_dropout_every_epoch_sees_the_whole_pages(epochs):
    whole = epochs(LoraTraining(line_dropout=0))
    assert whole(0) == whole(1)
    assert len(whole(0)[0].prompt) > max(len(one.prompt) for one in epochs(LoraTraining())(0))


def test_lines_are_dropped_of_what_the_model_is_given_however_far_the_page_was_read(epochs, tiny_weights):
    long = asked("\n".join(f"line {number} of a page that goes on" for number in range(400)))
    examples = [Example(conversation=long, answer="letter")]
    tokenizer = load_language_model(tiny_weights).tokenizer
    firsts = set()
    for seed in range(20):
        (found,) = epochs(LoraTraining(seed=seed), examples)(0)
        firsts.add(int(re.search(r"line (\d+)", tokenizer.decode(found.prompt))[1]))
    assert len(firsts) > 1
    assert max(firsts) < 10

"""Pieces of a text that grows: whole characters, and nothing that what follows takes back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_engine import asked, written_text

from burnish.engine.inference_messages import ModelPlace, Sampling
from burnish.engine.language_model.endings import text_of
from burnish.engine.language_model.growing_text import GrowingText
from burnish.engine.language_model.network import load_language_model
from burnish.engine.model_runner import ModelRunner
from burnish.engine.object_forms import ObjectForm
from burnish.engine.writing import Text


@pytest.fixture(scope="module")
def model(tiny_weights):
    return load_language_model(tiny_weights)


def pieces_of(growing: GrowingText, *texts: str) -> list[str]:
    return [growing.next(text) for text in texts]


@given(written=st.text(max_size=30), seed=st.randoms())
def test_bytes_of_a_character_are_given_once_they_are_all_there(model, written, seed):
    tokens = model.tokenizer(written, add_special_tokens=False).input_ids
    growing = GrowingText([])
    pieces = [growing.next(text_of(model, tokens[:end])) for end in range(1, len(tokens) + 1)]
    whole = text_of(model, tokens)
    assert whole.startswith("".join(pieces))
    assert "".join(pieces) == whole.rstrip("\ufffd")
    assert not any(piece.endswith("\ufffd") for piece in pieces)


def test_what_may_become_a_stop_sequence_is_kept_back_until_it_is_clear():
    growing = GrowingText(["\n\nUser:", "END"])
    assert pieces_of(growing, "Yes.\n", "Yes.\n\n", "Yes.\n\nUs", "Yes.\n\nUsed E", "Yes.\n\nUsed Elk") == [
        *("Yes.", "", "", "\n\nUsed "),
        "Elk",
    ]


def test_what_stands_around_an_object_is_not_given():
    growing = GrowingText([], ObjectForm(before="```json\n", after="\n```"))
    assert pieces_of(
        growing, "``", "```json\n", '```json\n{"a"', '```json\n{"a": 1}\n', '```json\n{"a": 1}\n```'
    ) == [
        *("", "", '{"a"', ": 1}", ""),
    ]


@given(
    text=st.text("ab`", max_size=20),
    stops=st.lists(st.text("ab`", min_size=1, max_size=4), max_size=3),
    before=st.sampled_from(["", "a`"]),
    after=st.sampled_from(["", "`b"]),
)
def test_pieces_are_the_beginning_of_what_is_answered(text, stops, before, after):
    form = ObjectForm(before=before, after=after)
    growing, given_text, written = GrowingText(stops, form), "", ""
    for letter in text:
        written += letter
        if ends := [written.find(stop) for stop in stops if stop in written]:
            written = written[: min(ends)]
            break
        given_text += growing.next(written)
    assert form.object_in(written).startswith(given_text)


def grown(text: Text) -> list[str]:
    """The pieces of a text that is written to its end."""
    pieces = []
    while text.outcome is None:
        text.writer.step()
        if text.outcome is None and (piece := text.next_piece()):
            pieces.append(piece.text)
    return pieces


def test_pieces_of_a_model_begin_its_answer_and_are_many(tiny_weights):
    place, page = ModelPlace(weights=tiny_weights), asked("the invoice of last month")
    runner = ModelRunner()
    text = runner.begin(place, page, Sampling(max_tokens=40))
    pieces = grown(text)
    assert len(pieces) > 5
    assert text.outcome.text.startswith("".join(pieces))
    assert text.outcome == written_text(runner, place, page, Sampling(max_tokens=40))


def test_a_stop_sequence_is_in_no_piece_and_is_named(tiny_weights):
    place, page = ModelPlace(weights=tiny_weights), asked("the invoice of last month")
    runner = ModelRunner()
    whole = written_text(runner, place, page, Sampling(max_tokens=40)).text
    stop = next(part for part in whole.split() if len(part) > 1)
    text = runner.begin(place, page, Sampling(max_tokens=40, stop=("never written", stop)))
    pieces = grown(text)
    assert stop not in "".join(pieces)
    assert text.outcome.text.startswith("".join(pieces))
    assert (text.outcome.stop_reason, text.outcome.stop_sequence) == ("stop_sequence", stop)

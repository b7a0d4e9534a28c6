"""What makes the held-out pages a fair test: they share no template with the training pages."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from burnish.samples.facts import Facts
from burnish.samples.kind import AnyKind, Side
from burnish.samples.kinds import KINDS
from burnish.samples.wordings import bank
from burnish.samples.writing import HELD_OUT, HELD_OUT_FONTS, TRAINING, TRAINING_FONTS, _pages

#: What a title says when it gives the type away.
NAMES = {
    "invoice": r"invoice|bill",
    "letter": r"letter",
    "resume": r"resume|cv|vitae|vita",
    "memo": r"memo",
    "form": r"form",
    "email": r"mail",
    "budget": r"budget",
    "scientific_paper": r"paper",
}

#: Slots that a kind fills in itself, with what the page already says.
SLOTS_OF_KINDS = {"address", "coin", "fee", "name", "seller", "sender", "sent"}

each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.label)


def phrases(value: object) -> set[str]:
    """Every string of a wording bank, however deep."""
    if isinstance(value, str):
        return {" ".join(value.lower().split())}
    if isinstance(value, Mapping):
        return phrases(list(value.items()))
    if isinstance(value, (tuple, list)):
        return {phrase for part in value for phrase in phrases(part)}
    if dataclasses.is_dataclass(value):
        return {p for field in dataclasses.fields(value) for p in phrases(getattr(value, field.name))}
    return set()


def titles(side: Side) -> list[str]:
    return [words.title or "" for words in side.wordings]


def telling(kind: AnyKind, side: Side) -> float:
    """The share of wordings whose title names the type."""
    named = [title for title in titles(side) if re.search(NAMES[kind.label], title, re.IGNORECASE)]
    return len(named) / len(side.wordings)


def word_runs(text: str, length: int) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z'{}]+", text.lower())
    return {tuple(words[start : start + length]) for start in range(len(words) - length + 1)}


def test_the_eight_kinds_have_different_labels():
    assert len({kind.label for kind in KINDS}) == len(KINDS) == 8


@each_kind
def test_there_is_variety_on_both_sides(kind):
    assert len(kind.training.wordings) >= 4
    assert len(kind.training.layouts) >= 3
    assert len(kind.held_out.wordings) >= 3
    assert len(kind.held_out.layouts) >= 2


@each_kind
def test_every_key_of_a_wording_is_known(kind):
    # A misspelt key that may be left out, such as the title, would otherwise go unread in silence.
    read = tomllib.loads(Path(bank.__file__).with_name(f"{kind.label}.toml").read_text(encoding="utf-8"))
    known = {field.name for field in dataclasses.fields(kind.training.wordings[0])}
    for side in read.values():
        assert set(side.get("shared", {})).union(*side["wordings"]) <= known


@each_kind
def test_every_slot_names_a_fact(kind):
    banks = phrases(kind.training.wordings) | phrases(kind.held_out.wordings)
    slots = {slot for phrase in banks for slot in re.findall(r"{(\w+)}", phrase)}
    assert slots - SLOTS_OF_KINDS <= set(dir(Facts))


@each_kind
def test_no_layout_is_on_both_sides(kind):
    assert not set(kind.training.layouts) & set(kind.held_out.layouts)


@each_kind
def test_no_title_is_on_both_sides(kind):
    shared = {title.lower() for title in titles(kind.training)} & {
        title.lower() for title in titles(kind.held_out)
    }
    assert shared <= {""}


@each_kind
def test_no_phrase_of_three_words_or_more_is_on_both_sides(kind):
    shared = phrases(kind.training.wordings) & phrases(kind.held_out.wordings)
    assert not {phrase for phrase in shared if len(phrase.split()) >= 3}


@each_kind
def test_the_two_sides_share_next_to_no_phrases_at_all(kind):
    # What remains are words that no page of the type can do without. Forms also name the facts entered.
    both = phrases(kind.training.wordings) & phrases(kind.held_out.wordings)
    shared = {phrase for phrase in both if phrase and not hasattr(Facts, phrase)}
    assert len(shared) <= 5, sorted(shared)


@each_kind
def test_no_run_of_six_words_is_on_both_sides(kind):
    of_training, of_held_out = (
        {run for phrase in phrases(side.wordings) for run in word_runs(phrase, 6)}
        for side in (kind.training, kind.held_out)
    )
    assert not of_training & of_held_out


@each_kind
def test_some_titles_name_the_type_and_some_pages_do_without(kind):
    for side in (kind.training, kind.held_out):
        assert 0 < telling(kind, side) <= 0.7


def test_about_half_of_all_pages_do_not_name_their_type():
    for name in ("training", "held_out"):
        shares = [telling(kind, getattr(kind, name)) for kind in KINDS]
        assert 0.3 <= sum(shares) / len(shares) <= 0.6


@each_kind
def test_a_description_is_one_short_line_that_quotes_no_page(kind):
    assert 8 <= len(kind.description.split()) <= 16
    banks = phrases(kind.training.wordings) | phrases(kind.held_out.wordings)
    quoted = {run for phrase in banks for run in word_runs(phrase, 3)}
    assert not word_runs(kind.description, 3) & quoted


def test_no_font_is_on_both_sides():
    training = {face for font in TRAINING_FONTS for face in font.faces}
    held_out = {face for font in HELD_OUT_FONTS for face in font.faces}
    assert not training & held_out


@each_kind
def test_pages_are_made_from_their_own_side(kind):
    for name, side, fonts in (
        (TRAINING, kind.training, TRAINING_FONTS),
        (HELD_OUT, kind.held_out, HELD_OUT_FONTS),
    ):
        pages = list(_pages(Path("nowhere"), kind, name, 40, 3))
        assert {page.layout for page in pages} == set(side.layouts)
        assert {id(page.words) for page in pages} == {id(words) for words in side.wordings}
        assert {page.font for page in pages} == set(fonts)


def test_few_pages_already_show_every_layout():
    for kind in KINDS:
        pages = list(_pages(Path("nowhere"), kind, TRAINING, 3, 5))
        assert len({page.layout for page in pages}) == 3

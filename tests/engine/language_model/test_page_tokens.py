"""How many tokens of a page a model is given is chosen, kept with it, and said."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from tiny_engine import UNWATCHED

from burnish.engine.conversations import Conversation, Example, TrainingData, Turn
from burnish.engine.inference_messages import Choice
from burnish.engine.kinds import reading_of, save_tuned
from burnish.engine.language_model.decision import load_decision
from burnish.engine.language_model.network import PAGE_TOKENS
from burnish.engine.language_model.page_tokens import CutPages
from burnish.engine.language_model.tunable import TunableLanguageModel
from burnish.engine.pages import PageContent, page_of_text
from burnish.families import family_named
from burnish.families.open_weights import MIN_PAGE_TOKENS
from burnish.pages.reading import WHOLE_PAGE, Line, extent_for_tokens
from burnish.records import answer_for

CHOICE = Choice(name="class", labels=("invoice", "letter"))
TRAINING = {"epochCount": "1", "batchSize": "4"}


@pytest.fixture(scope="module")
def tunable(tiny_weights) -> TunableLanguageModel:
    return TunableLanguageModel(tiny_weights)


def asked(*pages: PageContent) -> Conversation:
    return Conversation(system="", turns=(Turn(role="user", text="Which type?", pages=pages),))


def data(*pages: PageContent, answer: str | None = None) -> TrainingData:
    answers = [answer or answer_for(CHOICE.labels[number % 2]) for number in range(len(pages))]
    examples = (
        Example(conversation=asked(page), answer=one) for page, one in zip(pages, answers, strict=True)
    )
    return TrainingData(training=tuple(examples))


def page(words: int) -> PageContent:
    return page_of_text("form " * words)


def tokens_of(tunable: TunableLanguageModel, one: PageContent) -> int:
    return len(tunable._model.tokenizer(one.text, add_special_tokens=False).input_ids)


def test_for_labels_a_page_is_given_by_its_first_tokens(tunable):
    settings = tunable.settings({}, data(page(600), page(3)))
    assert settings.page_tokens == PAGE_TOKENS


def test_for_other_answers_a_page_is_given_whole(tunable):
    pages = (page(600), page(3))
    settings = tunable.settings({}, data(*pages, answer='{"total": 12, "sender": "Acme"}'))
    assert settings.page_tokens == tokens_of(tunable, pages[0]) > PAGE_TOKENS
    assert settings.pages.cut == 0


@pytest.mark.parametrize("given", ["32", "600"])
def test_a_job_gets_what_it_asks_for(tunable, given):
    assert tunable.settings({"pageTokens": given}, data(page(9))).page_tokens == int(given)


def test_pages_are_cut_to_what_fits_into_the_context(tunable):
    long = data(page(9000), page(9000))
    settings = tunable.settings({"pageTokens": "8192"}, long)
    example = tunable._tokenized(long.training[0], settings.page_tokens)
    context = tunable._model.context
    assert context - 10 < len(example.prompt) + len(example.answer) <= context
    assert tunable.problems(long.training) == []


def test_several_pages_share_the_context(tunable):
    two = Example(conversation=asked(page(9000), page(9000)), answer=answer_for("letter"))
    settings = tunable.settings({"pageTokens": "8192"}, TrainingData(training=(two,)))
    example = tunable._tokenized(two, settings.page_tokens)
    assert len(example.prompt) + len(example.answer) <= tunable._model.context


def test_a_document_of_many_pages_takes_nothing_from_the_others(tunable):
    fields = '{"total": 12, "sender": "Acme"}'
    pages = page(600), *(page(600) for _ in range(9))
    one, many = (Example(conversation=asked(*some), answer=fields) for some in (pages[:1], pages))
    settings = tunable.settings({}, TrainingData(training=(one, many)))
    assert settings.page_tokens == tokens_of(tunable, pages[0])
    # The page of the first example is one of the ten, which share the context.
    assert (settings.pages.pages, settings.pages.cut) == (10, 10)
    context = tunable._model.context
    whole, cut = (tunable._tokenized(example, settings.page_tokens) for example in (one, many))
    assert settings.page_tokens < len(whole.prompt) < context
    assert context - 50 < len(cut.prompt) + len(cut.answer) <= context
    assert tunable.problems([one, many]) == []


def test_text_that_leaves_no_room_for_a_page_is_refused(tunable):
    turn = Turn(role="user", text="form " * 9000, pages=(page(1),))
    example = Example(conversation=Conversation(system="", turns=(turn,)), answer=answer_for("letter"))
    (problem,) = tunable.problems([example])
    assert "the model's context is" in problem.problem


def test_what_is_cut_is_said_in_the_log_and_kept_with_the_settings(tunable, caplog):
    pages = (page(600), page(500), page(3))
    with caplog.at_level(logging.INFO, "burnish"):
        settings = tunable.settings({}, data(*pages))
    longest = tokens_of(tunable, pages[0])
    assert settings.pages == CutPages(pages=3, cut=2, longest=longest)
    assert f"2 of 3 pages are cut at 128 tokens; the longest has {longest}" in caplog.messages


def test_a_page_that_was_not_read_to_its_end_is_as_long_as_its_lines_are_wide(tunable):
    read = Line("form form form form", 0.1, 0.1, 0.5, 0.12)
    unread = Line("", 0.1, 0.2, 0.9, 0.22)
    one = PageContent(lines=(read, unread, unread))
    settings = tunable.settings({"pageTokens": "16"}, data(one, one))
    assert settings.pages.longest == 5 * tokens_of(tunable, PageContent(lines=(read,)))


def test_what_is_read_of_a_page_follows_from_the_tokens(tunable):
    assert tunable.reading_for({"pageTokens": "512"}).text == extent_for_tokens(512)
    assert tunable.reading_for({"pageTokens": "auto"}).text == WHOLE_PAGE
    assert tunable.reading_for({}).text == WHOLE_PAGE


def tuned(tunable: TunableLanguageModel, folder: Path, page_tokens: str) -> Path:
    pages = data(page(40), page(60))
    settings = tunable.settings({**TRAINING, "pageTokens": page_tokens}, pages)
    folder.mkdir()
    save_tuned(tunable.train(pages, settings, progress=UNWATCHED), folder)
    return folder


def test_a_tuned_model_is_given_as_much_of_a_page_as_in_its_training(tiny_weights, tmp_path):
    folder = tuned(TunableLanguageModel(tiny_weights), tmp_path / "tuned", "20")
    assert reading_of(tiny_weights, folder).text == extent_for_tokens(20)
    answering = TunableLanguageModel(tiny_weights).answering(folder)
    counts = [answering.count_tokens(asked(page(words))) for words in (0, 200, 400)]
    assert counts[1] == counts[2] <= counts[0] + 21
    (answer,) = answering.decide([asked(page(200))], CHOICE)
    assert answer.input_tokens == counts[1]


def test_a_model_of_an_earlier_version_is_given_as_much_as_all_were(tiny_weights, tmp_path):
    folder = tuned(TunableLanguageModel(tiny_weights), tmp_path / "tuned", "20")
    path = folder / "decision.json"
    decision = json.loads(path.read_text())
    del decision["page_tokens"]
    path.write_text(json.dumps(decision))
    assert load_decision(folder).page_tokens == PAGE_TOKENS
    counted = TunableLanguageModel(tiny_weights).answering(folder).count_tokens(asked(page(400)))
    assert counted > PAGE_TOKENS


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("auto", None),
        ("512", None),
        ("15", "between"),
        ("99999", "between"),
        ("1.5", "whole"),
        ("all", "'auto'"),
    ],
)
def test_a_number_of_tokens_or_auto_can_be_asked_for(value, problem):
    tuning = family_named("open_weights").tuning("local.m-v1:0")
    problems = tuning.problems_with({"pageTokens": value}, owner="local.m-v1:0")
    assert [problem in one for one in problems] == ([True] if problem else [])


def test_the_fewest_tokens_that_can_be_asked_for_are_given(tunable):
    assert (
        tunable.settings({"pageTokens": str(MIN_PAGE_TOKENS)}, data(page(99))).page_tokens == MIN_PAGE_TOKENS
    )

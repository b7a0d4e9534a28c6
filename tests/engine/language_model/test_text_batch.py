"""Texts that are written at the same time: each is what it would be alone, and ends by itself."""

from __future__ import annotations

import itertools
import json

import pytest
import torch
from tiny_engine import asked, written_text

from burnish.engine.inference_messages import Answer, Choice, ModelPlace, Sampling
from burnish.engine.language_model import row_cache
from burnish.engine.language_model.network import LanguageModel
from burnish.engine.model_runner import ModelRunner
from burnish.engine.tunable_model import Cancelled
from burnish.engine.writing import MAX_TEXTS, Text, written
from burnish.errors import ModelFailed

PAGES = [asked(text) for text in ("the invoice of last month", "", "form " * 90, "Dear Sir", "a page")]
LENGTHS = (9, 4, 30, 1, 17)
SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {"number": {"type": "integer", "maximum": 99}},
        "required": ["number"],
        "additionalProperties": False,
    }
)
CHOICE = Choice(name="type", labels=("form", "letter"))


@pytest.fixture
def base(tiny_weights) -> ModelPlace:
    return ModelPlace(weights=tiny_weights)


@pytest.fixture
def places(base, adapter_folder) -> list[ModelPlace]:
    """Five models of one base: two with an adapter each, twice the base itself, and the first again."""
    one, two = (ModelPlace(weights=base.weights, tuned=adapter_folder(f"a{n}", seed=n)) for n in (1, 2))
    return [one, base, two, base, one]


@pytest.fixture(autouse=True)
def little_room(monkeypatch):
    """Buffers are full after a few tokens, so that they are put together again."""
    monkeypatch.setattr(row_cache, "ROOM", 5)


def alone(place: ModelPlace, page, sampling: Sampling) -> Answer:
    return written_text(ModelRunner(), place, page, sampling)


def step(texts: list[Text]) -> None:
    for writer in {text.writer for text in texts}:
        writer.step()


def test_texts_are_the_same_alone_and_in_company_whichever_adapter_each_has(places):
    samplings = [Sampling(max_tokens=length) for length in LENGTHS]
    expected = [alone(*one) for one in zip(places, PAGES, samplings, strict=True)]
    runner, texts = ModelRunner(), []
    for place, page, sampling in zip(places, PAGES, samplings, strict=True):
        texts.append(runner.begin(place, page, sampling))
        step(texts)  # each joins while those before it are written
        step(texts)
    assert [written(text) for text in texts] == expected
    assert len({one.text for one in expected}) == len(expected)


def test_a_decision_between_two_tokens_changes_neither_it_nor_the_texts(base, places):
    sampling = Sampling(max_tokens=12)
    expected = [alone(place, PAGES[0], sampling) for place in places[:3]]
    decided = ModelRunner().decide(places[0], PAGES[:2], CHOICE)
    runner = ModelRunner()
    texts = [runner.begin(place, PAGES[0], sampling) for place in places[:3]]
    for _ in range(3):
        step(texts)
        found = runner.decide(places[0], PAGES[:2], CHOICE)
        for one, other in zip(found, decided, strict=True):
            assert one.probabilities == pytest.approx(other.probabilities, rel=1e-3)
    assert [written(text) for text in texts] == expected


def test_each_text_has_a_sampling_a_schema_and_an_end_of_its_own(base):
    whole = alone(base, PAGES[0], Sampling(max_tokens=24)).text
    stop = next(part for part in whole.split() if len(part) > 1)
    expected = alone(base, PAGES[0], Sampling(max_tokens=24, stop=(stop,)))
    runner = ModelRunner()
    bound = runner.begin(base, PAGES[0], Sampling(max_tokens=40), schema=SCHEMA)
    stopped = runner.begin(base, PAGES[0], Sampling(max_tokens=24, stop=(stop,)))
    wild = [runner.begin(base, PAGES[0], Sampling(max_tokens=24, temperature=2.0)) for _ in range(3)]
    plain = runner.begin(base, PAGES[0], Sampling(max_tokens=24))
    assert list(json.loads(written(bound).text)) == ["number"]
    assert written(stopped) == expected
    assert written(plain).text == whole
    assert len({written(text).text for text in wild} | {whole}) == 4


def test_a_text_that_is_cancelled_leaves_the_others_as_they_are(base):
    expected = [alone(base, page, Sampling(max_tokens=20)) for page in PAGES]
    looks = itertools.count()
    runner = ModelRunner()
    texts = [
        runner.begin(
            base,
            page,
            Sampling(max_tokens=20),
            is_cancelled=lambda mine=page: mine is PAGES[1] and next(looks) > 4,
        )
        for page in PAGES
    ]
    for number, text in enumerate(texts):
        if number == 1:
            with pytest.raises(Cancelled):
                written(text)
        else:
            assert written(text) == expected[number]


def failing_for(monkeypatch, fails) -> None:
    """Let steps of the network fail whose tokens are such."""
    plainly = LanguageModel.next_logits

    def next_logits(model, **inputs):
        if error := fails(inputs["input_ids"]):
            raise error
        return plainly(model, **inputs)

    monkeypatch.setattr(LanguageModel, "next_logits", next_logits)


def test_a_text_that_makes_steps_fail_fails_alone(base, monkeypatch):
    expected = [alone(base, page, Sampling(max_tokens=20)) for page in PAGES]
    runner = ModelRunner()
    texts = [runner.begin(base, page, Sampling(max_tokens=20)) for page in PAGES]
    step(texts)
    culprit = texts[2].tokens

    def fails(tokens: torch.Tensor) -> Exception | None:
        return RuntimeError("odd") if culprit[-1] in tokens and len(culprit) > 60 else None

    failing_for(monkeypatch, fails)
    outcomes = []
    for text in texts:
        try:
            outcomes.append(written(text))
        except RuntimeError:
            outcomes.append(None)
    assert outcomes[2] is None
    assert [one for one in outcomes if one] == [expected[n] for n, one in enumerate(outcomes) if one]
    assert sum(one is not None for one in outcomes) >= 3


def test_a_text_has_its_first_token_before_the_next_prompt_is_read(base):
    runner = ModelRunner()
    texts = [runner.begin(base, page, Sampling(max_tokens=20)) for page in PAGES[:3]]
    step(texts)
    assert [len(text.tokens) - text._begun for text in texts] == [1, 0, 0]


def test_more_texts_than_the_memory_has_room_for_are_written_in_turns(base, monkeypatch):
    expected = [alone(base, page, Sampling(max_tokens=20)) for page in PAGES]
    failing_for(monkeypatch, lambda tokens: torch.OutOfMemoryError() if len(tokens) > 2 else None)
    runner = ModelRunner()
    texts = [runner.begin(base, page, Sampling(max_tokens=20)) for page in PAGES]
    assert [written(text) for text in texts] == expected


def test_texts_wait_where_their_keys_and_values_would_take_too_much_memory(base, monkeypatch):
    widths = []
    failing_for(monkeypatch, lambda tokens: widths.append(len(tokens)))
    runner = ModelRunner()
    runner.load(base)
    runner._models.bases[base.weights]._base.texts.bound = 0
    texts = [runner.begin(base, page, Sampling(max_tokens=4)) for page in PAGES]
    for text in texts:
        written(text)
    assert set(widths) == {1}


def test_as_many_texts_are_written_at_once_as_is_worth_it(base, monkeypatch):
    widths = []
    failing_for(monkeypatch, lambda tokens: widths.append(len(tokens)))
    runner = ModelRunner()
    texts = [runner.begin(base, PAGES[0], Sampling(max_tokens=4)) for _ in range(MAX_TEXTS + 3)]
    assert len({written(text).text for text in texts}) == 1
    assert set(widths) == {MAX_TEXTS, 3}


def test_a_model_that_computes_no_numbers_writes_nothing(base):
    runner = ModelRunner()
    runner.load(base)
    with torch.no_grad():
        runner._models.bases[base.weights]._model.network.get_output_embeddings().weight.fill_(torch.nan)
    with pytest.raises(ModelFailed, match="its weights are damaged"):
        written_text(runner, base, PAGES[0], Sampling(max_tokens=4))

"""Texts of vision-language models: token by token, together, and each what `generate` makes of its prompt."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_vision_models import PROCESSORS, asked, page, vision_model, with_random_adapter

from burnish.engine.inference_messages import Choice, Sampling
from burnish.engine.language_model import row_cache
from burnish.engine.language_model.decision import Decision, save_decision
from burnish.engine.language_model.training import save_adapter
from burnish.engine.tunable_model import Cancelled
from burnish.engine.vision_language.answering import AnsweringVisionLanguageModel, SharedVisionBase
from burnish.engine.vision_language.prompts import PagePrompts
from burnish.engine.writing import Text, written, written_together

#: Pages of several shapes, which architectures that count positions in the plane count differently.
PAGES = [
    asked(page()),
    asked(),
    asked(page(dark=False, size=(120, 70)), page()),
    asked(page(size=(100, 40)), text="What is written on the page?"),
]
CHOICE = Choice(name="class", labels=("form", "form_letter", "invoice"))
SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {"number": {"type": "integer", "minimum": 0, "maximum": 99}},
        "required": ["number"],
        "additionalProperties": False,
    }
)


@dataclass(frozen=True, kw_only=True)
class Models:
    """What answers with one base in memory: the base itself, and a tuned model of it."""

    shared: SharedVisionBase
    plain: AnsweringVisionLanguageModel
    tuned: AnsweringVisionLanguageModel

    def each(self) -> list[AnsweringVisionLanguageModel]:
        """A model for each of `PAGES`."""
        return [self.tuned, self.plain, self.tuned, self.plain]


@pytest.fixture(params=PROCESSORS)
def models(request, tiny_weights, tmp_path) -> Models:
    """A base of each architecture, and a tuned model of it."""
    model, processor = vision_model(request.param, tiny_weights)
    adapted = with_random_adapter(model)
    save_adapter(adapted, tmp_path)
    save_decision(Decision(), tmp_path)
    return with_base(replace(model, network=adapted.network.unload()), processor, tmp_path)


def with_base(model: Any, processor: Any, adapter: Path) -> Models:
    shared = SharedVisionBase(model, PagePrompts(processor))
    plain = AnsweringVisionLanguageModel(shared)
    return Models(shared=shared, plain=plain, tuned=AnsweringVisionLanguageModel(shared, adapter))


@pytest.fixture(autouse=True)
def little_room(monkeypatch):
    """Buffers are full after a few tokens, so that they are put together again."""
    monkeypatch.setattr(row_cache, "ROOM", 5)


def by_generate(models: Models, number: int, **options: Any) -> str:
    """What transformers generates after one of `PAGES`, alone."""
    answering = models.each()[number]
    with models.shared.network.using(answering._adapter) as model, torch.random.fork_rng():
        torch.manual_seed(7)
        inputs = models.shared.prompts.prompt(model, PAGES[number], room=1).inputs()
        tokens = model.causal.generate(**inputs, pad_token_id=0, max_new_tokens=12, **options)
        return model.tokenizer.decode(tokens[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)


def with_seed(text: Text) -> Text:
    """The text, whose random numbers are those of `by_generate`."""
    text._choice._random.manual_seed(7)
    return text


def test_texts_written_together_are_each_what_generate_writes_alone(models):
    greedy, random = Sampling(max_tokens=12), Sampling(max_tokens=12, temperature=1.5, top_p=0.9, top_k=40)
    options = {"do_sample": True, "temperature": 1.5, "top_p": 0.9, "top_k": 40}
    numbers = range(len(PAGES))
    expected = [by_generate(models, number, do_sample=False) for number in numbers]
    expected += [by_generate(models, number, **options) for number in numbers]
    texts = [one.begin(asked, greedy) for one, asked in zip(models.each(), PAGES, strict=True)]
    texts += [with_seed(one.begin(asked, random)) for one, asked in zip(models.each(), PAGES, strict=True)]
    assert [answer.text for answer in written_together(texts)] == expected
    assert len(set(expected)) == len(expected)


def test_a_decision_between_two_tokens_changes_neither_it_nor_the_texts(models):
    expected = [by_generate(models, number, do_sample=False) for number in (0, 1)]
    alone = models.tuned.decide([PAGES[1]], CHOICE)[0].probabilities
    texts = [models.each()[number].begin(PAGES[number], Sampling(max_tokens=12)) for number in (0, 1)]
    for _ in range(6):
        texts[0].writer.step()
        _, found = models.tuned.decide([PAGES[2], PAGES[1]], CHOICE)
        assert found.probabilities == pytest.approx(alone, rel=1e-3)
    assert [answer.text for answer in written_together(texts)] == expected


def test_a_text_comes_in_pieces_that_together_are_its_beginning(models):
    text, pieces = models.tuned.begin(PAGES[0], Sampling(max_tokens=12)), []
    while text.outcome is None:
        text.writer.step()
        pieces.append(text.next_piece())
    came = [piece.text for piece in pieces if piece]
    assert len(came) > 3
    assert written(text).text.startswith("".join(came))
    assert [piece.input_tokens for piece in pieces if piece] == [written(text).input_tokens] * len(came)


def test_each_text_has_a_schema_and_an_end_of_its_own_and_one_is_cancelled(models):
    whole = written(models.tuned.begin(PAGES[0], Sampling(max_tokens=12)))
    assert (whole.stop_reason, whole.output_tokens) == ("max_tokens", 12)
    stop = next(part for part in whole.text[3:].split() if len(part) > 1)
    stopped = models.tuned.begin(PAGES[0], Sampling(max_tokens=12, stop=(stop,)))
    bound = models.plain.begin(PAGES[2], Sampling(max_tokens=40), schema=SCHEMA)
    left = models.plain.begin(PAGES[0], Sampling(max_tokens=12), is_cancelled=lambda: len(left.tokens) > cut)
    cut = len(left.tokens) + 3
    stopped_as, bound_as, left_as = written_together([stopped, bound, left])
    assert (stopped_as.text, stopped_as.stop_sequence) == (whole.text[: whole.text.index(stop)], stop)
    assert list(json.loads(bound_as.text)) == ["number"]
    assert isinstance(left_as, Cancelled)
    assert len(left.tokens) == cut + 1


def test_texts_that_make_way_begin_again_with_what_they_have_written(models):
    expected = [by_generate(models, number, do_sample=False) for number in range(len(PAGES))]
    pairs = zip(models.each(), PAGES, strict=True)
    texts = [one.begin(conversation, Sampling(max_tokens=12)) for one, conversation in pairs]
    for _ in range(len(texts) + 4):
        texts[0].writer.step()
    models.shared.texts._make_way(list(texts), torch.OutOfMemoryError())
    assert [answer.text for answer in written_together(texts)] == expected

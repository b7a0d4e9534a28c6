"""Vision-language models: what is computed once changes no number, and pages fit or are refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch
from tiny_vision_models import PROCESSORS, asked, page, vision_model, with_random_adapter, write_vision_model

from burnish.engine.conversations import Conversation, Example
from burnish.engine.kinds import LANGUAGE_MODEL, VISION_LANGUAGE, kind_of
from burnish.engine.language_model import packed_attention
from burnish.engine.language_model.network import LanguageModel
from burnish.engine.language_model.prefix import shared_length
from burnish.engine.language_model.trie import trie_of, without_common_tail
from burnish.engine.vision_language import network
from burnish.engine.vision_language.embedded import EmbeddedRow, embedded
from burnish.engine.vision_language.prompts import PagePrompts
from burnish.engine.vision_language.training import (
    PageExample,
    PageStep,
    PromptCache,
    candidate_scores,
    gradients_one_by_one,
    loss_one_by_one,
)
from burnish.errors import InvalidInput, ModelFailed

ANSWERS = ('{"class": "form"}', '{"class": "form_letter"}', '{"class": "invoice"}')


@pytest.fixture(params=PROCESSORS)
def tuned(request, tiny_weights) -> tuple[LanguageModel, PagePrompts]:
    """A model of each architecture, with an adapter of random numbers."""
    model, processor = vision_model(request.param, tiny_weights)
    return with_random_adapter(model), PagePrompts(processor)


def test_candidates_are_scored_as_each_is_in_a_plain_pass(tuned):
    model, prompts = tuned
    prompt = prompts.prompt(model, asked(page(), page(dark=False, size=(120, 70))), room=12)
    candidates = [model.answer_tokens(answer) for answer in ANSWERS]
    with torch.no_grad():
        alone = [plain_score(model, prompt, one) for one in without_common_tail(candidates)]
    scores = candidate_scores(model, prompt, trie_of(candidates))
    torch.testing.assert_close(scores, torch.tensor(alone), rtol=1e-4, atol=1e-4)


def test_candidates_after_text_alone_score_the_same_whichever_prompt_was_read_before(tuned):
    model, prompts = tuned
    plain, with_pages = (prompts.prompt(model, one, room=12) for one in (asked(), asked(page(), page())))
    trie = trie_of([model.answer_tokens(answer) for answer in ANSWERS])
    first = candidate_scores(model, plain, trie)
    candidate_scores(model, with_pages, trie)
    torch.testing.assert_close(candidate_scores(model, plain, trie), first)


def plain_score(model: LanguageModel, prompt: Any, candidate: tuple[int, ...]) -> float:
    steps = model.network(**prompt.inputs(candidate)).logits[0].log_softmax(dim=-1)
    places = range(len(prompt) - 1, len(prompt) + len(candidate) - 1)
    return sum(steps[place, token].item() for place, token in zip(places, candidate, strict=True))


def examples(model: LanguageModel) -> list[PageExample]:
    """Pages of different sizes, of which two examples have the same one, and an example without a page."""
    conversations = (
        asked(page()),
        asked(page(dark=False, size=(120, 70)), page()),
        asked(page(), text="Which type is it?"),
        asked(),
    )
    answers = (*ANSWERS, ANSWERS[0])
    return [
        PageExample(conversation=conversation, answer=tuple(model.answer_tokens(answer)))
        for conversation, answer in zip(conversations, answers, strict=True)
    ]


@pytest.mark.parametrize("masked", [False, True], ids=["segment by segment", "masked"])
@pytest.mark.parametrize("chunk", [packed_attention.CHUNK, 16], ids=["whole segments", "in chunks"])
def test_a_packed_step_has_the_gradients_of_plain_examples_and_sees_each_page_once(
    tuned, masked, chunk, monkeypatch
):
    monkeypatch.setattr(packed_attention, "CHUNK", chunk)
    model, prompts = tuned
    batch = examples(model)
    plain = plain_loss(model, prompts, batch)
    plain.backward()
    expected = taken_gradients(model)
    calls = calls_of_the_tower(model)
    step = PageStep(model, PromptCache(model, prompts), masked=masked)
    for _ in range(2):
        loss = step.accumulate_gradients(batch)
        assert loss == pytest.approx(plain.item(), rel=1e-4)
        for name, gradient in taken_gradients(model).items():
            assert (gradient - expected[name]).norm() < 1e-4 * expected[name].norm()
    assert step.validation_loss(batch * 3) == pytest.approx(loss, rel=1e-4)
    assert len(calls) == len([one for one in batch if one.conversation.pages])
    assert step.found()["limit"]["tokens"] > 0


def test_examples_that_cannot_be_packed_have_the_same_gradients_one_by_one(tuned):
    model, prompts = tuned
    batch = examples(model)
    step, cache = PageStep(model, PromptCache(model, prompts)), PromptCache(model, prompts)
    loss = step.accumulate_gradients(batch)
    expected = taken_gradients(model)
    assert gradients_one_by_one(model, batch, cache) == pytest.approx(loss, rel=1e-4)
    for name, gradient in taken_gradients(model).items():
        assert (gradient - expected[name]).norm() < 1e-4 * expected[name].norm()
    assert loss_one_by_one(model, batch, cache) == pytest.approx(loss, rel=1e-4)


@pytest.mark.parametrize("is_packed", [True, False], ids=["packed", "one by one"])
def test_shares_of_a_batch_have_the_gradients_and_losses_of_the_whole(tuned, is_packed):
    model, prompts = tuned
    batch = examples(model)
    targets = sum(len(one.answer) for one in batch)
    step = PageStep(model, PromptCache(model, prompts))
    loss = step.accumulate_gradients(batch)
    expected = taken_gradients(model)
    validated = step.validation_loss(batch)
    if not is_packed:
        step._step.packs = False
    shares = (batch[:1], batch[1:])
    assert len(step.costs(batch)) == len(batch)
    assert sum(step.accumulate_gradients(share, targets=targets) for share in shares) == pytest.approx(
        loss, rel=1e-4
    )
    for name, gradient in taken_gradients(model).items():
        assert (gradient - expected[name]).norm() < 1e-4 * expected[name].norm()
    assert sum(step.validation_loss(share, targets=targets) for share in shares) == pytest.approx(
        validated, rel=1e-4
    )


def test_what_examples_share_of_a_page_is_the_same_tokens_and_other_pages_are_others(tuned):
    model, prompts = tuned

    def row(conversation: Conversation) -> EmbeddedRow:
        found = embedded(model, prompts.prompt(model, conversation, room=1).inputs())
        assert found is not None
        return found

    one, again, other = row(asked(page())), row(asked(page(), text="What?")), row(asked(page(dark=False)))
    image = model.tokenizer.convert_tokens_to_ids(prompts._processor.image_token)
    tokens = prompts.prompt(model, asked(page()), room=1).tokens[0].tolist()
    first, last = tokens.index(image), len(tokens) - tokens[::-1].index(image)
    assert shared_length([one.tokens, again.tokens]) >= last
    assert shared_length([one.tokens, other.tokens]) < last
    assert shared_length([one.tokens, other.tokens]) >= first - 1


def test_prompts_of_which_the_language_part_is_given_more_are_not_packed(tuned):
    model, prompts = tuned
    inputs = prompts.prompt(model, asked(page()), room=1).inputs()
    assert embedded(model, inputs) is not None
    holes = inputs["attention_mask"].clone()
    holes[0, 0] = 0
    assert embedded(model, {**inputs, "attention_mask": holes}) is None


def plain_loss(model: LanguageModel, prompts: PagePrompts, batch: list[PageExample]) -> torch.Tensor:
    """By transformers' own loss, pixels and all."""
    count = sum(len(example.answer) for example in batch)
    total = torch.zeros(())
    for example in batch:
        prompt = prompts.prompt(model, example.conversation, room=len(example.answer))
        labels = torch.tensor([[*[-100] * len(prompt), *example.answer]])
        loss = model.network(**prompt.inputs(example.answer), labels=labels).loss
        total = total + loss * len(example.answer) / count
    return total


def taken_gradients(model: LanguageModel) -> dict[str, torch.Tensor]:
    """The gradients that have accumulated, which are then forgotten: those of the language part alone."""
    learning = {name: weight for name, weight in model.network.named_parameters() if weight.requires_grad}
    gradients = {name: weight.grad for name, weight in learning.items() if weight.grad is not None}
    model.network.zero_grad(set_to_none=True)
    assert gradients.keys() == learning.keys()
    assert not [name for name in learning if "vision" in name or "visual" in name]
    return gradients


def calls_of_the_tower(model: LanguageModel) -> list[None]:
    """One entry for each time that the vision tower has run, from now on."""
    calls: list[None] = []
    inner = model.causal.model
    tower = next(
        part
        for name in ("vision_model", "vision_tower", "visual")
        if (part := getattr(inner, name, None)) is not None
    )
    tower.register_forward_pre_hook(lambda *_: calls.append(None))
    return calls


def test_what_a_text_says_in_the_tokens_of_images_is_harmless(tuned):
    model, prompts = tuned
    mark = prompts._processor.image_token
    plain, harmful = (
        prompts.prompt(model, asked(page(), text=text), room=1)
        for text in ("Which?", f"{mark} Which? {mark}")
    )
    image = model.tokenizer.convert_tokens_to_ids(mark)
    assert (plain.tokens == image).sum() == (harmful.tokens == image).sum() > 0


def test_a_page_that_is_too_much_for_the_context_is_shown_smaller(tiny_weights, caplog):
    model, processor = vision_model("idefics3", tiny_weights)
    prompts = PagePrompts(processor)
    large = asked(page(size=(900, 1200)))
    divided = len(prompts.prompt(model, large, room=1))
    model.network.config.text_config.max_position_embeddings = divided - 1
    with caplog.at_level("INFO"):
        assert len(prompts.prompt(model, large, room=1)) < divided - 1
    assert "shown smaller" in caplog.text


def test_a_page_that_no_size_makes_fit_is_refused_with_both_numbers(tiny_weights):
    model, processor = vision_model("llava", tiny_weights)
    model.network.config.text_config.max_position_embeddings = 20
    with pytest.raises(InvalidInput, match=r"too long .* \d+ tokens .* context is 20"):
        PagePrompts(processor).prompt(model, asked(page()), room=1)


def test_examples_that_do_not_fit_are_problems(tmp_path, tiny_weights):
    weights = write_vision_model("llava", tmp_path, tiny_weights)
    model = kind_of(weights).load(weights)
    long = Example(conversation=asked(page(), text="form " * 2000), answer=ANSWERS[0])
    (problem,) = model.problems([Example(conversation=asked(page()), answer=ANSWERS[0]), long])
    assert problem.index == 1
    assert "context is 512" in problem.problem


@pytest.mark.parametrize(
    ("config", "kind"),
    [
        ({"architectures": ["Idefics3ForConditionalGeneration"], "vision_config": {}}, VISION_LANGUAGE),
        ({"architectures": ["LlamaForCausalLM"]}, LANGUAGE_MODEL),
        ({"architectures": ["T5ForConditionalGeneration"]}, LANGUAGE_MODEL),
        ([], LANGUAGE_MODEL),
    ],
)
def test_the_kind_is_read_off_the_configuration(tmp_path, config, kind):
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert kind_of(tmp_path) == kind


def test_a_processor_that_needs_torchvision_says_so(tmp_path, tiny_weights, monkeypatch):
    weights = write_vision_model("llava", tmp_path, tiny_weights)

    def without_torchvision(*_: object, **__: object) -> None:
        raise AttributeError("VIDEO_PROCESSOR_MAPPING has no attribute")

    monkeypatch.setattr(network.AutoProcessor, "from_pretrained", without_torchvision)
    monkeypatch.setattr(network, "is_torchvision_available", lambda: False)
    with pytest.raises(ModelFailed, match="pip install torchvision"):
        network.load_vision_language_model(weights)

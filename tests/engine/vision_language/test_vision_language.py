"""Vision-language models: what is computed once changes no number, and pages fit or are refused."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import pytest
import torch
from PIL import Image, ImageDraw
from tiny_vision_models import PROCESSORS, vision_model, write_vision_model

from burnish.engine.adapters import AdaptedNetwork
from burnish.engine.conversations import Conversation, Example, Turn
from burnish.engine.inference_messages import Sampling
from burnish.engine.kinds import LANGUAGE_MODEL, VISION_LANGUAGE, kind_of
from burnish.engine.language_model.decision import Decision, save_decision
from burnish.engine.language_model.network import LanguageModel
from burnish.engine.language_model.training import LoraTraining, save_adapter, with_adapter
from burnish.engine.language_model.trie import trie_of, without_common_tail
from burnish.engine.pages import PageContent
from burnish.engine.vision_language import network
from burnish.engine.vision_language.answering import AnsweringVisionLanguageModel
from burnish.engine.vision_language.prompts import PagePrompts
from burnish.engine.vision_language.training import (
    PageExample,
    PromptCache,
    accumulate_gradients,
    candidate_scores,
)
from burnish.errors import InvalidInput, ModelFailed

ANSWERS = ('{"class": "form"}', '{"class": "form_letter"}', '{"class": "invoice"}')


@pytest.fixture(params=PROCESSORS)
def tuned(request, tiny_weights) -> tuple[LanguageModel, PagePrompts]:
    """A model of each architecture, with an adapter of random numbers."""
    model, processor = vision_model(request.param, tiny_weights)
    tuned = with_adapter(model, LoraTraining(rank=2))
    torch.manual_seed(0)
    for name, weight in tuned.network.named_parameters():
        if "lora_B" in name:
            weight.data = 0.1 * torch.randn(weight.shape)
    return tuned, PagePrompts(processor)


def page(*, dark: bool = True, size: tuple[int, int] = (80, 100)) -> PageContent:
    image = Image.new("L", size, 255)
    ImageDraw.Draw(image).rectangle((5, 5, 40, 60), fill=0 if dark else 200)
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return PageContent(image=stream.getvalue())


def asked(*pages: PageContent, text: str = "Which type?") -> Conversation:
    return Conversation(system="You sort documents.", turns=(Turn(role="user", text=text, pages=pages),))


def test_candidates_are_scored_as_each_is_in_a_plain_pass(tuned):
    model, prompts = tuned
    prompt = prompts.prompt(model, asked(page(), page(dark=False, size=(120, 70))), room=12)
    candidates = [model.answer_tokens(answer) for answer in ANSWERS]
    with torch.no_grad():
        alone = [plain_score(model, prompt, one) for one in without_common_tail(candidates)]
    scores = candidate_scores(model, prompt, trie_of(candidates))
    torch.testing.assert_close(scores, torch.tensor(alone), rtol=1e-4, atol=1e-4)


def plain_score(model: LanguageModel, prompt: Any, candidate: tuple[int, ...]) -> float:
    steps = model.network(**prompt.inputs(candidate)).logits[0].log_softmax(dim=-1)
    places = range(len(prompt) - 1, len(prompt) + len(candidate) - 1)
    return sum(steps[place, token].item() for place, token in zip(places, candidate, strict=True))


def test_a_step_has_the_gradients_of_plain_examples_and_sees_each_page_once(tuned):
    model, prompts = tuned
    batch = [
        PageExample(conversation=asked(page(dark=dark)), answer=tuple(model.answer_tokens(answer)))
        for dark, answer in ((True, ANSWERS[0]), (False, ANSWERS[1]))
    ]
    plain_loss(model, prompts, batch).backward()
    expected = taken_gradients(model)
    calls = calls_of_the_tower(model)
    cache = PromptCache(model, prompts)
    for _ in range(2):
        accumulate_gradients(model, batch, cache)
        for name, gradient in taken_gradients(model).items():
            torch.testing.assert_close(gradient, expected[name], rtol=1e-3, atol=1e-5)
    assert len(calls) == len(batch)


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


def test_text_is_generated_as_token_by_token_in_plain_passes(tuned, tmp_path):
    model, prompts = tuned
    prompt = prompts.prompt(model, asked(page()), room=4)
    written: list[int] = []
    with torch.no_grad():
        for _ in range(4):
            written.append(int(model.network(**prompt.inputs(written)).logits[0, -1].argmax()))
        save_adapter(model, tmp_path)
        save_decision(Decision(), tmp_path)
    answering = AnsweringVisionLanguageModel(
        AdaptedNetwork(replace(model, network=model.network.unload())), prompts, tmp_path
    )
    answer = answering.generate(asked(page()), Sampling(max_tokens=4))
    assert answer.text == model.tokenizer.decode(written, skip_special_tokens=True)


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
    with pytest.raises(InvalidInput, match=r"too long: \d+ tokens .* context is 20"):
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

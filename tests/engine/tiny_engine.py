"""A tiny model as tests of the engine use it."""

from __future__ import annotations

from typing import Any

import torch

from burnish.engine.conversations import Conversation, Turn
from burnish.engine.inference_messages import Answer, ModelPlace, Sampling
from burnish.engine.language_model.network import LanguageModel
from burnish.engine.language_model.training import LoraTraining, with_adapter
from burnish.engine.language_model.training_step import TokenizedExample
from burnish.engine.model_runner import ModelRunner
from burnish.engine.pages import page_of_text
from burnish.engine.tunable_model import Progress
from burnish.engine.writing import written

#: Progress that nobody looks at.
UNWATCHED = Progress(on_step=lambda step: None, on_validation=lambda validation: None)


def disturbed(model: LanguageModel, settings: LoraTraining) -> LanguageModel:
    """The model with an adapter of random numbers; a fresh adapter adds nothing and hides mistakes."""
    tuned = with_adapter(model, settings)
    generator = torch.Generator().manual_seed(settings.seed)
    for name, weight in tuned.network.named_parameters():
        if "lora_B" in name:
            weight.data = 0.1 * torch.randn(weight.shape, generator=generator).to(weight)
    return tuned


def asked(page: str, *, task: str = "Choose the type of the document.") -> Conversation:
    """A page as it is asked about."""
    turn = Turn(role="user", text=task, pages=(page_of_text(page),))
    return Conversation(system="You sort documents.", turns=(turn,))


def example(model: LanguageModel, page: str, answer: str) -> TokenizedExample:
    """A page and its answer, as tokens."""
    prompt, tokens = model.prompt_tokens(asked(page)), model.answer_tokens(answer)
    return TokenizedExample(prompt=tuple(prompt), answer=tuple(tokens))


def plain_scores(model: LanguageModel, prompt: list[int], candidate: tuple[int, ...]) -> float:
    """The log-likelihood of a candidate alone after a prompt: a plain pass of the network, nothing shared."""
    tokens = torch.tensor([[*prompt, *candidate]], device=model.device)
    with torch.no_grad():
        steps = model.network(input_ids=tokens).logits[0].float().log_softmax(dim=-1)
    places = range(len(prompt) - 1, len(prompt) + len(candidate) - 1)
    return sum(steps[place, token].item() for place, token in zip(places, candidate, strict=True))


def written_text(
    runner: ModelRunner, place: ModelPlace, conversation: Conversation, sampling: Sampling, **options: Any
) -> Answer:
    """A text from its beginning to its end. Raises what ends it otherwise."""
    return written(runner.begin(place, conversation, sampling, **options))

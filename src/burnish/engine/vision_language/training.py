"""Training an adapter on a vision-language model's language part, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from burnish.engine.conversations import Conversation
from burnish.engine.language_model.deciding import continued_scores
from burnish.engine.language_model.network import LanguageModel
from burnish.engine.language_model.prefix import padded
from burnish.engine.language_model.trie import Trie
from burnish.engine.vision_language.prompts import PagePrompt, PagePrompts, with_features

#: Features of pages are kept for the epochs to come until they take so many bytes.
FEATURE_BYTES = 2**30


@dataclass(frozen=True, kw_only=True, eq=False)
class PageExample:
    """A conversation with its pages, and the tokens of the answer to learn."""

    conversation: Conversation
    answer: tuple[int, ...]


class PromptCache:
    """The prompts of examples, with what the vision tower made of their pages.

    The tower is frozen, so its part is the same in every epoch: it is computed once, and kept as long as
    there is room.
    """

    def __init__(self, model: LanguageModel, prompts: PagePrompts) -> None:
        self._model = model
        self._prompts = prompts
        self._kept: dict[PageExample, PagePrompt] = {}
        self._bytes = 0

    def prompt(self, example: PageExample) -> PagePrompt:
        """The prompt of an example."""
        if example in self._kept:
            return self._kept[example]
        made = self._prompts.prompt(self._model, example.conversation, room=len(example.answer))
        made = with_features(made, self._model.causal)
        size = _bytes_of([made.features, made.images])
        if self._bytes + size <= FEATURE_BYTES:
            self._kept[example] = made
            self._bytes += size
        return made


def accumulate_gradients(model: LanguageModel, batch: Sequence[PageExample], prompts: PromptCache) -> float:
    """Add the batch's gradients and return its loss, the mean cross-entropy of the answers' tokens."""
    count = sum(len(example.answer) for example in batch)
    total = 0.0
    for example in batch:
        loss = summed_loss(model, example, prompts) / count
        loss.backward()
        total += loss.item()
    return total


@torch.no_grad()  # type: ignore[untyped-decorator]
def validation_loss(model: LanguageModel, examples: Sequence[PageExample], prompts: PromptCache) -> float:
    """The mean cross-entropy over all answer tokens of the examples."""
    total: float = sum(summed_loss(model, example, prompts).item() for example in examples)
    return total / sum(len(example.answer) for example in examples)


def summed_loss(model: LanguageModel, example: PageExample, prompts: PromptCache) -> torch.Tensor:
    """The summed cross-entropy of an answer's tokens."""
    prompt = prompts.prompt(example)
    places = torch.arange(len(prompt) - 1, len(prompt) - 1 + len(example.answer))
    logits = model.logits_at(torch.tensor([0]), places, **prompt.inputs(example.answer), use_cache=False)
    targets = torch.tensor(example.answer, device=logits.device)
    return torch.nn.functional.cross_entropy(logits.float(), targets, reduction="sum")


@torch.no_grad()  # type: ignore[untyped-decorator]
def candidate_scores(model: LanguageModel, prompt: PagePrompt, trie: Trie) -> torch.Tensor:
    """The log-likelihood of every candidate after a prompt, in nats.

    The prompt is run once; candidates go on side by side after its cache. Without masks or positions: these
    are the network's own affair, which knows what place images take.
    """
    from transformers import DynamicCache

    cache = DynamicCache()
    first = model.log_probabilities_at(
        torch.tensor([0]),
        torch.tensor([len(prompt) - 1]),
        **prompt.inputs(),
        past_key_values=cache,
        use_cache=True,
    )

    def inputs_of(candidates: Sequence[Sequence[int]], expanded_cache: Any) -> dict[str, Any]:
        tokens, _ = padded(candidates, model.device)  # what follows a candidate is not seen by its tokens
        return {"input_ids": tokens, "past_key_values": expanded_cache, "use_cache": True}

    return continued_scores(model, first[0], trie, cache, inputs_of)


def _bytes_of(value: Any) -> int:
    """The size of all tensors inside of a value."""
    if isinstance(value, torch.Tensor):
        return int(value.nbytes)
    if isinstance(value, dict):
        return sum(map(_bytes_of, value.values()))
    return sum(map(_bytes_of, value)) if isinstance(value, (list, tuple)) else 0

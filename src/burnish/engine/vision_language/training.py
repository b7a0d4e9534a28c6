"""Training an adapter on a vision-language model's language part."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from burnish.engine.conversations import Conversation
from burnish.engine.language_model.deciding import continued_scores
from burnish.engine.language_model.dtypes import adapters_computed_as
from burnish.engine.language_model.network import LanguageModel
from burnish.engine.language_model.prefix import padded
from burnish.engine.language_model.training_step import LoraStep, TokenizedExample
from burnish.engine.language_model.trie import Trie
from burnish.engine.vision_language.embedded import EmbeddedRow, EmbeddedTokens, embedded
from burnish.engine.vision_language.prefill import prefilled
from burnish.engine.vision_language.prompts import PagePrompt, PagePrompts, with_features

#: Features of pages are kept for the epochs to come until they take so many bytes.
FEATURE_BYTES = 2**30
#: Examples whose loss is measured together: all embeddings of so many are in memory.
AT_ONCE = 8


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


class PageStep:
    """Computes losses and gradients of batches: packed, as those of language models, where that is possible.

    What a page looks like to the language part is computed by frozen parts of the network, and then it is a
    row of embeddings. Where the language part is given more than that (`embedded`), or takes no packed rows,
    each example runs by itself.
    """

    def __init__(self, model: LanguageModel, prompts: PromptCache, *, masked: bool | None = None) -> None:
        self._model = model
        self._prompts = prompts
        self._tokens = EmbeddedTokens()
        self._step = LoraStep(model, masked=masked, rows=self._tokens.inputs)

    def found(self) -> dict[str, Any]:
        """The limit of micro-batches, to go on with where a training is resumed."""
        return self._step.found()

    def keep_to(self, found: Mapping[str, Any]) -> None:
        """Go on with the limit that was found before."""
        self._step.keep_to(found)

    def accumulate_gradients(self, batch: Sequence[PageExample], *, targets: int | None = None) -> float:
        """Add the batch's gradients and return its loss, the mean cross-entropy of the answers' tokens.

        Of a share of a batch, ``targets`` is the number of these tokens in the whole batch.
        """
        examples = self._packable(batch)
        if examples is None:
            return gradients_one_by_one(self._model, batch, self._prompts, targets=targets)
        return self._step.accumulate_gradients(examples, targets=targets)

    def costs(self, examples: Sequence[PageExample]) -> list[int]:
        """As much for each example: only its prompt would tell, which takes the vision tower."""
        return [1] * len(examples)

    def validation_loss(self, examples: Sequence[PageExample], *, targets: int | None = None) -> float:
        """The mean cross-entropy over all answer tokens of the examples, or over so many ``targets``."""
        total = math.fsum(
            self._mean_loss(some) * _answer_length(some)
            for some in (examples[at : at + AT_ONCE] for at in range(0, len(examples), AT_ONCE))
        )
        return total / (targets or _answer_length(examples))

    def _mean_loss(self, examples: Sequence[PageExample]) -> float:
        packable = self._packable(examples)
        loss: float = (
            loss_one_by_one(self._model, examples, self._prompts)
            if packable is None
            else self._step.validation_loss(packable)
        )
        return loss

    def _packable(self, batch: Sequence[PageExample]) -> list[TokenizedExample] | None:
        """The examples in tokens of rows that are held from now on; None where they cannot be packed."""
        if not self._step.packs:
            return None
        rows = []
        for example in batch:
            row = embedded(self._model, self._prompts.prompt(example).inputs(example.answer))
            if row is None:
                return None
            rows.append(row)
        self._tokens.hold(rows)
        return [_tokenized(row, example.answer) for row, example in zip(rows, batch, strict=True)]


def _tokenized(row: EmbeddedRow, answer: tuple[int, ...]) -> TokenizedExample:
    begun = len(row.tokens) - len(answer)
    return TokenizedExample(prompt=row.tokens[:begun], answer=row.tokens[begun:], vocabulary_answer=answer)


def _answer_length(examples: Sequence[PageExample]) -> int:
    return sum(len(example.answer) for example in examples)


def gradients_one_by_one(
    model: LanguageModel,
    batch: Sequence[PageExample],
    prompts: PromptCache,
    *,
    targets: int | None = None,
) -> float:
    """Add the batch's gradients and return its loss, each example in a pass of its own."""
    count = targets or _answer_length(batch)
    total = 0.0
    for example in batch:
        loss = summed_loss(model, example, prompts) / count
        loss.backward()
        total += loss.item()
    return total


@torch.no_grad()  # type: ignore[untyped-decorator]
def loss_one_by_one(model: LanguageModel, examples: Sequence[PageExample], prompts: PromptCache) -> float:
    """The mean cross-entropy over all answer tokens, each example in a pass of its own."""
    total: float = sum(summed_loss(model, example, prompts).item() for example in examples)
    return total / _answer_length(examples)


def summed_loss(model: LanguageModel, example: PageExample, prompts: PromptCache) -> torch.Tensor:
    """The summed cross-entropy of an answer's tokens."""
    prompt = prompts.prompt(example)
    places = torch.arange(len(prompt) - 1, len(prompt) - 1 + len(example.answer))
    with adapters_computed_as(model.network, next(model.backbone.parameters()).dtype):
        logits = model.logits_at(torch.tensor([0]), places, **prompt.inputs(example.answer), use_cache=False)
    targets = torch.tensor(example.answer, device=logits.device)
    return torch.nn.functional.cross_entropy(logits.float(), targets, reduction="sum")


@torch.no_grad()  # type: ignore[untyped-decorator]
def candidate_scores(model: LanguageModel, prompt: PagePrompt, trie: Trie) -> torch.Tensor:
    """The log-likelihood of every candidate after a prompt, in nats.

    The prompt is run once; candidates go on side by side after its cache.
    """
    read = prefilled(model, prompt)

    def inputs_of(candidates: Sequence[Sequence[int]], expanded_cache: Any) -> dict[str, Any]:
        tokens, _ = padded(candidates, model.device)  # what follows a candidate is not seen by its tokens
        positions = read.position + torch.arange(tokens.shape[1], device=model.device)
        return {
            "input_ids": tokens,
            "position_ids": positions.expand_as(tokens),
            "past_key_values": expanded_cache,
            "use_cache": True,
        }

    first = read.logits.float().log_softmax(dim=-1)
    return continued_scores(model, first, trie, read.cache, inputs_of)


def _bytes_of(value: Any) -> int:
    """The size of all tensors inside of a value."""
    if isinstance(value, torch.Tensor):
        return int(value.nbytes)
    if isinstance(value, dict):
        return sum(map(_bytes_of, value.values()))
    return sum(map(_bytes_of, value)) if isinstance(value, (list, tuple)) else 0

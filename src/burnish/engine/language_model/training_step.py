"""One step of training: the gradients of a batch of examples and its loss, and nothing computed twice.

What the prompts of a batch share is run once, forward and backward (`prefix`). The rest goes through in
micro-batches, each packed into one row without padding (`packing`), as large as memory allows
(`micro_batches`). The gradients are those of the plain step, in which each example runs whole.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import torch
from transformers import DynamicCache

from burnish.engine.language_model.architecture import blocks_of
from burnish.engine.language_model.checkpointing import checkpointed
from burnish.engine.language_model.dtypes import adapters_computed_as
from burnish.engine.language_model.micro_batches import MicroBatchLimit, measured_limit, micro_batches
from burnish.engine.language_model.network import LanguageModel
from burnish.engine.language_model.packed_attention import (
    RunningRow,
    attending_by_segments,
    packed_inputs,
)
from burnish.engine.language_model.packing import PackedRow, packed
from burnish.engine.language_model.prefix import (
    PrefixRunner,
    RowInputs,
    backpropagate,
    detached,
    frozen_blocks,
    shared,
    shared_length,
    suffix_inputs,
)
from burnish.engine.language_model.probes import packs_rows
from burnish.engine.out_of_memory import make_room_on_device, ran_out_of_memory

log = logging.getLogger(__name__)

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, kw_only=True)
class TokenizedExample:
    """The tokens of one example: a prompt, and the answer to learn.

    ``vocabulary_answer`` is the answer in tokens of the vocabulary, where it and the prompt are in others.
    """

    prompt: tuple[int, ...]
    answer: tuple[int, ...]
    vocabulary_answer: tuple[int, ...] = ()

    @property
    def tokens(self) -> tuple[int, ...]:
        """All of them."""
        return (*self.prompt, *self.answer)

    @property
    def targets(self) -> tuple[int, ...]:
        """The tokens of the vocabulary that are to be predicted."""
        return self.vocabulary_answer or self.answer


class LoraStep:
    """Computes losses and gradients of batches, each in micro-batches as large as memory allows.

    Without a ``limit`` of micro-batches it is measured on the first batch. It is halved whenever memory runs
    out. Packed rows are ``masked`` for the kernels of an accelerator and run segment by segment on a
    processor, unless told otherwise. ``rows`` are for examples in other tokens than the vocabulary's: these
    have to be packed.
    """

    def __init__(
        self,
        model: LanguageModel,
        *,
        limit: MicroBatchLimit | None = None,
        masked: bool | None = None,
        rows: RowInputs | None = None,
    ) -> None:
        self.limit = limit
        self._model = model
        self._rows = rows
        self._masked = model.device.type != "cpu" if masked is None else masked
        self._prefixes = PrefixRunner(model.backbone, model.device, rows)
        self._weights = [weight for weight in model.network.parameters() if weight.requires_grad]
        self.packs = packs_rows(model.backbone.config, masked=self._masked)
        if not self.packs:
            log.info("%s takes no packed rows", type(model.causal).__name__)

    def found(self) -> dict[str, Any]:
        """The limit of micro-batches, once it is measured, to go on with where a training is resumed."""
        return {} if self.limit is None else {"limit": asdict(self.limit)}

    def keep_to(self, found: Mapping[str, Any]) -> None:
        """Go on with the limit that was found before."""
        self.limit = MicroBatchLimit(**found["limit"]) if "limit" in found else None

    def accumulate_gradients(self, batch: Sequence[TokenizedExample], *, targets: int | None = None) -> float:
        """Add the batch's gradients and return its loss, the mean cross-entropy of the answers' tokens.

        Of a share of a batch, ``targets`` is the number of these tokens in the whole batch.
        """
        count = answer_tokens_of(batch) if targets is None else targets
        before = [None if weight.grad is None else weight.grad.clone() for weight in self._weights]

        def computed(limit: MicroBatchLimit) -> float:
            for weight, gradient in zip(self._weights, before, strict=True):
                weight.grad = None if gradient is None else gradient.clone()
            return self._accumulate(batch, limit, count)

        return self._within_memory(batch, computed)

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def validation_loss(self, examples: Sequence[TokenizedExample], *, targets: int | None = None) -> float:
        """The mean cross-entropy over all answer tokens of the examples, or over so many ``targets``."""

        def computed(limit: MicroBatchLimit) -> float:
            with self._running() as running:
                depth = self._depth(examples, limit)
                prefix = self._run_prefix(examples[0].prompt[:depth])
                parts = self._parts(examples, depth, limit)
                losses = [self._summed_loss(part, prefix, depth, running).item() for part in parts]
                return math.fsum(losses)

        count = answer_tokens_of(examples) if targets is None else targets
        return self._within_memory(examples, computed) / count

    def costs(self, examples: Sequence[TokenizedExample]) -> list[int]:
        """How many tokens each example has after those that all of them share."""
        depth = shared_prompt_length(examples)
        return [len(example.tokens) - depth for example in examples]

    def _within_memory(
        self, batch: Sequence[TokenizedExample], compute: Callable[[MicroBatchLimit], ResultT]
    ) -> ResultT:
        """What is computed, with micro-batches of half the size whenever memory runs out."""
        while True:
            try:
                self.limit = self.limit or self._measured(batch)
                return compute(self.limit)
            except (RuntimeError, MemoryError) as error:
                smaller = self._smaller_limit(batch)
                if not smaller or not ran_out_of_memory(error):
                    raise
                make_room_on_device(error)
            log.info("Memory ran out: micro-batches have %d tokens now", smaller.tokens)
            self.limit = smaller

    def _smaller_limit(self, batch: Sequence[TokenizedExample]) -> MicroBatchLimit | None:
        """The next limit to try; one example at a time, checkpointed, where even measuring took too much."""
        if self.limit is None:
            return MicroBatchLimit(tokens=1, checkpointed=True)
        largest = max(map(len, self._parts(batch, self._depth(batch, self.limit), self.limit)))
        return self.limit.halved(largest)

    def _accumulate(self, batch: Sequence[TokenizedExample], limit: MicroBatchLimit, count: int) -> float:
        # By the count of the whole batch: a mean for each micro-batch would give short answers in a small one
        # more weight.
        total = 0.0
        with self._running() as running, self._checkpointed(limit):
            depth = self._depth(batch, limit)
            prefix = self._run_prefix(batch[0].prompt[:depth])
            leaves = detached(prefix)
            for part in self._parts(batch, depth, limit):
                loss = self._summed_loss(part, leaves, depth, running) / count
                loss.backward()
                total += loss.item()
            running.row = None
            backpropagate(leaves, prefix)
        return total

    def _summed_loss(
        self,
        examples: Sequence[TokenizedExample],
        prefix: DynamicCache,
        depth: int,
        running: RunningRow,
    ) -> torch.Tensor:
        """The summed cross-entropy of the answers' tokens, given the cache of the first ``depth`` tokens."""
        with self._adapters_in_its_dtype():
            if self.packs:
                running.row = row = packed([example.tokens for example in examples], prefix_length=depth)
                columns = _answer_columns(examples, row)
                inputs = packed_inputs(
                    self._model.backbone, row, prefix, masked=self._masked, rows=self._rows
                )
                logits = self._model.logits_at(torch.tensor([0]), torch.tensor(columns), **inputs)
            else:
                logits = _padded_logits(self._model, examples, prefix, depth)
        targets = [token for example in examples for token in example.targets]
        return torch.nn.functional.cross_entropy(
            logits.float(), torch.tensor(targets, device=logits.device), reduction="sum"
        )

    def _run_prefix(self, tokens: Sequence[int]) -> DynamicCache:
        with self._adapters_in_its_dtype():
            return self._prefixes.run(tokens)

    def _adapters_in_its_dtype(self) -> AbstractContextManager[None]:
        return adapters_computed_as(self._model.network, next(self._model.backbone.parameters()).dtype)

    def _measured(self, batch: Sequence[TokenizedExample]) -> MicroBatchLimit:
        """The limit by what the longest example keeps in memory."""
        longest = max(batch, key=lambda example: len(example.tokens))
        depth = shared_prompt_length(batch)
        with torch.enable_grad(), self._running() as running:
            prefix = self._run_prefix(longest.prompt[:depth])
            limit = measured_limit(
                lambda: self._summed_loss([longest], prefix, depth, running),
                len(longest.tokens) - depth,
                list(self._model.network.parameters()),
            )
        log.info("Micro-batches have %d tokens: as many as memory has room for", limit.tokens)
        return limit

    def _depth(self, batch: Sequence[TokenizedExample], limit: MicroBatchLimit) -> int:
        """How many tokens are run apart from the rest of the batch: those that all of its prompts share.

        Of masked rows none are where all goes through at once: a second pass costs more than its tokens.
        """
        depth = shared_prompt_length(batch)
        if not (self._masked and self.packs):
            return depth
        return 0 if len(packed([one.tokens for one in batch])) <= limit.tokens else depth

    def _parts(
        self, batch: Sequence[TokenizedExample], depth: int, limit: MicroBatchLimit
    ) -> Iterator[list[TokenizedExample]]:
        sequences = [example.tokens for example in batch]
        for part in micro_batches(sequences, depth, limit.tokens, packed=self.packs):
            yield [batch[index] for index in part]

    @contextmanager
    def _running(self) -> Iterator[RunningRow]:
        """Let the network run packed rows."""
        if self.packs and not self._masked:
            with attending_by_segments(self._model.backbone) as running:
                yield running
        else:
            yield RunningRow()

    def _checkpointed(self, limit: MicroBatchLimit) -> AbstractContextManager[None]:
        blocks = blocks_of(self._model.backbone)
        return (
            checkpointed(blocks[frozen_blocks(self._model.backbone) :])
            if limit.checkpointed
            else nullcontext()
        )


def answer_tokens_of(examples: Sequence[TokenizedExample]) -> int:
    """How many tokens of answers there are to learn."""
    return sum(len(example.answer) for example in examples)


def shared_prompt_length(batch: Sequence[TokenizedExample]) -> int:
    """How many leading tokens the prompts share, leaving each at least its last token to run."""
    # The hidden state at a prompt's last token predicts the answer's first; a cache holds no hidden states.
    shortest = min(len(example.prompt) for example in batch)
    return min(shared_length([example.prompt for example in batch]), shortest - 1)


def _answer_columns(examples: Sequence[TokenizedExample], row: PackedRow) -> list[int]:
    """Where in a row the tokens stand that predict those of the answers, one answer after another."""
    columns: list[int] = []
    for number, example in enumerate(examples):
        first = len(example.prompt) - row.prefix_length - 1
        columns += row.columns(number)[first : first + len(example.answer)]
    return columns


def _padded_logits(
    model: LanguageModel,
    examples: Sequence[TokenizedExample],
    prefix: DynamicCache,
    depth: int,
) -> torch.Tensor:
    """The logits of all answer tokens, one after another, with the examples in rows of one length."""
    rows: list[int] = []
    columns: list[int] = []
    for row, example in enumerate(examples):
        first = len(example.prompt) - depth - 1
        rows += [row] * len(example.answer)
        columns += range(first, first + len(example.answer))
    suffixes = [example.tokens[depth:] for example in examples]
    inputs = suffix_inputs(suffixes, shared(prefix, batch=len(examples)), depth, model.device)
    return model.logits_at(torch.tensor(rows), torch.tensor(columns), **inputs)

"""A training step on several workers: each computes a share of the batch, and all get the whole gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

import torch

from burnish.engine.shares import shares_of
from burnish.engine.training_run import Finder
from burnish.engine.worker_group import WorkerGroup


class Answered(Protocol):
    """An example, of which the tokens of the answer are learned."""

    @property
    def answer(self) -> Sequence[int]:
        """The tokens to learn."""


ExampleT = TypeVar("ExampleT", bound=Answered)
ExampleT_contra = TypeVar("ExampleT_contra", bound=Answered, contravariant=True)


class GradientStep(Finder, Protocol[ExampleT_contra]):
    """Computes the losses and gradients of examples: means over so many ``targets``, tokens to predict.

    Where ``targets`` are not given they are those of the examples themselves. Of a share of a batch they are
    those of the whole batch: so the shares' losses and gradients add up to the batch's.
    """

    def accumulate_gradients(self, batch: Sequence[ExampleT_contra], *, targets: int | None = None) -> float:
        """Add the gradients of some examples and return their loss."""

    def validation_loss(self, examples: Sequence[ExampleT_contra], *, targets: int | None = None) -> float:
        """The loss of some examples."""

    def costs(self, examples: Sequence[ExampleT_contra]) -> list[int]:
        """What each of some examples adds to the work, beside what all of them share."""


class SharedStep:
    """A step that is shared out among workers; ``weights`` are those that learn. Alone, it is the step."""

    def __init__(
        self, step: GradientStep[Any], weights: Sequence[torch.Tensor], workers: WorkerGroup
    ) -> None:
        self._step = step
        self._weights = weights
        self.workers = workers

    def accumulate_gradients(self, batch: Sequence[Answered]) -> float:
        """Add the batch's gradients on all workers, and return its loss."""
        share = self._share_of(batch)
        # Whose share is empty gives nothing, and gets the gradients of the others.
        part = self._step.accumulate_gradients(share, targets=_targets(batch)) if share else 0.0
        return self.workers.sum_gradients(self._weights, part)

    def validation_loss(self, examples: Sequence[Answered]) -> float:
        """The mean cross-entropy over all answer tokens of the examples."""
        share = self._share_of(examples)
        part = self._step.validation_loss(share, targets=_targets(examples)) if share else 0.0
        return self.workers.total(part)

    def _share_of(self, batch: Sequence[ExampleT]) -> Sequence[ExampleT]:
        if self.workers.size == 1:
            return batch
        shares = shares_of(self._step.costs(batch), self.workers.size)
        return [batch[place] for place in shares[self.workers.rank]]


def _targets(examples: Sequence[Answered]) -> int:
    return sum(len(example.answer) for example in examples)

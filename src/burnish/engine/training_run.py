"""A training by gradients between two of its steps: all that the next step depends on, to save and restore.

A run that is restored goes on as if nothing had happened: on a CPU it ends with the same weights, bit for
bit. That takes the weights and the optimizer's moments, the order of the epoch's examples and how far it is
worked through, both random states, and as many threads and as large micro-batches, since these decide in
which order sums are rounded. On another number of workers it goes on as well, with sums rounded otherwise.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import msgspec
import torch
from safetensors.torch import load_file, save_file

from burnish.engine.checkpoints import Checkpoints
from burnish.engine.tensor_errors import system_errors
from burnish.engine.tunable_model import Progress, Step, Validation

TENSORS, STATE = "state.safetensors", "state.json"
_WEIGHTS, _BEST, _MOMENTS = "weights", "best", "moments"
_RNG = "torch_rng"

log = logging.getLogger(__name__)


class _State(msgspec.Struct, kw_only=True):
    """What of a run is no tensor."""

    dtype: str
    threads: int
    number: int
    epoch: int
    order: list[int]
    place: int
    seconds: float
    rng: tuple[int, tuple[int, ...], float | None]
    steps: list[Step]
    validations: list[Validation]
    found: dict[str, Any] = {}
    workers: int = 1


class Finder(Protocol):
    """A part of a training that has found out something on the way that the rest of it must keep to."""

    def found(self) -> dict[str, Any]:
        """What it has found, as JSON."""

    def keep_to(self, found: Mapping[str, Any]) -> None:
        """Go on with what was found before."""


class TrainingRun:
    """Trains the weights of a network that learn, step by step, and reports each.

    It may be one of several ``workers`` that make the same steps with the same gradients.
    """

    def __init__(
        self,
        network: Any,
        optimizer_of: Callable[[Iterable[torch.Tensor]], torch.optim.Optimizer],
        *,
        rng: random.Random,
        progress: Progress,
        finder: Finder | None = None,
        workers: int = 1,
    ) -> None:
        self._workers = workers
        self._weights = {name: one for name, one in network.named_parameters() if one.requires_grad}
        self.number = 0
        self.epoch = 0
        self.seconds = 0.0
        self._order: list[int] = []
        self._place = 0
        self._steps: list[Step] = []
        self._validations: list[Validation] = []
        self._dtype = str(next(network.parameters()).dtype)
        self._optimizer = optimizer_of(self._weights.values())
        self._rng = rng
        self._best: dict[str, torch.Tensor] = {}
        self._progress = progress
        self._finder = finder
        self._stepped_at = time.monotonic()

    @property
    def weights(self) -> list[torch.Tensor]:
        """Those that learn."""
        return list(self._weights.values())

    @property
    def epochs_since_best(self) -> int:
        """How many epochs were validated since the one with the lowest loss."""
        losses = [one.loss for one in self._validations]
        return len(losses) - 1 - losses.index(min(losses)) if losses else 0

    @property
    def is_within_epoch(self) -> bool:
        """Whether some of the epoch's examples were trained on, and no validation has followed yet."""
        return self._place > 0

    def is_to_end(self) -> bool:
        """Whether somebody has asked for what was learned by now; there is a step at least."""
        return self.number > 0 and self._progress.is_to_end()

    def resume(self, checkpoints: Checkpoints) -> None:
        """Restore the latest checkpoint, where there is one, and report again what was done by then."""
        folder = checkpoints.latest()
        state = self._read(folder) if folder else None
        if folder and state:
            self._restore(folder, state)
            log.info("Going on from the checkpoint after step %d", self.number)
            self._repeat()
        self._stepped_at = time.monotonic()

    def batches(self, examples: int, size: int) -> Iterator[list[int]]:
        """The places of the examples in each batch of the epoch, in an order of its own, from where it is."""
        if not self._order:
            self._order = self._rng.sample(range(examples), examples)
        while self._place < len(self._order):
            batch = self._order[self._place : self._place + size]
            self._place += len(batch)
            yield batch

    def end_epoch(self) -> None:
        """Go over to the next epoch."""
        self.epoch += 1
        self._order, self._place = [], 0

    def set_rate(self, rate: float) -> None:
        """Set the learning rate of the next step."""
        for group in self._optimizer.param_groups:
            group["lr"] = rate

    def step(self, loss: float, *, total: int) -> None:
        """Change the weights by their gradients, whose loss is given, and report that step of ``total``."""
        torch.nn.utils.clip_grad_norm_(self._weights.values(), 1.0)
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        done = Step(number=self.number, epoch=self.epoch, total=total, loss=loss)
        self._steps.append(done)
        self.number += 1
        now = time.monotonic()
        self.seconds, self._stepped_at = self.seconds + now - self._stepped_at, now
        self._progress.on_step(done)

    def validated(self, loss: float, *, keep_best: bool = False) -> None:
        """Report the loss of the validation examples at the end of the epoch."""
        if keep_best and all(loss < one.loss for one in self._validations):
            self._best = {name: one.detach().clone() for name, one in self._weights.items()}
        done = Validation(step=self.number - 1, epoch=self.epoch, loss=loss)
        self._validations.append(done)
        self._progress.on_validation(done)

    def restore_best(self) -> None:
        """Go back to the weights of the epoch with the lowest validation loss, where they were kept."""
        with torch.no_grad():
            for name, weight in self._best.items():
                self._weights[name].copy_(weight)

    def save(self, folder: Path) -> None:
        """Write the run into a folder, as arrays and JSON."""
        moments = {
            f"{_MOMENTS}/{place}/{name}": tensor
            for place, state in self._optimizer.state_dict()["state"].items()
            for name, tensor in state.items()
        }
        weights = {f"{_WEIGHTS}/{name}": one.detach() for name, one in self._weights.items()}
        best = {f"{_BEST}/{name}": one for name, one in self._best.items()}
        tensors = {**weights, **best, **moments, _RNG: torch.get_rng_state()}
        with system_errors():
            save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, folder / TENSORS)
        (folder / STATE).write_bytes(msgspec.json.encode(self._state()))

    def _state(self) -> _State:
        version, words, gauss = self._rng.getstate()
        return _State(
            dtype=self._dtype,
            threads=torch.get_num_threads(),
            number=self.number,
            epoch=self.epoch,
            order=self._order,
            place=self._place,
            seconds=self.seconds,
            rng=(version, words, gauss),
            steps=self._steps,
            validations=self._validations,
            found=self._finder.found() if self._finder else {},
            workers=self._workers,
        )

    def _read(self, folder: Path) -> _State | None:
        state = msgspec.json.decode((folder / STATE).read_bytes(), type=_State)
        if state.dtype == self._dtype:
            return state
        log.warning("Beginning again: the checkpoint is of %s, the model of %s", state.dtype, self._dtype)
        return None

    def _restore(self, folder: Path, state: _State) -> None:
        tensors = load_file(folder / TENSORS)
        with torch.no_grad():
            for name, weight in self._weights.items():
                weight.copy_(tensors[f"{_WEIGHTS}/{name}"])
        self._best = _under(_BEST, tensors)
        moments: dict[int, dict[str, torch.Tensor]] = {}
        for name, tensor in _under(_MOMENTS, tensors).items():
            place, _, member = name.partition("/")
            moments.setdefault(int(place), {})[member] = tensor
        self._optimizer.load_state_dict({**self._optimizer.state_dict(), "state": moments})
        torch.set_rng_state(tensors[_RNG])
        # Sums are rounded otherwise with other workers, whatever the threads: these have shares of their own.
        if state.workers == self._workers:
            torch.set_num_threads(state.threads)
        self._rng.setstate(state.rng)
        self.number, self.epoch, self.seconds = state.number, state.epoch, state.seconds
        self._order, self._place = state.order, state.place
        self._steps, self._validations = state.steps, state.validations
        if self._finder:
            self._finder.keep_to(state.found)

    def _repeat(self) -> None:
        """Report the steps and validations of before, in the order in which they were made."""
        validations = iter(self._validations)
        validation = next(validations, None)
        for step in self._steps:
            self._progress.on_step(replace(step, is_repeated=True))
            while validation and validation.step == step.number:
                self._progress.on_validation(validation)
                validation = next(validations, None)


def _under(kind: str, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The tensors whose names begin with a kind, by the rest of their names."""
    begin = f"{kind}/"
    return {name.removeprefix(begin): one for name, one in tensors.items() if name.startswith(begin)}

"""A tiny model's training as the workers of a Ray cluster do it. They get this module pickled."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from pathlib import Path

import torch

from burnish.disk import replace_file
from burnish.engine.checkpoints import Checkpoints
from burnish.engine.language_model import network
from burnish.engine.language_model.training import LoraTraining, train
from burnish.engine.language_model.training_step import TokenizedExample
from burnish.engine.tunable_model import Progress, Step
from burnish.engine.worker_group import WorkerGroup

SETTINGS = LoraTraining(epochs=3, batch_size=5, rank=4, learning_rate=1e-2, warmup_steps=1)
STEPS = 9
#: However busy the machine is, a cluster has come so far by then.
SECONDS = 540


def examples(count: int, *, seed: int) -> list[TokenizedExample]:
    """Examples that go on from one prefix, each with an answer that its last token gives away."""
    shared = tuple(random.Random(0).randrange(2, 340) for _ in range(30))
    rng = random.Random(seed)
    made = []
    for number in range(count):
        own = tuple(rng.randrange(2, 340) for _ in range(rng.randint(1, 20)))
        prompt = (*shared, *own, 5 + number % 3)
        made.append(TokenizedExample(prompt=prompt, answer=(*[25 + number % 3] * (1 + number % 4), 1)))
    return made


def trained(
    weights: Path, folder: Path, *, is_held: bool = False
) -> Callable[[WorkerGroup, Checkpoints], list[float]]:
    """A training that writes each step into a folder, and returns all losses.

    One that is held writes at its fifth step in ``held`` on which node it is, and goes no further.
    """

    def hold(step: Step) -> None:
        if is_held and step.number == 4 and not (folder / "held").exists():
            from ray import get_runtime_context

            replace_file(folder / "held", get_runtime_context().get_node_id().encode())
            wait_for(folder / "never")

    def work(group: WorkerGroup, checkpoints: Checkpoints) -> list[float]:
        network.dtype_for = lambda _weights, _device: torch.float32
        torch.set_num_threads(1)
        losses: list[float] = []

        def noted(step: Step) -> None:
            losses.append(step.loss)
            with (folder / "steps").open("a") as file:
                file.write(json.dumps([step.number, step.is_repeated, group.size]) + "\n")
            hold(step)

        train(
            network.load_language_model(weights),
            lambda _: examples(11, seed=1),
            examples(3, seed=2),
            settings=SETTINGS,
            progress=Progress(on_step=noted, on_validation=lambda one: losses.append(one.loss)),
            checkpoints=checkpoints,
            workers=group,
        )
        return losses

    return work


def steps_in(folder: Path) -> list[tuple[int, bool, int]]:
    """The steps that were made: their numbers, whether they were told again, and on how many workers."""
    return [tuple(json.loads(line)) for line in (folder / "steps").read_text().splitlines()]


def wait_for(path: Path) -> None:
    """Wait until a file is there."""
    deadline = time.monotonic() + SECONDS
    while not path.exists():
        assert time.monotonic() < deadline, f"{path.name} has not come"
        time.sleep(0.05)

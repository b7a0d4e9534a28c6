"""What checkpoints cost a training: the share of its time that goes into writing them.

    python benchmarks/checkpoints.py [--weights FOLDER] [--minutes 4] [--every 60]

Trains an adapter of the default model on examples of random tokens, 700 shared and 160 of their own, in
batches of eight, with a checkpoint every so many seconds. Then another training goes on from the last
checkpoint; how long it takes to come that far is printed, too.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path

from burnish.engine.catalogue import DEFAULT_MODEL
from burnish.engine.checkpoints import FolderCheckpoints, Write
from burnish.engine.language_model.network import load_language_model
from burnish.engine.language_model.training import LoraTraining, train
from burnish.engine.language_model.training_step import TokenizedExample
from burnish.engine.tunable_model import Progress, Step
from burnish.engine.weights import prepared_weights

PREFIX, PAGE, ANSWER, EXAMPLES = 700, 150, 10, 64


class Timed(FolderCheckpoints):
    """Checkpoints that keep how long each took."""

    def __init__(self, folder: Path, *, every_seconds: float) -> None:
        super().__init__(folder, fingerprint="benchmark", every_seconds=every_seconds)
        self.seconds: list[float] = []

    def save(self, write: Write, *, step: int) -> None:
        begun = time.perf_counter()
        super().save(write, step=step)
        self.seconds.append(time.perf_counter() - begun)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, help="a folder of weights; by default the default model's")
    parser.add_argument("--minutes", type=float, default=4.0)
    parser.add_argument("--every", type=float, default=60.0, help="seconds between checkpoints")
    options = parser.parse_args()
    weights = options.weights or prepared_weights(DEFAULT_MODEL)
    settings = LoraTraining(epochs=1000, batch_size=8, max_minutes=options.minutes)
    with tempfile.TemporaryDirectory() as folder:
        checkpoints = Timed(Path(folder), every_seconds=options.every)
        begun = time.perf_counter()
        steps = trained(weights, settings, checkpoints)
        whole = time.perf_counter() - begun
        size = sum(path.stat().st_size for path in checkpoints.latest().iterdir())
        share = sum(checkpoints.seconds) / whole
        written = f"{len(checkpoints.seconds)} checkpoints of {size / 2**20:.0f} MiB"
        print(f"{len(steps)} steps in {whole:.0f} s, {written}")
        print(f"writing one takes {max(checkpoints.seconds):.2f} s at most; together {share:.2%} of the time")
        begun = time.perf_counter()
        again = trained(weights, settings, checkpoints)
        took, further = time.perf_counter() - begun, len(again) - len(steps)
        print(f"going on from the last: {took:.1f} s with loading the model, {further} further steps")


def trained(weights: Path, settings: LoraTraining, checkpoints: Timed) -> list[Step]:
    """The steps of a training, those before its checkpoint included."""
    model, steps = load_language_model(weights), []
    rng = random.Random(0)  # noqa: S311 - tokens, not secrets
    prefix = tuple(rng.choices(range(2, 300), k=PREFIX))
    examples = [
        TokenizedExample(
            prompt=(*prefix, *rng.choices(range(2, 300), k=PAGE)),
            answer=tuple(rng.choices(range(2, 300), k=ANSWER)),
        )
        for _ in range(EXAMPLES)
    ]
    progress = Progress(on_step=steps.append, on_validation=lambda _: None)
    train(model, lambda _: examples, [], settings=settings, progress=progress, checkpoints=checkpoints)
    return steps


if __name__ == "__main__":
    main()

"""Training on several workers: the steps of one, with each batch shared out."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tiny_engine import UNWATCHED, disturbed
from worker_processes import outcomes

from burnish.engine.checkpoints import NO_CHECKPOINTS, FolderCheckpoints, Paused
from burnish.engine.language_model import network
from burnish.engine.language_model.micro_batches import MicroBatchLimit
from burnish.engine.language_model.network import LanguageModel, load_language_model
from burnish.engine.language_model.training import LoraTraining, train
from burnish.engine.language_model.training_step import LoraStep, TokenizedExample
from burnish.engine.shared_step import SharedStep
from burnish.engine.tunable_model import Progress
from burnish.engine.worker_group import ALONE, WorkerGroup

SETTINGS = LoraTraining(epochs=3, batch_size=5, rank=4, learning_rate=1e-2, warmup_steps=1, seed=3)


def tokens(count: int, rng: random.Random) -> tuple[int, ...]:
    return tuple(rng.randrange(2, 340) for _ in range(count))


def examples_sharing(prefix: int, own_lengths: list[int], *, seed: int = 0) -> list[TokenizedExample]:
    """Examples that go on from one prefix, with answers of unequal lengths that their prompts give away."""
    rng = random.Random(seed)
    shared = tokens(prefix, rng)
    made = []
    for number, own in enumerate(own_lengths):
        mark = 5 + number % 3
        answer = (*[mark + 20] * (1 + number % 4), 1)
        made.append(TokenizedExample(prompt=(*shared, *tokens(own, rng), mark), answer=answer))
    return made


BATCHES = [
    examples_sharing(40, [5, 17, 1, 30, 9, 2, 11]),
    examples_sharing(0, [12, 25, 7, 18]),
    examples_sharing(25, [0, 0, 0]),  # alike but for a token
    examples_sharing(20, [6]),  # all workers but one have nothing to do
]
TRAINING = examples_sharing(30, [4, 9, 1, 14, 3, 20, 7, 2, 11, 6, 5], seed=1)
VALIDATION = examples_sharing(30, [8, 2, 13], seed=2)


def exact_model(weights: Path) -> LanguageModel:
    """The tiny model in float32: tests compare numbers. In a process of its own, nothing is put back."""
    network.dtype_for = lambda _weights, _device: torch.float32
    return load_language_model(weights)


def gradients_of_batches(group: WorkerGroup, weights: Path) -> list[tuple[float, dict[str, torch.Tensor]]]:
    """The loss and the gradients of each batch."""
    torch.manual_seed(0)
    tuned = disturbed(exact_model(weights), LoraTraining(rank=4))
    learning = {name: one for name, one in tuned.network.named_parameters() if one.requires_grad}
    step = SharedStep(LoraStep(tuned, limit=MicroBatchLimit(tokens=45)), list(learning.values()), group)
    found = []
    for batch in BATCHES:
        loss = step.accumulate_gradients(batch)
        found.append((loss, {name: one.grad.numpy().copy() for name, one in learning.items()}))
        tuned.network.zero_grad(set_to_none=True)
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("groups")


@pytest.mark.parametrize("size", [2, 3])
def test_the_summed_gradients_are_those_of_one_worker(tiny_weights, folder, size):
    expected = gradients_of_batches(ALONE, tiny_weights)
    for worker in outcomes(size, gradients_of_batches, tiny_weights, folder=folder):
        for (loss, gradients), (expected_loss, expected_gradients) in zip(worker, expected, strict=True):
            assert loss == pytest.approx(expected_loss, rel=1e-6)
            for name, gradient in expected_gradients.items():
                ours, alone = torch.from_numpy(gradients[name]), torch.from_numpy(gradient)
                error = (ours - alone).norm() / alone.norm()
                assert error < 1e-5, f"{name}: {error:.1e}"


def trained(
    group: WorkerGroup,
    weights: Path,
    settings: LoraTraining = SETTINGS,
    *,
    checkpoints: Path | None = None,
    pausing_after: int | None = None,
    ending_after: int | None = None,
) -> dict[str, object]:
    """What a worker has at its training's end, or pause. Only the first one is asked to end or to pause."""
    is_first = group.rank == 0
    steps, validations = [], []
    progress = Progress(
        on_step=steps.append,
        on_validation=validations.append,
        is_to_end=lambda: is_first and len(steps) == ending_after,
    )
    kept = NO_CHECKPOINTS
    if checkpoints and is_first:
        kept = FolderCheckpoints(
            checkpoints,
            fingerprint="one",
            every_seconds=3600,
            is_to_pause=lambda: len(steps) == pausing_after,
        )
    tuned = None
    try:
        tuned = train(
            exact_model(weights),
            lambda _: TRAINING,
            VALIDATION,
            settings=settings,
            progress=progress,
            checkpoints=kept,
            workers=group,
        )
    except Paused as pause:
        steps.append(str(pause))
    learned = tuned and {
        name: one.detach().numpy().copy()
        for name, one in tuned.network.named_parameters()
        if one.requires_grad
    }
    return {"steps": steps, "validations": validations, "weights": learned}


def from_pause(
    group: WorkerGroup, weights: Path, checkpoints: Path, pausing_after: int | None = None
) -> dict[str, object]:
    return trained(group, weights, checkpoints=checkpoints, pausing_after=pausing_after)


def losses(outcome) -> list[float]:
    return [one.loss for one in (*outcome["steps"], *outcome["validations"])]


def assert_alike(workers: list[dict]) -> None:
    """All have the same weights, bit for bit, and only the first one reports."""
    first, *others = workers
    for other in others:
        assert (other["steps"], other["validations"]) == ([], [])
        assert first["weights"].keys() == other["weights"].keys()
        assert all((first["weights"][name] == one).all() for name, one in other["weights"].items())


@pytest.fixture(scope="module")
def alone(tiny_weights) -> Iterator[dict]:
    dtype = network.dtype_for
    yield trained(ALONE, tiny_weights)
    network.dtype_for = dtype


@pytest.mark.parametrize("size", [2, 3])
def test_a_training_on_several_workers_has_the_losses_of_one(tiny_weights, folder, alone, size):
    together = outcomes(size, trained, tiny_weights, folder=folder)
    assert_alike(together)
    assert [replace(one, loss=0) for one in together[0]["steps"]] == [
        replace(one, loss=0) for one in alone["steps"]
    ]
    assert losses(alone)[8] < losses(alone)[0] - 2
    assert losses(together[0]) == pytest.approx(losses(alone), rel=1e-3)


def test_a_training_goes_on_with_another_number_of_workers(tiny_weights, folder, alone):
    checkpoints = folder / "checkpoints"
    paused = trained(ALONE, tiny_weights, checkpoints=checkpoints, pausing_after=2)
    assert paused["steps"][2:] == ["paused after step 2"]
    first, second = outcomes(2, from_pause, tiny_weights, checkpoints, 5, folder=folder)
    assert [one.number for one in first["steps"][:-1]] == [0, 1, 2, 3, 4]
    assert [one.is_repeated for one in first["steps"][:-1]] == [True, True, False, False, False]
    assert (first["steps"][-1], second["steps"]) == ("paused after step 5", ["paused after step 5"])
    last = trained(ALONE, tiny_weights, checkpoints=checkpoints)
    assert losses(last) == pytest.approx(losses(alone), rel=1e-3)


def test_the_first_worker_is_asked_whether_to_end_and_all_do_at_the_same_step(tiny_weights, folder):
    together = outcomes(2, ending_early, tiny_weights, folder=folder)
    assert_alike(together)
    assert len(together[0]["steps"]) == 4
    assert len(together[0]["validations"]) == 2


def ending_early(group: WorkerGroup, weights: Path) -> dict[str, object]:
    return trained(group, weights, ending_after=4)


def out_of_time(group: WorkerGroup, weights: Path) -> dict[str, object]:
    # Only the first one's clock counts.
    minutes = 1e-6 if group.rank == 0 else 0.0
    return trained(group, weights, replace(SETTINGS, max_minutes=minutes))


def test_the_first_worker_has_the_clock(tiny_weights, folder):
    together = outcomes(2, out_of_time, tiny_weights, folder=folder)
    assert_alike(together)
    assert len(together[0]["steps"]) == 1


def stopped_by_its_listener(group: WorkerGroup, weights: Path) -> None:
    def stop(step) -> None:
        if step.number == 2:
            raise KeyError("somebody has stopped the job")

    progress = Progress(on_step=stop, on_validation=UNWATCHED.on_validation)
    train(exact_model(weights), lambda _: TRAINING, [], settings=SETTINGS, progress=progress, workers=group)


def test_a_listener_that_raises_ends_the_training_on_all_workers(tiny_weights, folder):
    first, second = outcomes(2, stopped_by_its_listener, tiny_weights, folder=folder)
    assert first.error == "KeyError"
    assert (second.error, second.text) == (
        "WorkerFailed",
        "worker 0 failed: KeyError: 'somebody has stopped the job'",
    )

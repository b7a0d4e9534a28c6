"""Jobs that are killed at random moments: nothing is lost, and the weights are those of undisturbed ones."""

from __future__ import annotations

import os
import random
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from job_place import JobPlace

from burnish.engine.checkpoints import newest_first, whole_manifest
from burnish.server.backups import back_up
from burnish.server.job_folder.events import EventReader
from burnish.server.job_folder.paths import job_folder
from burnish.server.resources import Job
from burnish.server.training import job_queue, process_launcher, rests, running_attempt
from burnish.server.training.job_lock import state_of
from burnish.waiting import wait_until

#: More of them take minutes: `BURNISH_JOB_KILLS=200`.
KILLS = int(os.environ.get("BURNISH_JOB_KILLS", "3"))
EPOCHS = int(os.environ.get("BURNISH_JOB_EPOCHS", "60"))
SEED = int(os.environ.get("BURNISH_JOB_SEED", "0"))


@pytest.fixture
def place(tmp_path, tiny_weights, monkeypatch):
    monkeypatch.setenv("BURNISH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)]))
    monkeypatch.setattr(process_launcher, "WORKER", "counting_worker")
    monkeypatch.setattr(running_attempt, "CHECKPOINT_SECONDS", 0.2)
    monkeypatch.setattr(rests, "FIRST_REST_SECONDS", 0.01)
    monkeypatch.setattr(rests, "MAX_REST_SECONDS", 0.01)
    monkeypatch.setattr(job_queue, "MAX_FRUITLESS_ATTEMPTS", KILLS + 5)
    made = JobPlace(tmp_path, tiny_weights)
    yield made
    made.close()


@dataclass(frozen=True, kw_only=True)
class Kill:
    """What was killed, and how far the training was: the steps made, and those in a checkpoint."""

    victim: str
    attempt: int = 0
    reached: int = 0
    kept: int = 0


def strike(place: JobPlace, job: Job, rng: random.Random) -> Kill:
    """Wait for a random moment of an attempt, and kill the worker, the server with it, or the S3 server."""
    place.look(job, lambda job: place.worker_of(job) or job.status == "Completed")
    # Half of the time from its start on, half from when it trains: most of an attempt is its start.
    if rng.random() < 0.5:
        place.look(job, lambda job: is_training(job) or job.status == "Completed")
    until = time.monotonic() + rng.uniform(0, 4)
    place.look(job, lambda job: time.monotonic() > until or job.status == "Completed")
    victim = rng.choice(["worker", "worker", "server", "S3"])
    worker = place.worker_of(job)
    if victim == "S3":
        place.objects.stop()
        place.start_objects()
        return Kill(victim=victim)
    if worker:
        worker.kill()
        wait_until(lambda: state_of(worker) in (None, "zombie"), bool, interval=0.01, timeout=30)
    kill = stood_at(place, job, victim)
    if victim == "server":
        place.vanish()
        place.open()
    return kill


def stood_at(place: JobPlace, job: Job, victim: str) -> Kill:
    """How far the latest attempt at a job had come, of which nothing runs any more."""
    folder = job_folder(place.data, job.id)
    number = place.store.get(Job, job.arn).attempts
    events = [event.changes() for event in EventReader(folder.attempt(number).events).new()]
    steps = [event["phases"]["training"].done for event in events if "phases" in event]
    latest = newest_first(folder.checkpoints)
    kept = whole_manifest(latest[0]).step if latest else 0
    return Kill(victim=victim, attempt=number, reached=max(steps, default=0), kept=kept)


def test_a_job_that_is_killed_goes_on_from_its_last_checkpoint(place):
    job = place.accept("killed", epochs=EPOCHS)
    checkpoints = job_folder(place.data, job.id).checkpoints
    place.look(job, lambda _: list(checkpoints.glob("step-*")))
    place.worker_of(job).kill()
    ended = place.ended(job)
    assert (ended.status, ended.attempts) == ("Completed", 2)
    assert resumed_after(place, ended)


def test_a_job_whose_server_stops_writes_a_checkpoint_first_and_goes_on_from_it(place, monkeypatch):
    monkeypatch.setattr(running_attempt, "CHECKPOINT_SECONDS", 1000.0)
    job = place.accept("stopped", epochs=EPOCHS)
    place.look(job, is_training)
    place.queue.end_workers()
    stood = stood_at(place, job, "server")
    # A step may end after the last one that was reported; none that was is lost.
    assert stood.kept >= stood.reached > 0
    place.store.close()
    place.control.iam.close()
    place.open()
    ended = place.ended(job)
    assert ended.status == "Completed"
    assert resumed_after(place, ended) == {2: stood.kept}


@pytest.mark.attack(
    "Processes",
    "training, its server and its S3 server are killed at random moments",
    "it goes on from its last checkpoint, and ends with the weights of an undisturbed one, bit for bit",
)
def test_a_job_that_is_killed_again_and_again_ends_with_the_weights_of_an_undisturbed_one(place):
    undisturbed = place.ended(place.accept("undisturbed", epochs=EPOCHS))
    expected, rng, kills, jobs = place.model_of(undisturbed), random.Random(SEED), [], 0
    while len(kills) < KILLS:
        jobs += 1
        job, mine = place.accept(f"killed{jobs}", epochs=EPOCHS), []
        while place.store.get(Job, job.arn).status != "Completed" and len(kills) + len(mine) < KILLS:
            mine.append(strike(place, job, rng))
        ended = place.ended(job)
        assert (ended.status, ended.training_loss) == ("Completed", undisturbed.training_loss)
        assert place.model_of(ended) == expected
        check_repeated_steps(place, ended, mine)
        kills += mine
    print(Counter(kill.victim for kill in kills))  # noqa: T201


def check_repeated_steps(place: JobPlace, job: Job, kills: list[Kill]) -> None:
    """Raise `AssertionError` where an attempt has trained a step again that a checkpoint held."""
    resumed = resumed_after(place, job)
    kept = {kill.attempt + 1: kill.kept for kill in kills if kill.attempt}
    # Of others nobody looked where they stood: one may have ended for want of the S3 server.
    found = {number: step for number, step in resumed.items() if number in kept}
    assert found == {number: kept[number] for number in found}
    again = [kill.reached - kill.kept for kill in kills if kill.reached > kill.kept]
    print(f"{job.name}: {job.attempts} attempts, resumed after {resumed}, trained again {again}")  # noqa: T201


@pytest.mark.attack(
    "Files on disk",
    "a backup is made of a server that trains, and restored elsewhere",
    "the job goes on from the checkpoint in it, and ends with the same weights, bit for bit",
)
def test_a_job_of_a_restored_backup_goes_on_from_its_checkpoint(place, tiny_weights, tmp_path_factory):
    job = place.accept("job", epochs=EPOCHS)
    checkpoints = job_folder(place.data, job.id).checkpoints
    place.look(job, lambda _: list(checkpoints.glob("step-*")))
    folder = tmp_path_factory.mktemp("backups") / "backup"
    back_up(place.data, folder)
    expected = place.model_of(place.ended(job))
    restored = JobPlace(folder, tiny_weights, is_restored=True)
    try:
        ended = restored.ended(job)
        assert (ended.status, ended.attempts) == ("Completed", 2)
        assert resumed_after(restored, ended)
        assert restored.model_of(ended) == expected
    finally:
        restored.close()


def is_training(job: Job) -> bool:
    return job.phases["training"].done > 0


def resumed_after(place: JobPlace, job: Job) -> dict[int, int]:
    """The steps after which attempts at a job went on, by the numbers of the attempts."""
    log = (place.data / "logs" / f"job-{job.id}.log").read_text(encoding="utf-8")
    parts = re.split(r" Attempt (\d+)$", log, flags=re.MULTILINE)[1:]
    found = {}
    for number, said in zip(parts[::2], parts[1::2], strict=True):
        if step := re.search(r"Going on from the checkpoint after step (\d+)", said):
            found[int(number)] = int(step[1])
    return found

"""Where the files of a job lie, in a folder that whoever trains it can reach.

``spec.json``                      what is to be trained, written once
``orders.json``                    which attempt the job belongs to, and whether to end it
``lock``                           held by the process that trains on this machine
``teacher.jsonl``                  what the teacher of a distillation has answered
``checkpoints/step-N/``            what an interrupted training goes on from
``attempts/N/input.json``          where an attempt finds what it takes
``attempts/N/share.json``          the threads and the GPU that the attempt may use
``attempts/N/heartbeat``           touched while the attempt lives
``attempts/N/events.jsonl``        how far it is, a line for each change
``attempts/N/model/``              what it has made
``attempts/N/portable/``            the same as it goes into the job's output
``attempts/N/result.json``         how it ended, written last

The server writes the spec, the orders, the input and the share; an attempt writes the rest. Every attempt has
a folder of its own, so that one that was thought dead, and wakes up, writes where nobody reads any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class AttemptFolder:
    """The folder of one attempt at a job."""

    path: Path

    @property
    def input(self) -> Path:
        """Where the attempt finds what it takes."""
        return self.path / "input.json"

    @property
    def share(self) -> Path:
        """What of its machine the attempt may use."""
        return self.path / "share.json"

    @property
    def heartbeat(self) -> Path:
        """Touched while the attempt lives."""
        return self.path / "heartbeat"

    @property
    def events(self) -> Path:
        """How far the attempt is, a line for each change."""
        return self.path / "events.jsonl"

    @property
    def model(self) -> Path:
        """What the attempt has made, until the server takes it."""
        return self.path / "model"

    @property
    def portable(self) -> Path:
        """The model as it goes into the job's output in S3."""
        return self.path / "portable"

    @property
    def result(self) -> Path:
        """How the attempt ended."""
        return self.path / "result.json"


@dataclass(frozen=True)
class JobFolder:
    """The folder of one job."""

    path: Path

    @property
    def spec(self) -> Path:
        """What is to be trained."""
        return self.path / "spec.json"

    @property
    def orders(self) -> Path:
        """Which attempt the job belongs to, and whether to end it."""
        return self.path / "orders.json"

    @property
    def lock(self) -> Path:
        """What the process that works on the job holds for as long as it lives: `job_lock`."""
        return self.path / "lock"

    @property
    def teacher(self) -> Path:
        """What the teacher of a distillation has answered so far."""
        return self.path / "teacher.jsonl"

    @property
    def checkpoints(self) -> Path:
        """What an interrupted training goes on from."""
        return self.path / "checkpoints"

    def attempt(self, number: int) -> AttemptFolder:
        """The folder of an attempt."""
        return AttemptFolder(self.path / "attempts" / str(number))


def job_folder(data: Path, job_id: str) -> JobFolder:
    """The folder of a job, in a server's data folder."""
    return JobFolder(data / "jobs" / job_id)

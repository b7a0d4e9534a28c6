"""What starts attempts at jobs and looks after them, wherever they run: on this machine, or on a cluster.

A launcher is given a job's folder and nothing else of it. What an attempt does, it reports there; a launcher
tells only whether it runs, and how it ended where it could not say so itself.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Protocol

from burnish.server.capacity import Share
from burnish.server.job_folder.paths import JobFolder

#: How a worker that leaves its job unfinished says why: a fault of the server's files or disk, which is no
#: fault of the job, or too little memory.
SERVER_FAULT = 70
OUT_OF_MEMORY = 71


class LaunchedAttempt(Protocol):
    """An attempt that was started, by this server or by one that is gone."""

    @property
    def number(self) -> int:
        """The number of the attempt."""

    @property
    def age(self) -> float:
        """The seconds for which this server has known the attempt."""

    @property
    def has_begun(self) -> bool:
        """Whether it came as far as to take the job for its own."""

    @property
    def exit_status(self) -> int | None:
        """How its process ended, negative for a signal; None while it runs, and where nobody has seen it."""

    def poll(self) -> bool:
        """Whether it still runs. Notes what its end will be accounted for by."""

    @property
    def waits_for(self) -> str | None:
        """What it waits for before it can begin, after "it waits"; None where nothing keeps it."""

    def stop(self) -> None:
        """End it and wait until it is gone."""

    def end_with_server(self) -> None:
        """Leave it as the server ends: what cannot outlive the server writes a checkpoint and ends."""

    def account_of_end(self) -> str:
        """How it ended, after "the training process", and what needs less where memory was short."""


class Launcher(Protocol):
    """Starts attempts at jobs."""

    def start(self, folder: JobFolder, *, attempt: int, share: Share, log: Path) -> LaunchedAttempt:
        """Start an attempt, whose output is appended to ``log``.

        It ends when this process does, or is adopted by the next. What takes long is done beside.
        """

    def adopt(self, folder: JobFolder, *, attempt: int) -> LaunchedAttempt | None:
        """What works on a job without this process having started it; None where nothing does.

        ``attempt`` is its number where it has not said so yet.
        """

    def clear_away(self, job_id: str) -> None:
        """Have removed what lies elsewhere of a job that is over."""

    def clear_leftovers(self, unfinished: Collection[str]) -> None:
        """Remove what lies elsewhere of all jobs but these, before any is started."""

"""Workers as processes of this machine, which meet over gloo and train a tiny model together."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch

from burnish.engine.worker_group import WorkerGroup, joined_group

#: Imported once, and not by each process.
PRELOADED = ["burnish.engine.language_model.tunable", "burnish.engine.worker_group"]
#: However busy the machine is, this is over by then.
SECONDS = 540


@dataclass(frozen=True)
class Failed:
    """How a worker has ended that has no result."""

    error: str
    text: str


class Killed(Exception):
    """A worker's process has ended without a word."""


def outcomes(size: int, work: Callable[..., Any], *arguments: Any, folder: Path) -> list[Any]:
    """What ``work(group, *arguments)`` has returned in each of so many processes, or how it `Failed`."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    meeting = folder / f"meeting-{len(list(folder.iterdir()))}"
    pipes, processes = [], []
    for rank in range(size):
        receiving, sending = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(rank, size, meeting, work, arguments, sending))
        process.start()
        sending.close()
        pipes.append(receiving)
        processes.append(process)
    try:
        return [_received(pipe) for pipe in pipes]
    finally:
        for process in processes:
            process.join(SECONDS)
            process.kill()


def _received(pipe: Connection) -> Any:
    assert pipe.poll(SECONDS), "a worker hangs"
    try:
        return pipe.recv()
    except EOFError:
        return Failed(Killed.__name__, "")


def _work(rank: int, size: int, meeting: Path, work: Any, arguments: Any, results: Connection) -> None:
    torch.set_num_threads(1)
    try:
        with in_group(rank, size, meeting) as group:
            result = work(group, *arguments)
    except Exception as error:  # noqa: BLE001  # whatever it is, it is told
        result = Failed(type(error).__name__, str(error))
    results.send(result)


@contextmanager
def in_group(rank: int, size: int, meeting: Path) -> Iterator[WorkerGroup]:
    os.environ["GLOO_SOCKET_IFNAME"] = "lo"
    timeout = timedelta(seconds=SECONDS)
    with joined_group(rank=rank, size=size, meeting=f"file://{meeting}", timeout=timeout) as group:
        yield group

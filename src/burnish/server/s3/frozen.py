"""Suspends the S3 server while its files are copied, so that the copy is crash-consistent.

A process of its own lets it go on, also where the one that copies is killed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from burnish.errors import CannotConnect, WaitTimeout
from burnish.waiting import wait_until

STILL_SECONDS = 10.0


@contextmanager
def frozen(folder: Path) -> Iterator[None]:
    """Hold the S3 server whose objects lie in ``folder``; requests to it wait until the block is left.

    Raises `CannotConnect` where it does not run, or where it was not the same one all the time.
    """
    process = process_of(folder)
    if process is None:
        raise CannotConnect(f"No S3 server works in {folder} at this moment: try again")
    command = [sys.executable, "-m", "burnish.server.s3.frozen", str(process)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as holding:
        try:
            assert holding.stdout  # noqa: S101  it was asked for
            # The line says that the signal is sent. That every thread has obeyed it takes a moment longer.
            holding.stdout.readline()
            _wait_until_still(process)
            yield
            if holding.poll() is not None or process_of(folder) != process or not _is_still(process):
                raise CannotConnect(f"The S3 server of {folder} was started anew meanwhile: try again")
        finally:
            holding.communicate()


def process_of(folder: Path) -> int | None:
    """The process of the S3 server whose objects lie in ``folder``, or None."""
    wanted = f"-dir={folder}"
    for process, words in _commands():
        if words and Path(words[0]).name == "weed" and wanted in words:
            return process
    return None


def _commands() -> Iterator[tuple[int, list[str]]]:
    """Every process of this machine, and the words that it was started with."""
    if Path("/proc/self/cmdline").exists():
        for place in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                yield int(place.name), (place / "cmdline").read_bytes().decode(errors="replace").split("\0")
        return
    listed = subprocess.run(["ps", "-axww", "-o", "pid=,args="], capture_output=True, text=True, check=True)
    for line in listed.stdout.splitlines():
        process, _, command = line.strip().partition(" ")
        yield int(process), command.split(" ")


def _wait_until_still(process: int) -> None:
    try:
        wait_until(lambda: _is_still(process), bool, interval=0.005, timeout=STILL_SECONDS)
    except WaitTimeout as error:
        raise CannotConnect(f"The S3 server (process {process}) could not be held: try again") from error


def _is_still(process: int) -> bool:
    """Whether every thread of a process has stopped, as far as this system tells."""
    threads = list(Path(f"/proc/{process}/task").glob("*/stat"))
    if threads:
        return all(_state_in(thread) in ("T", "t") for thread in threads)
    listed = subprocess.run(
        ["ps", "-o", "state=", "-p", str(process)], capture_output=True, text=True, check=False
    )
    return listed.stdout.strip().startswith("T")


def _state_in(stat: Path) -> str:
    with suppress(OSError):
        return stat.read_text().rpartition(")")[2].split()[0]
    return "T"  # a thread that is gone writes nothing


def _hold(process: int) -> None:
    # It must outlive whoever is interrupted: else the S3 server would stand still for ever.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        os.kill(process, signal.SIGSTOP)
        sys.stdout.write("held\n")
        sys.stdout.flush()
        sys.stdin.read()
    finally:
        os.kill(process, signal.SIGCONT)


if __name__ == "__main__":
    _hold(int(sys.argv[1]))

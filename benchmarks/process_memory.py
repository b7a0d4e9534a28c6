"""How much memory a process and all its descendants hold together, from Linux's /proc."""

from __future__ import annotations

import threading
from collections import defaultdict
from pathlib import Path

PROC = Path("/proc")


class PeakMemory:
    """The largest sum seen while the block runs: looked at twice a second.

    A page that several processes share is counted once in all (proportional set size); where the kernel does
    not show that of a process, its resident set is taken, which counts too much rather than too little.
    """

    def __init__(self, root: int, *, every: float = 0.5) -> None:
        self.bytes = 0
        self._root = root
        self._every = every
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        # Descendants are remembered: one whose parent has died is nobody's descendant any more.
        known: dict[int, str] = {}
        while not self._over.wait(self._every):
            known = _still_running(known) | _descendants(self._root)
            self.bytes = max(self.bytes, sum(map(_memory_of, known)))


def _descendants(root: int) -> dict[int, str]:
    """The process and its descendants, each with its start time, which tells it from a later namesake."""
    children = defaultdict(list)
    started = {}
    for entry in PROC.iterdir():
        if entry.name.isdecimal() and (facts := _stat(int(entry.name))):
            parent, started[int(entry.name)] = facts
            children[parent].append(int(entry.name))
    found, waiting = {}, [root]
    while waiting:
        pid = waiting.pop()
        if pid in started:
            found[pid] = started[pid]
        waiting += children[pid]
    return found


def _still_running(known: dict[int, str]) -> dict[int, str]:
    return {pid: began for pid, began in known.items() if (facts := _stat(pid)) and facts[1] == began}


def _stat(pid: int) -> tuple[int, str] | None:
    """A process's parent and start time; None when it is gone."""
    try:
        # The name, in brackets, may hold blanks and brackets of its own.
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(fields[1]), fields[19]


def _memory_of(pid: int) -> int:
    for file, field in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
        try:
            lines = (PROC / str(pid) / file).read_text().splitlines()
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            continue
        for line in lines:
            if line.startswith(field):
                return int(line.split()[1]) * 1024
    return 0

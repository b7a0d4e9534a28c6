"""How much memory there is, and whether the system has ended processes for want of it."""

from __future__ import annotations

from pathlib import Path

import psutil

_CGROUP = Path("/sys/fs/cgroup")
#: The files in which Linux counts the processes that it has ended for want of memory: of the container, and
#: of the machine.
_COUNTS = (_CGROUP / "memory.events", Path("/proc/vmstat"))
_LIMITS = (_CGROUP / "memory.max", _CGROUP / "memory" / "memory.limit_in_bytes")
_GIB = 1024**3


def processes_ended_for_memory() -> int:
    """How many the system has ended so far, where it counts them."""
    return sum(_count(path, "oom_kill") for path in _COUNTS)


def memory_limit() -> int:
    """The bytes of memory that there are for processes here: the machine's, or less in a container."""
    limits = [int(text) for path in _LIMITS if (text := _text(path).strip()).isdecimal()]
    return min([int(psutil.virtual_memory().total), *limits])


def free_memory() -> int:
    """The bytes of memory that a further process can take: of the machine's, or of a container's."""
    free = int(psutil.virtual_memory().available)
    used = _text(_CGROUP / "memory.current").strip()
    if not used.isdecimal():
        return free
    # What the system caches of files counts as used, and is given back where it is needed.
    cached = _count(_CGROUP / "memory.stat", "inactive_file")
    return min(free, memory_limit() - int(used) + cached)


def memory_of(process: psutil.Process) -> int:
    """The bytes of memory that a process uses; 0 when it is gone."""
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def in_gib(count: int) -> str:
    """A number of bytes to read."""
    return f"{count / _GIB:.1f} GiB"


def _count(path: Path, name: str) -> int:
    lines = (line.split() for line in _text(path).splitlines())
    return next((int(words[1]) for words in lines if len(words) == 2 and words[0] == name), 0)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""

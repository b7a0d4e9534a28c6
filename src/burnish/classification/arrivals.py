"""Files of a folder as they arrive: each once it is complete."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from burnish.classification.incoming import IncomingDocument, incoming_file
from burnish.datasets.sources.file_trees import read_tree
from burnish.waiting import Clock

#: How long a file must stay as it is to be taken for complete.
SETTLING_SECONDS = 2.0

_State = tuple[int, int]


@dataclass
class Arrivals:
    """What has come into a folder since it was last looked at. A file that changes arrives again."""

    folder: Path
    _seen: dict[Path, _State] = field(default_factory=dict)
    _given: dict[Path, _State] = field(default_factory=dict)

    def complete(self) -> list[IncomingDocument]:
        """The files that have not changed since the last time, and were not given yet."""
        now = {one.path: (one, state) for one in read_tree(self.folder).files if (state := _state(one.path))}
        ready = [
            one
            for path, (one, state) in now.items()
            if self._seen.get(path) == state and self._given.get(path) != state
        ]
        self._seen = {path: state for path, (_, state) in now.items()}
        self._given.update({one.path: self._seen[one.path] for one in ready})
        return [incoming_file(one.path, one.name, one.reason) for one in ready]


def arrivals_in(folder: Path, clock: Clock | None = None) -> Iterator[list[IncomingDocument]]:
    """The files that have arrived, again and again, until the caller ends it."""
    clock, arrivals = clock or Clock(), Arrivals(folder)
    while True:
        if ready := arrivals.complete():
            yield ready
        clock.sleep(SETTLING_SECONDS)


def _state(path: Path) -> _State | None:
    try:
        found = path.stat()
    except OSError:  # it went away again, or is a broken link
        return None
    return found.st_size, found.st_mtime_ns

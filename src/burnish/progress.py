"""A progress bar for Python callers: live in a terminal and in Jupyter, its last state anywhere else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any, Protocol

from burnish.pace import RemainingTime

if TYPE_CHECKING:
    from rich.progress import Progress

_SECONDS_BETWEEN_FRAMES = 0.2


class ProgressBar:
    """What is being done, how much of it is done, and how long the rest takes."""

    def __init__(self, progress: Progress, what: str, frame: _NotebookFrame | None) -> None:
        self._progress = progress
        self._frame = frame
        self._time_left = RemainingTime()
        self._task = progress.add_task(what, total=None, detail="")

    def show(self, done: int = 0, total: int = 0, detail: str = "") -> None:
        """Show that ``done`` of ``total`` are done; without a total, only the detail."""
        self._time_left.count(done, total)
        shown = ", ".join(filter(None, (detail, str(self._time_left))))
        self._progress.update(self._task, completed=done, total=total or None, detail=shown)
        if self._frame:
            self._frame.paint()

    def counter(self, total: int) -> Callable[[str], None]:
        """A function to call with what is being done, for each of a ``total`` of things that are done."""
        numbers = count(1)

        def show_next(what: str) -> None:
            done = next(numbers)
            self.show(done, total, f"{done} of {total}, {what}")

        return show_next

    def finish(self) -> None:
        """Stop the clock, and leave the last state in sight."""
        self._progress.stop_task(self._task)
        if self._frame:
            self._frame.paint(at_once=True)


@contextmanager
def progress_bar(what: str) -> Iterator[ProgressBar]:
    """A progress bar for as long as the block runs."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    progress = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[detail]}", style="dim", markup=False),
        TimeElapsedColumn(),
        console=Console(stderr=True),  # what a script prints is its own
    )
    if progress.console.is_jupyter:
        # Not `start`, which needs ipywidgets, and a front end that knows them, to paint anything.
        bar = ProgressBar(progress, what, _NotebookFrame(progress))
        try:
            yield bar
        finally:
            bar.finish()
    else:
        with progress:
            bar = ProgressBar(progress, what, None)
            yield bar
            bar.finish()


class ShowStage(Protocol):
    """Shows what a stage is doing, with a ``total`` how far it is. The last detail is its outcome."""

    def __call__(self, detail: str, *, done: int = 0, total: int = 0) -> None:
        """Show it."""


@contextmanager
def progress_stage(name: str) -> Iterator[ShowStage]:
    """A progress bar for a stage, as a function that shows what the stage is doing."""
    with progress_bar(name) as bar:

        def show(detail: str, *, done: int = 0, total: int = 0) -> None:
            bar.show(done, total, f"{done}/{total} {detail}" if total else detail)

        yield show


class _NotebookFrame:
    """A cell's output that is painted over."""

    def __init__(self, progress: Progress) -> None:
        from IPython.display import display

        self._progress = progress
        self._handle: Any = display(progress, display_id=True)  # type: ignore[no-untyped-call]
        self._painted = time.monotonic()

    def paint(self, *, at_once: bool = False) -> None:
        """Paint the present state, unless the last was painted a moment ago."""
        if at_once or time.monotonic() - self._painted > _SECONDS_BETWEEN_FRAMES:
            self._handle.update(self._progress)
            self._painted = time.monotonic()

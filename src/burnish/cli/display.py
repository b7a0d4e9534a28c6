"""Progress of a long command: a line per stage, live in a terminal, plain elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Protocol

from burnish.cli.output import print_message
from burnish.shown_texts import LINES, shown

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.progress import Progress, Task, TaskID


#: When a creation is interrupted, nobody knows whether the request has reached the service.
RUN_AGAIN = (
    "The request may have reached the service. Run the same command again: it goes on with what was created, "
    "and nothing is paid for twice."
)


class Display(Protocol):
    """Shows one stage after another."""

    def begin(self, name: str) -> None:
        """Begin a stage."""

    def show(self, detail: str, *, done: int = 0, total: int = 0) -> None:
        """Show what the stage is doing, with a ``total`` how far it is. The last detail is its outcome."""

    def end(self, *, well: bool) -> None:
        """End the stage."""

    def say(self, text: str) -> None:
        """Print a line that stays."""


class Stages:
    """Runs stages on a display, and records how long each took and which one is running."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self.seconds: dict[str, float] = {}
        self.current = ""

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """The stage of this name, from here to the end of the block."""
        self.current = name
        began = time.perf_counter()
        try:
            with stage_on(self._display, name):
                yield
        finally:
            self.seconds[name] = round(time.perf_counter() - began, 3)


@contextmanager
def stage_on(display: Display, name: str) -> Iterator[None]:
    """The stage of this name on a display; it ends as not finished if the block raises."""
    display.begin(name)
    well = False
    try:
        yield
        well = True
    finally:
        display.end(well=well)


def counter_on(display: Display, detail: str, total: int) -> Callable[[object], None]:
    """A function to call for each of a ``total`` of things that are done, which shows how many are."""
    numbers = count(1)

    def show_next(_: object) -> None:
        done = next(numbers)
        display.show(detail, done=done, total=max(done, total))

    return show_next


@contextmanager
def open_display(*, quiet: bool = False) -> Iterator[Display]:
    """A display on standard error, which results never share; one that shows nothing, for JSON alone."""
    if quiet:
        yield NoDisplay()
        return
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    # A log or a pipe would keep every frame of what a terminal paints over.
    if not console.is_terminal:
        yield PlainDisplay()
        return
    with _progress_on(console) as progress:
        yield LiveDisplay(progress)


@contextmanager
def open_stage(name: str, *, quiet: bool = False) -> Iterator[Display]:
    """A display for a command that has a single stage."""
    with open_display(quiet=quiet) as display, stage_on(display, name):
        yield display


@contextmanager
def waiting_for(what: str, *, quiet: bool = False, goes_on: str = "") -> Iterator[Callable[[str], None]]:
    """Show that the block waits for something; yields the function that shows its status.

    ``goes_on`` is printed if the wait is interrupted: what it waits for is not, and may cost money.
    """
    with notice_if_interrupted(goes_on), open_stage(what, quiet=quiet) as display:
        display.show("waiting")
        yield display.show


@contextmanager
def notice_if_interrupted(what_stays: str) -> Iterator[None]:
    """Print what is left or still running if the block is interrupted."""
    try:
        yield
    except KeyboardInterrupt:
        if what_stays:
            print_message(what_stays)
        raise


class NoDisplay:
    """Shows nothing."""

    def begin(self, name: str) -> None:
        """Nothing."""

    def show(self, detail: str, *, done: int = 0, total: int = 0) -> None:
        """Nothing."""

    def end(self, *, well: bool) -> None:
        """Nothing."""

    def say(self, text: str) -> None:
        """Nothing."""


class PlainDisplay:
    """Lines for a log: each stage, each new detail, and every quarter of what is counted."""

    def __init__(self) -> None:
        self._name = ""
        self._began = 0.0
        self._number = 0
        self._shown: tuple[str, int] = ("", 0)
        self._last = ""

    def begin(self, name: str) -> None:
        """Write that the stage has begun."""
        self._number += 1
        self._name, self._began, self._shown, self._last = name, time.perf_counter(), ("", 0), ""
        print_message(f"{self._number}. {name}")

    def show(self, detail: str, *, done: int = 0, total: int = 0) -> None:
        """Write a line where something is new."""
        kind = "counted" if total else detail
        # Quarters: a log of a thousand pages must not have a thousand lines.
        news = (kind, 4 * done // total if total else 0)
        self._last = detail
        if news != self._shown:
            self._shown = news
            print_message(f"   {_elapsed(self._began)}  {_counted(detail, done, total)}")

    def end(self, *, well: bool) -> None:
        """Write how long it took."""
        outcome = "done" if well else "not finished"
        print_message(f"   {_elapsed(self._began)}  {self._name}: {outcome}")

    def say(self, text: str) -> None:
        """Write the line."""
        print_message(text)


class LiveDisplay:
    """A table of stages in a terminal, with a spinner for the running one."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None

    def begin(self, name: str) -> None:
        """Add a line with a spinner."""
        self._task = self._progress.add_task(shown(name), total=None, detail="", state="running")

    def show(self, detail: str, *, done: int = 0, total: int = 0) -> None:
        """Update the line."""
        if self._task is not None:
            self._progress.update(self._task, completed=done, total=total or None, detail=shown(detail))

    def end(self, *, well: bool) -> None:
        """Stop the line's spinner."""
        if self._task is not None:
            state = "done" if well else "stopped"
            self._progress.update(self._task, total=1, completed=1, state=state)
            self._progress.stop_task(self._task)
            self._task = None

    def say(self, text: str) -> None:
        """Write the line above the table."""
        self._progress.console.print(shown(text, keep=LINES), markup=False, highlight=False)


def _progress_on(console: Console) -> Progress:
    from rich.progress import Progress, ProgressColumn, TimeElapsedColumn
    from rich.spinner import Spinner
    from rich.table import Column
    from rich.text import Text

    spinner = Spinner("dots", style="cyan")
    marks = {"done": Text("✓", style="green"), "stopped": Text("✗", style="red")}

    class MarkColumn(ProgressColumn):
        max_refresh = None

        def render(self, task: Task) -> RenderableType:
            return marks.get(task.fields["state"]) or spinner.render(task.get_time())

    class NameColumn(ProgressColumn):
        def render(self, task: Task) -> RenderableType:
            return Text(task.description, style="bold" if task.fields["state"] == "running" else "")

    class WorkColumn(ProgressColumn):
        def render(self, task: Task) -> RenderableType:
            return _work_of(task)

    wide = Column(ratio=1)
    columns = (
        MarkColumn(),
        NameColumn(table_column=Column(no_wrap=True)),
        WorkColumn(table_column=wide),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console, expand=True)


def _work_of(task: Task) -> RenderableType:
    """The stage's detail, with a bar before it while something is counted."""
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    detail = Text(task.fields["detail"], style="dim")
    if not task.total or task.fields["state"] != "running":
        return detail
    grid = Table.grid(padding=(0, 1))
    count = Text(f"{task.completed:.0f}/{task.total:.0f}")
    grid.add_row(ProgressBar(total=task.total, completed=task.completed, width=20), count, detail)
    return grid


def _counted(detail: str, done: int, total: int) -> str:
    return f"{done}/{total} {detail}" if total else detail


def _elapsed(began: float) -> str:
    return f"{time.perf_counter() - began:6.1f} s"

"""Progress in a terminal: a line per stage, painted over while the stage runs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.progress import Progress, ProgressColumn, Task, TaskID, TimeElapsedColumn
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Column, Table
from rich.text import Text

from burnish.cli.terminal_text import draws_unicode
from burnish.pace import Now, RemainingTime
from burnish.shown_texts import LINES, shown

BAR_WIDTH = 20
#: What is shorter says nothing.
MIN_BAR_WIDTH, MIN_DETAIL_WIDTH = 8, 8


class LiveDisplay:
    """A table of stages in a terminal, with a spinner for the running one."""

    def __init__(self, progress: Progress, now: Now = time.monotonic) -> None:
        self._progress = progress
        self._now = now
        self._task: TaskID | None = None
        self._left = RemainingTime(now)

    def begin(self, name: str) -> None:
        """Add a line with a spinner."""
        self._left = RemainingTime(self._now)
        self._task = self._progress.add_task(
            shown(name), total=None, detail="", count=(0, 0), state="running", left=self._left
        )

    def show(self, detail: str, *, done: int = 0, total: int = 0) -> None:
        """Update the line."""
        if total:
            self._left.count(done, total)
        if self._task is not None:
            # Not as the task's own total, which rich never takes back.
            self._progress.update(self._task, count=(done, total), detail=shown(detail))

    def end(self, *, well: bool) -> None:
        """Stop the line's spinner."""
        if self._task is not None:
            state = "done" if well else "stopped"
            self._progress.update(self._task, state=state)
            self._progress.stop_task(self._task)
            self._task = None

    def say(self, text: str) -> None:
        """Write the line above the table."""
        self._progress.console.print(shown(text, keep=LINES), markup=False, highlight=False)


@contextmanager
def live_display(console: Console) -> Iterator[LiveDisplay]:
    """A display that paints on a terminal until the end of the block."""
    with progress_on(console) as progress:
        yield LiveDisplay(progress)


def progress_on(console: Console) -> Progress:
    """The table of a display's stages, as wide as the terminal."""
    columns = (
        _MarkColumn(in_unicode=draws_unicode(console.file)),
        _NameColumn(max_width=console.width // 3),
        _WorkColumn(in_unicode=draws_unicode(console.file)),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console, expand=True)


class _MarkColumn(ProgressColumn):
    max_refresh = None

    def __init__(self, *, in_unicode: bool) -> None:
        super().__init__()
        self._spinner = Spinner("dots" if in_unicode else "line", style="cyan")
        done, stopped = ("✓", "✗") if in_unicode else ("+", "x")
        self._marks = {"done": Text(done, style="green"), "stopped": Text(stopped, style="red")}

    def render(self, task: Task) -> RenderableType:
        return self._marks.get(task.fields["state"]) or self._spinner.render(task.get_time())


class _NameColumn(ProgressColumn):
    def __init__(self, *, max_width: int) -> None:
        super().__init__(Column(no_wrap=True, overflow="crop", max_width=max_width))

    def render(self, task: Task) -> RenderableType:
        return Text(task.description, style="bold" if task.fields["state"] == "running" else "")


class _WorkColumn(ProgressColumn):
    def __init__(self, *, in_unicode: bool) -> None:
        super().__init__(Column(ratio=1))
        self._in_unicode = in_unicode

    def render(self, task: Task) -> RenderableType:
        detail = task.fields["detail"]
        done, total = task.fields["count"]
        if not total or task.fields["state"] != "running":
            return Text(detail, style="dim")
        return _Count(
            done=done,
            total=total,
            left=str(task.fields["left"]),
            detail=detail,
            in_unicode=self._in_unicode,
        )


@dataclass(frozen=True, kw_only=True)
class _Count:
    """How much is done and how long the rest takes; with room for them, what it is and a bar."""

    done: int
    total: int
    left: str
    detail: str
    in_unicode: bool

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        # The most important first: in a narrow terminal there is no room for the others.
        count = Text(f"{self.done}/{self.total}")
        if self.left and len(count) + len(self.left) + 2 <= options.max_width:
            count.append(f", {self.left}")
        parts: list[RenderableType] = [count]
        room = options.max_width - len(count)
        detail = Text(self.detail, style="dim", no_wrap=True)
        if room > min(detail.cell_len, MIN_DETAIL_WIDTH):
            detail.truncate(room - 1, overflow="ellipsis" if self.in_unicode else "crop")
            parts.append(detail)
            room -= detail.cell_len + 1
        if room > MIN_BAR_WIDTH:
            parts.insert(0, self._bar(min(room - 1, BAR_WIDTH)))
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_row(*parts)
        yield grid

    def _bar(self, width: int) -> RenderableType:
        if self.in_unicode:
            return ProgressBar(total=self.total, completed=self.done, width=width)
        full = width * self.done // self.total
        return Text("#" * full + "-" * (width - full))

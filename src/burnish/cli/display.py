"""Progress of a long command: a line per stage, live in a terminal, plain elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Protocol

from burnish.cli.output import print_message
from burnish.cli.plain_display import PlainDisplay

#: When a creation is interrupted, nobody knows whether the request has reached the service.
RUN_AGAIN = (
    "The request may have reached the service. Run the same command again: it continues with what was "
    "created, and nothing is paid for twice."
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
    from burnish.cli.live_display import live_display

    with live_display(console) as display:
        yield display


@contextmanager
def open_stage(name: str, *, quiet: bool = False) -> Iterator[Display]:
    """A display for a command that has a single stage."""
    with open_display(quiet=quiet) as display, stage_on(display, name):
        yield display


@contextmanager
def waiting_for(what: str, *, quiet: bool = False, goes_on: str = "") -> Iterator[Display]:
    """Show that the block waits for something; yields the display that shows its status.

    ``goes_on`` is printed if the wait is interrupted: what it waits for is not, and may cost money.
    """
    with notice_if_interrupted(goes_on), open_stage(what, quiet=quiet) as display:
        display.show("waiting")
        yield display


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

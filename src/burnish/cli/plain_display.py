"""Progress as lines of a log."""

from __future__ import annotations

import re
import threading
import time
from contextlib import suppress

from burnish.cli.output import OutputClosed, print_message
from burnish.pace import Now, RemainingTime, Reminder

CHECK_SECONDS = 1.0


class PlainDisplay:
    """Lines for a log: each stage, new details, every quarter of a total, and signs of life."""

    def __init__(self, now: Now = time.monotonic, *, check_seconds: float = CHECK_SECONDS) -> None:
        self._now = now
        self._check_seconds = check_seconds
        self._number = 0
        self._over = threading.Event()
        self._reset("")

    def _reset(self, name: str) -> None:
        self._name, self._began, self._shown = name, self._now(), ("", 0)
        self._detail, self._done, self._total, self._written = "", 0, 0, ""
        self._left, self._reminder = RemainingTime(self._now), Reminder(self._now)

    def begin(self, name: str) -> None:
        """Write that the stage has begun, and from now on every so often that it goes on."""
        self._number += 1
        self._reset(name)
        print_message(f"{self._number}. {name}")
        self._over = threading.Event()
        threading.Thread(target=self._remind, args=(self._over,), daemon=True).start()

    def show(self, detail: str, *, done: int = 0, total: int = 0) -> None:
        """Write a line where something is new."""
        self._detail, self._done, self._total = detail, done, total
        if total:
            self._left.count(done, total)
        # Quarters: a log of a thousand pages must not have a thousand lines, nor one for each loss.
        # Nor where nobody knows how many there are: one more of them is no news, and is told by and by.
        news = (detail.partition(",")[0], 4 * done // total) if total else (re.sub(r"\d+", "", detail), 0)
        if news != self._shown:
            self._shown = news
            self._write_detail()

    def end(self, *, well: bool) -> None:
        """Write the outcome, and how long it took."""
        self._over.set()
        if self._detail != self._written and not self._total:
            self._write_detail()
        self._write(f"{self._name}: {'done' if well else 'not finished'}")

    def say(self, text: str) -> None:
        """Write the line."""
        print_message(text)

    def _remind(self, over: threading.Event) -> None:
        """Write a line whenever nothing was written for a while."""
        # In a thread: some stages are one long call, of which nobody hears anything until it is done.
        while not over.wait(self._check_seconds):
            if self._reminder.is_due:
                with suppress(OutputClosed, OSError):  # the stage itself will notice
                    self._write_detail()

    def _write_detail(self) -> None:
        self._reminder.spoken()
        self._written = self._detail
        counted = f"{self._done}/{self._total} {self._detail}" if self._total else self._detail
        left = str(self._left) if self._total else ""
        self._write(", ".join(filter(None, [counted or self._name, left])))

    def _write(self, text: str) -> None:
        print_message(f"   {self._now() - self._began:6.1f} s  {text}")

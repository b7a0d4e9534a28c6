"""Progress as lines of a log."""

from __future__ import annotations

import time

from burnish.cli.output import print_message
from burnish.pace import Now, Pace, Reminder


class PlainDisplay:
    """Lines for a log: each stage, each new detail, every quarter of what is counted, and a sign of life."""

    def __init__(self, now: Now = time.monotonic) -> None:
        self._now = now
        self._name = ""
        self._number = 0
        self._reset("")

    def _reset(self, name: str) -> None:
        self._name, self._began, self._shown = name, self._now(), ("", 0)
        self._pace, self._reminder = Pace(self._now), Reminder(self._now)

    def begin(self, name: str) -> None:
        """Write that the stage has begun."""
        self._number += 1
        self._reset(name)
        print_message(f"{self._number}. {name}")

    def show(self, detail: str, *, done: int = 0, total: int = 0) -> None:
        """Write a line where something is new, or where nothing was written for a while."""
        if total:
            self._pace.count(done, total)
        # Quarters: a log of a thousand pages must not have a thousand lines, nor one for each loss.
        news = (detail.partition(",")[0], 4 * done // total) if total else (detail, 0)
        if news != self._shown or self._reminder.is_due:
            self._shown = news
            self._reminder.spoken()
            counted = f"{done}/{total} {detail}" if total else detail
            self._write(", ".join(filter(None, [counted, str(self._pace) if total else ""])))

    def end(self, *, well: bool) -> None:
        """Write how long it took."""
        self._write(f"{self._name}: {'done' if well else 'not finished'}")

    def say(self, text: str) -> None:
        """Write the line."""
        print_message(text)

    def _write(self, text: str) -> None:
        print_message(f"   {self._now() - self._began:6.1f} s  {text}")

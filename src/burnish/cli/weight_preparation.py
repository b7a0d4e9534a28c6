"""Weights prepared in a process of their own, while whoever waits is shown how far their download is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from burnish.cli.display import Display, open_stage
from burnish.errors import MissingWeights
from burnish.pace import RemainingTime, Reminder

FETCHING_SECONDS = 4 * 3600
MIB = 2**20


@dataclass(frozen=True, kw_only=True)
class WeightPreparation:
    """How weights are prepared: with the output of their libraries in ``log``, and a bar or lines to look at.

    ``say`` writes a line. ``is_live``: a terminal shows a bar.
    """

    log: Path
    say: Callable[[str], None]
    is_live: bool

    def prepare(self, source: str) -> None:
        """Prepare a model's weights. In a process of its own, so that this one never imports torch."""
        from burnish.processes import tether
        from burnish.waiting import wait_until

        self.say(f"Preparing the weights of {source}")
        self.log.unlink(missing_ok=True)
        failure = self.log.with_suffix(".failure")
        failure.unlink(missing_ok=True)
        command = [sys.executable, "-m", "burnish.engine.weights", source, str(failure)]
        child = tether.start(command, log=self.log)
        with ExitStack() as shown:
            try:
                look = _Following(source, self, shown).look
                wait_until(
                    lambda: child.has_ended, bool, interval=0.1, timeout=FETCHING_SECONDS, on_poll=look
                )
            finally:
                child.end()
        if child.exit_status:
            reason = f"The weights of {source!r} could not be prepared: see {self.log}"
            raise MissingWeights(failure.read_text(encoding="utf-8") if failure.exists() else reason)


class _Following:
    """Shows how far a download is, and that its weights are converted afterwards."""

    def __init__(self, source: str, preparation: WeightPreparation, shown: ExitStack) -> None:
        self._source = source
        self._preparation = preparation
        self._shown = shown
        self._bar: Display | None = None
        self._reminder, self._left = Reminder(), RemainingTime()
        self._has_begun = False

    def look(self, _: bool) -> None:
        """Show what is new."""
        from burnish.engine.hub_downloads import download_state
        from burnish.engine.weights import cached_weights

        state = download_state(self._source, cached_weights())
        if state is None or state.is_whole:
            self._shown.close()
            self._remind(
                f"Still preparing the weights: converting takes a moment, see {self._preparation.log}"
            )
        elif self._preparation.is_live:
            if self._bar is None:
                self._bar = self._shown.enter_context(open_stage(f"MiB of {self._source}"))
            self._bar.show("", done=state.done // MIB, total=state.total // MIB)
        else:
            self._left.count(state.done, state.total)
            left = f", {self._left}" if str(self._left) else ""
            self._remind(
                f"Downloading {self._source}: {state.done // MIB} of {state.total // MIB} MiB{left}",
                at_once=not self._has_begun,
            )
            self._has_begun = True

    def _remind(self, line: str, *, at_once: bool = False) -> None:
        if at_once or self._reminder.is_due:
            self._reminder.spoken()
            self._preparation.say(line)

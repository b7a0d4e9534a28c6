"""The pages of `burnish ui` beside a server: in a process of their own, which ends with it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from burnish.processes.tether import Tethered

_POLL_SECONDS = 0.3


class PagesBeside:
    """The pages about a server of this data folder, once they are started. ``say`` gets what they print."""

    def __init__(self, data: Path, log: Path, say: Callable[[str], None]) -> None:
        self._data = data
        self._log = log
        self._say = say
        self._is_over = threading.Event()
        self._process: Tethered | None = None

    def __enter__(self) -> PagesBeside:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        if self._process:
            self._process.end()

    def start(self) -> None:
        """Start them; the links come when they answer."""
        from burnish.processes import tether

        self._log.unlink(missing_ok=True)  # the links in it have no use any more
        command = [sys.executable, "-m", "burnish.cli", "ui", "--data", str(self._data), "--no-open"]
        self._process = tether.start(command, log=self._log, umask=0o077)
        threading.Thread(target=self._tell, daemon=True, name="links of the pages").start()

    def _tell(self) -> None:
        with self._log.open(encoding="utf-8", errors="replace") as lines:
            rest = ""
            while not self._is_over.wait(_POLL_SECONDS):
                *whole, rest = (rest + lines.read()).split("\n")
                # A link, or why there is none. The rest is for whoever starts them in a terminal.
                for line in (one for one in whole if one.startswith(("http", "Error"))):
                    self._say(f"Pages in a browser: {line}")

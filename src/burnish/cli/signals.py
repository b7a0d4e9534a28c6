"""How a command ends on a signal: quietly, after cleaning up, and by that very signal.

A shell shows 130 for Ctrl-C, 143 for SIGTERM, 129 for a terminal that was closed, and ends a loop around an
interrupted command as well.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

#: The signals that ask a program to end, as far as this platform has them.
ENDING = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)
]
#: Within so many seconds a second signal is the same one, come by another way: a terminal and a wrapper.
ONE_SIGNAL_SECONDS = 0.3
#: A live display hides the cursor, and an interrupt may come before it could show it again.
SHOW_CURSOR = "\x1b[?25h"


class EndingSignals:
    """Turns signals that ask for the end into `KeyboardInterrupt`, and knows which one was received.

    The first lets everything clean up. A second one, later, ends the program at once.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self._when = 0.0

    def listen(self) -> None:
        """Take over all of them but those that are ignored, as under ``nohup``."""
        # Python takes handlers from the main thread only, and `main` may be called from any.
        if threading.current_thread() is not threading.main_thread():
            return
        for number in ENDING:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._interrupt)
        sys.unraisablehook = self._unraisable

    def _interrupt(self, number: int, _: FrameType | None) -> None:
        now = time.monotonic()
        if self.received is not None:
            if now - self._when > ONE_SIGNAL_SECONDS:
                end_by(number)
            return
        self.received, self._when = number, now
        raise KeyboardInterrupt

    def _unraisable(self, failure: UnraisableHookArgs) -> None:
        """An interrupt that fell into a finalizer, from where Python cannot raise it, is sent once more."""
        if not issubclass(failure.exc_type, KeyboardInterrupt):
            sys.__unraisablehook__(failure)
        elif self.received is not None:
            # Forgotten first: it would count as the second signal, and end the program without clean-up.
            number, self.received = self.received, None
            signal.raise_signal(number)


def end_by(number: int) -> NoReturn:
    """End as a program does that the signal has ended, with the terminal in order.

    By the signal itself: `sys.exit` would wait for threads. And where ``python -m`` runs a module and the
    interrupt fell into an ``exec``, which making a dataclass uses, Python forgets what status is asked for.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, RuntimeError):
            if stream is sys.stderr and stream.isatty():
                stream.write(SHOW_CURSOR)
            stream.flush()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    raise AssertionError("the signal has ended this process")


def end_unread() -> NoReturn:
    """End as a program does whose output nobody reads any more, such as ``burnish … | head``."""
    # Python flushes once more on its way out, and would complain about the pipe that is closed.
    silence = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            os.dup2(silence, stream.fileno())
    end_by(getattr(signal, "SIGPIPE", signal.SIGTERM))

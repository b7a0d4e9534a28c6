"""A running inference process: the requests that it gets, its answers, and how it ends."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from burnish.engine.inference_messages import (
    IDLE_SECONDS,
    READER_OF_OUTCOMES,
    Answer,
    Cancellation,
    Completion,
    Continuation,
    InferenceRequest,
    Refusal,
    RequestState,
    StateReport,
    Submission,
    TextPiece,
)
from burnish.errors import InputTooLong, InvalidInput, ModelFailed
from burnish.processes.messages import InvalidMessage, ProcessMessage, encoded

#: The process writes a line every second. One that is silent for this long is suspended or stuck.
MAX_SILENCE_SECONDS = 60.0
#: Before its first line a process imports torch, which takes long on a busy machine.
MAX_START_SECONDS = 300.0
#: How long a cancelled request may still be computed: it is given up between two tokens or pages.
MAX_ABANDONED_SECONDS = 600.0
#: The longest line that the process may write: an answer, with the probability of each label.
MAX_LINE_LENGTH = 16 * 1024 * 1024
#: In these states a request may be what ended the process.
AT_WORK = ("reading", "answering")

#: What a refusal raises, by its kind.
_ERRORS = {"validation": InvalidInput, "too-long": InputTooLong}

log = logging.getLogger(__name__)


class ProcessEnded(Exception):
    """The process ended before it answered; ``was_at_work``: while it computed this request, maybe by it.

    ``had_begun``: pieces of the text had come by then, so that it cannot be written anew.
    """

    def __init__(self, reason: str, *, was_at_work: bool, had_begun: bool = False) -> None:
        self.was_at_work = was_at_work
        self.had_begun = had_begun
        super().__init__(reason)


@dataclass(eq=False)
class _Pending:
    """A request that was sent to the process and is not answered yet."""

    outcome: asyncio.Future[Completion | Refusal]
    state: RequestState | Literal["sent"] = "sent"
    abandoned_at: float | None = None
    on_piece: Callable[[TextPiece], None] | None = None
    has_begun: bool = False

    def take(self, piece: TextPiece) -> None:
        """Hand on what was added to the text."""
        if self.on_piece and self.abandoned_at is None:
            self.has_begun = True
            self.on_piece(piece)


class InferenceChild:
    """An inference process. One that has an ``ending`` takes no more requests."""

    def __init__(self, process: asyncio.subprocess.Process, *, longest_silence: float) -> None:
        self._process = process
        self._longest_silence = longest_silence
        self._numbers = itertools.count()
        self._pending: dict[int, _Pending] = {}
        self._sending = asyncio.Lock()
        self._stuck: str | None = None
        self._life = asyncio.create_task(self._live())
        #: Whether it has answered anything.
        self.has_answered = False

    @property
    def ending(self) -> str | None:
        """How the process has ended; None while it runs."""
        return self._how_it_ended() if self._life.done() else None

    @property
    def pid(self) -> int:
        """The process's pid."""
        return self._process.pid

    async def ask(
        self,
        request: InferenceRequest,
        *,
        alone: bool = False,
        on_piece: Callable[[TextPiece], None] | None = None,
    ) -> Answer | None:
        """The answer, or None for a request to load a model. Cancelling the caller cancels the request.

        ``alone``: never in a batch with others. ``on_piece`` is called with each piece of a text before the
        last. Raises `InvalidInput`, `ModelFailed`, and `ProcessEnded`.
        """
        number = next(self._numbers)
        async with self._sending:  # one at a time: encoded requests are large, and must not pile up in memory
            await self._room_to_send()
            outcome_to_come = asyncio.get_running_loop().create_future()
            pending = self._pending[number] = _Pending(outcome_to_come, on_piece=on_piece)
            self._send(Submission(id=number, request=request, alone=alone, in_pieces=on_piece is not None))
        try:
            outcome = await pending.outcome
        except asyncio.CancelledError:
            pending.abandoned_at = time.monotonic()
            self._send(Cancellation(id=number))
            raise
        if isinstance(outcome, Refusal):
            raise _ERRORS.get(outcome.kind, ModelFailed)(outcome.reason)
        return outcome.answer

    async def end(self) -> None:
        """Kill the process. Every pending request raises `ProcessEnded`."""
        self._kill()
        await asyncio.wait([self._life])

    async def _room_to_send(self) -> None:
        """Wait until the process has taken what was sent before. Raises `ProcessEnded` where it has ended."""
        assert self._process.stdin  # noqa: S101 - it was asked for
        try:
            await self._process.stdin.drain()
        except ConnectionError:
            await asyncio.wait([self._life])
        if self._life.done():
            raise ProcessEnded(self._how_it_ended(), was_at_work=False)

    def _send(self, message: ProcessMessage) -> None:
        assert self._process.stdin  # noqa: S101 - it was asked for
        if not self._process.stdin.is_closing():
            self._process.stdin.write(encoded(message) + b"\n")

    async def _live(self) -> None:
        """Read what the process writes until it ends. Whatever happens, nobody is left waiting after that."""
        try:
            await self._listen()
        except Exception:
            log.exception("Reading from the inference process failed; it is killed")
        finally:
            self._kill()
            await self._process.wait()
            for pending in self._pending.values():
                if not pending.outcome.done():
                    ended = ProcessEnded(
                        self._how_it_ended(),
                        was_at_work=pending.state in AT_WORK,
                        had_begun=pending.has_begun,
                    )
                    pending.outcome.set_exception(ended)

    async def _listen(self) -> None:
        assert self._process.stdout  # noqa: S101 - it was asked for
        patience = MAX_START_SECONDS
        while self._stuck is None:
            try:
                async with asyncio.timeout(patience):
                    line = await self._process.stdout.readline()
            except TimeoutError:
                self._stuck = f"it did not respond for {patience:g} s"
                return
            if not line:
                return
            self._take(line)
            patience = self._longest_silence
            self._check_for_abandoned_work()

    def _take(self, line: bytes) -> None:
        try:
            message = READER_OF_OUTCOMES.read(line)
        except InvalidMessage as error:
            log.warning("The inference process wrote a line that is not a message: %s", error)
            return
        if isinstance(message, StateReport):
            for number in message.ids:
                if pending := self._pending.get(number):
                    pending.state = message.state
        elif isinstance(message, Continuation):
            if pending := self._pending.get(message.id):
                pending.take(message.piece)
        elif isinstance(message, Completion | Refusal):
            self._settle(message)

    def _settle(self, outcome: Completion | Refusal) -> None:
        pending = self._pending.pop(outcome.id, None)
        self.has_answered = True
        if pending and not pending.outcome.done():
            pending.outcome.set_result(outcome)

    def _check_for_abandoned_work(self) -> None:
        limit = time.monotonic() - MAX_ABANDONED_SECONDS
        for pending in self._pending.values():
            if pending.abandoned_at is not None and pending.abandoned_at < limit:
                self._stuck = f"it kept computing for {MAX_ABANDONED_SECONDS:g} s after it was told to stop"

    def _kill(self) -> None:
        if self._process.returncode is None:
            # Not by `Process.kill`: it collects the status of a process that has just ended, which asyncio
            # then finds gone, and makes 255.
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)

    def _how_it_ended(self) -> str:
        if self._stuck:
            return self._stuck
        status = self._process.returncode or 0
        if status == -signal.SIGKILL:
            return "it was killed by signal 9, probably for lack of memory"
        return f"it was ended by signal {-status}" if status < 0 else f"it ended with status {status}"


async def start_inference_child(
    log_file: Path,
    *,
    longest_silence: float = MAX_SILENCE_SECONDS,
    idle_seconds: float = IDLE_SECONDS,
) -> InferenceChild:
    """A new inference process, whose log goes to ``log_file``. Raises `OSError` where there can be none."""
    with log_file.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "burnish.engine.serving",
            str(idle_seconds),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=output,
            # Threads that spin while they wait would take the cores from a training. In a session of its own,
            # because Ctrl-C in a terminal is for the server, which ends its children in order.
            env={**os.environ, "OMP_WAIT_POLICY": "passive"},
            start_new_session=True,
            # asyncio's own limit, 64 KiB, is less than the probabilities of many labels take.
            limit=MAX_LINE_LENGTH,
        )
    return InferenceChild(process, longest_silence=longest_silence)

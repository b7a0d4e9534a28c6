"""Inference as the server sees it: a process that is started when first needed, and restarted when it ends.

A model's crash must not end the server, so models run in a process of their own. Requests that it held when
it ended go to the next one. A request that was being computed may be what ended it: it is sent again alone,
so that no other suffers from it, and is given up when that ends a process as well.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from burnish.engine.inference_messages import IDLE_SECONDS, Answer, InferenceRequest, ModelPlace, TextPiece
from burnish.errors import CannotStart, ModelFailed, ModelTimeout, Throttled
from burnish.server.health import Health
from burnish.server.inference.child import (
    MAX_SILENCE_SECONDS,
    InferenceChild,
    ProcessEnded,
    start_inference_child,
)

#: How long a request may take, including the time in the queue.
ANSWER_SECONDS = 600.0
#: Large models are read from slow disks.
LOAD_SECONDS = 1800.0
#: How many processes may end while they compute a request until it counts as the cause.
MAX_ENDS_OF_AN_ANSWER, MAX_ENDS_OF_A_LOAD = 2, 3
#: How often a request is sent in all, whatever ended the processes.
MAX_ATTEMPTS = 5
#: How many requests may wait for answers, and how many bytes they may have together.
MAX_WAITING = 256
MAX_WAITING_BYTES = 256 * 1024 * 1024
#: The pause after a process that answered nothing; it doubles up to the longest.
FIRST_PAUSE_SECONDS, MAX_PAUSE_SECONDS = 0.5, 30.0
PART = "inference"

log = logging.getLogger(__name__)


class InferenceProcess:
    """Sends requests to the inference process, which it keeps running."""

    def __init__(
        self,
        log_file: Path,
        *,
        health: Health | None = None,
        answer_seconds: float = ANSWER_SECONDS,
        longest_silence: float = MAX_SILENCE_SECONDS,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._log_file = log_file
        self._health = health or Health()
        self._answer_seconds = answer_seconds
        self._longest_silence = longest_silence
        self._idle_seconds = idle_seconds
        self._waiting = 0
        self._waiting_bytes = 0
        self._starting = asyncio.Lock()
        self._child: InferenceChild | None = None
        self._fruitless_starts = 0
        self._is_stopped = False

    @property
    def pid(self) -> int | None:
        """The pid of the running process."""
        return self._child.pid if self._child and not self._child.ending else None

    async def load(self, place: ModelPlace) -> None:
        """Load a model. Raises `InvalidInput`, `ModelFailed` or `ModelTimeout` when it cannot be loaded.

        Where no process comes up, or other requests end it each time, the model is not at fault: this waits.
        """
        request = InferenceRequest(place=place)
        while True:
            try:
                await self._answered(request, seconds=LOAD_SECONDS, most_ends=MAX_ENDS_OF_A_LOAD)
            except CannotStart:
                if self._is_stopped:
                    raise
            else:
                return

    async def answer(
        self, request: InferenceRequest, *, on_piece: Callable[[TextPiece], None] | None = None
    ) -> Answer:
        """The answer to a request. Cancelling the caller cancels the request.

        ``on_piece`` is called with each piece of a text as it is written, but not with the last one.
        Raises `InvalidInput`, `Throttled`, `ModelFailed`, `ModelTimeout` and `CannotStart`.
        """
        with self._admitted(request.size):
            answer = await self._answered(
                request, seconds=self._answer_seconds, most_ends=MAX_ENDS_OF_AN_ANSWER, on_piece=on_piece
            )
        assert answer  # noqa: S101 - only a model that was to be loaded gives none
        return answer

    async def stop(self) -> None:
        """End the process. Whoever waits for an answer gets an error."""
        self._is_stopped = True
        if self._child:
            await self._child.end()

    @contextmanager
    def _admitted(self, size: int) -> Iterator[None]:
        """Admit a request, unless too many wait already. A single one is admitted whatever its size."""
        too_large = self._waiting > 0 and self._waiting_bytes + size > MAX_WAITING_BYTES
        if self._waiting >= MAX_WAITING or too_large:
            raise Throttled(
                f"{self._waiting} requests ({self._waiting_bytes:,} bytes) are already waiting for answers: "
                "try again later, or send fewer at a time"
            )
        self._waiting += 1
        self._waiting_bytes += size
        try:
            yield
        finally:
            self._waiting -= 1
            self._waiting_bytes -= size

    async def _answered(
        self,
        request: InferenceRequest,
        *,
        seconds: float,
        most_ends: int,
        on_piece: Callable[[TextPiece], None] | None = None,
    ) -> Answer | None:
        try:
            async with asyncio.timeout(seconds):
                return await self._answered_after_retries(request, most_ends, on_piece)
        except TimeoutError as error:
            raise ModelTimeout(
                f"The model did not answer within {seconds:g} s and was told to stop: ask for fewer tokens, "
                "or send fewer requests at a time"
            ) from error

    async def _answered_after_retries(
        self, request: InferenceRequest, most_ends: int, on_piece: Callable[[TextPiece], None] | None
    ) -> Answer | None:
        ends = 0
        for _ in range(MAX_ATTEMPTS):
            child = await self._running()
            try:
                return await child.ask(request, alone=ends > 0, on_piece=on_piece)
            except ProcessEnded as error:
                reason, ends = str(error), ends + error.was_at_work
                if error.had_begun:
                    raise ModelFailed(
                        f"The inference process ended while it wrote this text: {reason}. Send the request "
                        f"again. See {self._log_file}"
                    ) from error
            finally:
                self._report(child)
            if ends >= most_ends:
                # The request is held to be at fault. Nobody may ask again for long, and until then a load
                # balancer that reads /healthz would keep everybody from a server that answers all others.
                self._health.report(PART, None)
                work = "worked on this request" if request.turns else "loaded this model"
                raise ModelFailed(
                    f"The inference process ended {ends} times while it {work}: {reason}. "
                    f"See {self._log_file}"
                )
        raise CannotStart(f"The inference process keeps ending: {reason}. See {self._log_file}")

    def _report(self, child: InferenceChild) -> None:
        """Report to the server's health whether requests are answered at present."""
        ending = child.ending
        if ending is None and child.has_answered:
            self._health.report(PART, None)
        elif ending and not self._is_stopped and self._health.report(PART, f"the process ended: {ending}"):
            log.warning("The inference process ended and is restarted: %s", ending)

    async def _running(self) -> InferenceChild:
        async with self._starting:
            if self._child and self._child.ending:
                self._fruitless_starts = 0 if self._child.has_answered else self._fruitless_starts + 1
                self._child = None
            if self._fruitless_starts and self._child is None:
                pause = FIRST_PAUSE_SECONDS * 2 ** (self._fruitless_starts - 1)
                # With the lock held, so that whoever comes meanwhile waits for the same start.
                await asyncio.sleep(min(pause, MAX_PAUSE_SECONDS))
            if self._is_stopped:
                raise CannotStart("The server is stopping: try again once it is back")
            if self._child is None:
                self._child = await self._started()
            return self._child

    async def _started(self) -> InferenceChild:
        try:
            return await start_inference_child(
                self._log_file, longest_silence=self._longest_silence, idle_seconds=self._idle_seconds
            )
        except OSError as error:
            self._fruitless_starts += 1
            self._health.report(PART, f"the process cannot be started: {error}")
            raise CannotStart(f"The inference process cannot be started: {error}") from error

"""Inference as the server sees it: a process that is started when it is first needed, and again when it ends.

A request that was with a process which ended is asked again of the next one. One that was at work when the
process ended may be the reason: it is asked again alone, and given up when that ends a process as well.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from burnish.engine.inference_messages import Answer, InferenceRequest, ModelPlace
from burnish.errors import CannotStart, ModelFailed, ModelTimeout, Throttled
from burnish.server.health import Health
from burnish.server.inference_child import (
    LONGEST_SILENCE_SECONDS,
    InferenceChild,
    ProcessEnded,
    start_inference_child,
)

#: How long a question may take, waiting for its turn included.
ANSWER_SECONDS = 600.0
#: Large models come from slow disks.
LOAD_SECONDS = 1800.0
#: So often a request may be at work in a process that ends, until it counts as the reason.
MOST_ENDS_OF_AN_ANSWER, MOST_ENDS_OF_A_LOAD = 2, 3
#: So often a request is asked in all, whatever ended the processes.
MOST_ATTEMPTS = 5
#: What waits for answers: as many questions, and as many bytes of theirs.
MOST_WAITING = 256
MOST_WAITING_BYTES = 256 * 1024 * 1024
#: Between two starts of which the first came to nothing; it doubles up to the longest.
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0
PART = "inference"

log = logging.getLogger(__name__)


class InferenceProcess:
    """Has questions answered by the inference process."""

    def __init__(
        self,
        log_file: Path,
        *,
        health: Health | None = None,
        answer_seconds: float = ANSWER_SECONDS,
        longest_silence: float = LONGEST_SILENCE_SECONDS,
    ) -> None:
        self._log_file = log_file
        self._health = health or Health()
        self._answer_seconds = answer_seconds
        self._longest_silence = longest_silence
        self._waiting = 0
        self._waiting_bytes = 0
        self._starting = asyncio.Lock()
        self._child: InferenceChild | None = None
        self._useless_starts = 0
        self._is_stopped = False

    @property
    def pid(self) -> int | None:
        """The number of the process that runs at present."""
        return self._child.pid if self._child and not self._child.ending else None

    async def load(self, place: ModelPlace) -> None:
        """Have a model loaded. Raises `InvalidInput`, `ModelFailed` or `ModelTimeout` when it cannot be.

        Where no process comes up, or others end it each time, that is no fault of the model: it waits.
        """
        request = InferenceRequest(place=place)
        while True:
            try:
                await self._answered(request, seconds=LOAD_SECONDS, most_ends=MOST_ENDS_OF_A_LOAD)
            except CannotStart:
                if self._is_stopped:
                    raise
            else:
                return

    async def answer(self, request: InferenceRequest) -> Answer:
        """The answer to a question. Cancelling the caller cancels the request.

        Raises `InvalidInput`, `Throttled`, `ModelFailed`, `ModelTimeout` and `CannotStart`.
        """
        with self._admitted(request.size):
            answer = await self._answered(
                request, seconds=self._answer_seconds, most_ends=MOST_ENDS_OF_AN_ANSWER
            )
        assert answer  # noqa: S101 - only a model that was to be loaded gives none
        return answer

    async def stop(self) -> None:
        """End the process; whoever waits for an answer hears that."""
        self._is_stopped = True
        if self._child:
            await self._child.end()

    @contextmanager
    def _admitted(self, size: int) -> Iterator[None]:
        """Let a question wait, unless too much does already. One alone is let in whatever its size."""
        too_large = self._waiting > 0 and self._waiting_bytes + size > MOST_WAITING_BYTES
        if self._waiting >= MOST_WAITING or too_large:
            raise Throttled(
                f"{self._waiting} questions ({self._waiting_bytes:,} bytes) wait for answers already: "
                "ask again later, or fewer at a time"
            )
        self._waiting += 1
        self._waiting_bytes += size
        try:
            yield
        finally:
            self._waiting -= 1
            self._waiting_bytes -= size

    async def _answered(self, request: InferenceRequest, *, seconds: float, most_ends: int) -> Answer | None:
        try:
            async with asyncio.timeout(seconds):
                return await self._asked_again_and_again(request, most_ends)
        except TimeoutError as error:
            raise ModelTimeout(
                f"The model did not answer within {seconds:g} s and was told to give the question up: "
                "ask for fewer tokens, or ask fewer questions at a time"
            ) from error

    async def _asked_again_and_again(self, request: InferenceRequest, most_ends: int) -> Answer | None:
        ends = 0
        for _ in range(MOST_ATTEMPTS):
            child = await self._running()
            try:
                return await child.ask(request, alone=ends > 0)
            except ProcessEnded as error:
                reason, ends = str(error), ends + error.was_at_work
            finally:
                self._report(child)
            if ends >= most_ends:
                work = "worked on this question" if request.turns else "loaded this model"
                raise ModelFailed(
                    f"The inference process ended {ends} times while it {work}: {reason}. "
                    f"{self._log_file} says more"
                )
        raise CannotStart(f"The inference process keeps ending: {reason}. {self._log_file} says more")

    def _report(self, child: InferenceChild) -> None:
        """Let the server's health say whether questions are answered at present."""
        ending = child.ending
        if ending is None and child.has_answered:
            self._health.report(PART, None)
        elif ending and not self._is_stopped and self._health.report(PART, f"the process ended: {ending}"):
            log.warning("The inference process has ended and is started again: %s", ending)

    async def _running(self) -> InferenceChild:
        async with self._starting:
            if self._child and self._child.ending:
                self._useless_starts = 0 if self._child.has_answered else self._useless_starts + 1
                self._child = None
            if self._useless_starts and self._child is None:
                pause = FIRST_PAUSE_SECONDS * 2 ** (self._useless_starts - 1)
                await asyncio.sleep(min(pause, LONGEST_PAUSE_SECONDS))
            if self._is_stopped:
                raise CannotStart("The server is stopping: ask again when it runs again")
            if self._child is None:
                self._child = await self._started()
            return self._child

    async def _started(self) -> InferenceChild:
        try:
            return await start_inference_child(self._log_file, longest_silence=self._longest_silence)
        except OSError as error:
            self._useless_starts += 1
            self._health.report(PART, f"the process cannot be started: {error}")
            raise CannotStart(f"The inference process cannot be started: {error}") from error

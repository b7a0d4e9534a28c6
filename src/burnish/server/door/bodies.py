"""Bodies of requests whose senders are not known yet: little memory, bounded disk, and the slowest one goes.

Bedrock's clients sign the body without saying its hash in the head, so that it must be read before anybody
knows whether the signature holds. Meanwhile it lies in a file without a name, and is hashed as it comes.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import math
import tempfile
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from starlette.requests import ClientDisconnect, Request

from burnish.disk import reporting_full_disk

MIB = 2**20
MAX_BODY = 32 * MIB
#: Bodies that move are told from those that stand still by what came in about this time.
MEMORY_OF_RATE_SECONDS = 2.0
_EMPTY_HASH = hashlib.sha256().hexdigest()


@dataclass(frozen=True, kw_only=True)
class BodyLimits:
    """Bytes, but for ``arriving``, which is a number of bodies."""

    body: int = MAX_BODY
    in_memory_each: int = MIB
    in_memory: int = 64 * MIB
    on_disk: int = 256 * MIB
    arriving: int = 128
    #: Bodies above ``in_memory_each`` of verified senders that are parsed and answered at the same time.
    in_work: int = 128 * MIB


class BodyRefused(Exception):
    """A body was not taken; ``code`` is an error that all of AWS's services have."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class Body:
    """The bytes of one request, in memory or in a file, and their SHA-256."""

    def __init__(self) -> None:
        self.size = 0
        self.in_memory = 0
        self._hash = hashlib.sha256()
        self._chunks: list[bytes] = []
        self._file: IO[bytes] | None = None

    @property
    def sha256(self) -> str:
        """The hash of what has come, in hexadecimal."""
        return self._hash.hexdigest() if self.size else _EMPTY_HASH

    @property
    def on_disk(self) -> int:
        """How many bytes lie in a file."""
        return self.size - self.in_memory

    def keep(self, chunk: bytes) -> None:
        """Take a chunk into memory."""
        self._count(chunk)
        self._chunks.append(chunk)
        self.in_memory += len(chunk)

    def spool(self, chunk: bytes, folder: Path | None) -> None:
        """Write a chunk, and what is in memory, to a file that nobody else can open and no crash leaves.

        Not in a thread: a file that is closed while a thread writes may be another by then.
        """
        self._count(chunk)
        if self._file is None:
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  `release` closes it
        waiting = [*self._chunks, chunk]
        self._chunks, self.in_memory = [], 0
        self._file.writelines(waiting)

    def read(self) -> bytes:
        """All bytes."""
        if self._file is None:
            return b"".join(self._chunks)
        self._file.seek(0)
        return self._file.read()

    def open(self) -> IO[bytes]:
        """All bytes as a file, which holds until they are released."""
        if self._file is None:
            return io.BytesIO(b"".join(self._chunks))
        self._file.seek(0)
        return self._file

    def release(self) -> None:
        """Give memory and disk back."""
        self._chunks = []
        if self._file is not None:
            self._file.close()

    def _count(self, chunk: bytes) -> None:
        self.size += len(chunk)
        self._hash.update(chunk)


class Arrival:
    """A body that is on its way, and how much of it came of late."""

    def __init__(self, body: Body, ending: asyncio.Timeout) -> None:
        self.body = body
        self._ending = ending
        self._recent, self._at = float(MIB), _now()  # as if it had come fast, so that a new one has a moment

    def moved(self, size: int) -> None:
        """Note that bytes came."""
        self._recent, self._at = self.recent(_now()) + size, _now()

    def recent(self, now: float) -> float:
        """The bytes that came of late, each counting less the longer ago it came."""
        return self._recent * math.exp((self._at - now) / MEMORY_OF_RATE_SECONDS)

    def end(self) -> None:
        """Let the reading of this body end, now."""
        # A time that is long over, so that the reading ends at the loop's next turn.
        self._ending.reschedule(0)


class BodyReader:
    """Reads bodies within limits that hold for all of them together."""

    def __init__(self, folder: Path | None = None, limits: BodyLimits | None = None) -> None:
        self._folder = folder
        self._limits = limits or BodyLimits()
        self._arriving: dict[Body, Arrival] = {}
        self._held: set[Body] = set()
        self._in_work = 0
        self._work_done = asyncio.Condition()

    def body_of(self, request: Request) -> AbstractAsyncContextManager[Body]:
        """A request's body, whole. Raises `BodyRefused` where it is too large, too slow, or finds no room."""
        return self._received(request) if _has_body(request) else nullcontext(Body())

    @asynccontextmanager
    async def _received(self, request: Request) -> AsyncIterator[Body]:
        body = Body()
        self._require_allowed(_announced(request))
        self._held.add(body)
        try:
            await self._receive(request, body)
            yield body
        finally:
            self._held.discard(body)
            body.release()

    def in_work(self, body: Body) -> AbstractAsyncContextManager[bytes]:
        """The bytes of a body whose sender is known, once so much may be in memory."""
        return self._read_in_turn(body) if self._takes_turns(body.size) else nullcontext(body.read())

    @asynccontextmanager
    async def _read_in_turn(self, body: Body) -> AsyncIterator[bytes]:
        async with self._working(body.size):
            yield body.read()

    @asynccontextmanager
    async def streamed(self, body: Body, *, most: int) -> AsyncIterator[IO[bytes]]:
        """A body as a file, of which ``most`` bytes are in memory at a time, once so much may be."""
        async with self._working(min(body.size, most)):
            yield body.open()

    @asynccontextmanager
    async def _working(self, size: int) -> AsyncIterator[None]:
        if not self._takes_turns(size):
            yield
            return
        async with self._work_done:
            await self._work_done.wait_for(lambda: self._may_work(size))
            self._in_work += size
        try:
            yield
        finally:
            async with self._work_done:
                self._in_work -= size
                self._work_done.notify_all()

    def _takes_turns(self, size: int) -> bool:
        return size > self._limits.in_memory_each

    def _may_work(self, size: int) -> bool:
        # One alone is let in whatever its size, or it would wait for ever.
        return not self._in_work or self._in_work + size <= self._limits.in_work

    async def _receive(self, request: Request, body: Body) -> None:
        more = await self._take_at_once(request, body)
        if not more:
            return
        try:
            async with asyncio.timeout(None) as ending:
                self._make_room_for_one()
                arrival = self._arriving[body] = Arrival(body, ending)
                while more:
                    more = await self._take(request, arrival)
        except TimeoutError as error:
            raise BodyRefused(
                "RequestTimeout", "The request's body came too slowly while others waited: try again"
            ) from error
        finally:
            self._arriving.pop(body, None)

    async def _take_at_once(self, request: Request, body: Body) -> bool:
        """Take what has come with the head, which is all of most requests; whether there is more."""
        chunk, more = await _next_chunk(request)
        self._require_allowed(len(chunk))
        body.keep(chunk)
        return more

    async def _take(self, request: Request, arrival: Arrival) -> bool:
        chunk, more = await _next_chunk(request)
        body = arrival.body
        self._require_held(body)
        self._require_allowed(body.size + len(chunk))
        arrival.moved(len(chunk))
        if self._fits_into_memory(body, len(chunk)):
            body.keep(chunk)
            return more
        self._make_room_on_disk(body.in_memory + len(chunk))
        # Once more: the body that was thrown out to make room may be this one.
        self._require_held(body)
        with reporting_full_disk(self._folder or Path(tempfile.gettempdir())):
            body.spool(chunk, self._folder)
        return more

    def _fits_into_memory(self, body: Body, size: int) -> bool:
        if body.on_disk or body.size + size > self._limits.in_memory_each:
            return False
        return sum(each.in_memory for each in self._held) + size <= self._limits.in_memory

    def _make_room_for_one(self) -> None:
        while len(self._arriving) >= self._limits.arriving:
            self._end_the_slowest()

    def _make_room_on_disk(self, size: int) -> None:
        while sum(body.on_disk for body in self._held) + size > self._limits.on_disk:
            self._end_the_slowest()

    def _end_the_slowest(self) -> None:
        if not self._arriving:
            raise BodyRefused("ServiceUnavailable", "Too many large requests are in progress: try again soon")
        now = _now()
        slowest = min(self._arriving.values(), key=lambda arrival: arrival.recent(now))
        del self._arriving[slowest.body]
        self._held.discard(slowest.body)
        slowest.body.release()
        slowest.end()

    def _require_held(self, body: Body) -> None:
        """Stop here where another body has taken the room of this one."""
        if body not in self._held:
            raise TimeoutError

    def _require_allowed(self, size: int) -> None:
        if size > self._limits.body:
            raise BodyRefused(
                "RequestEntityTooLargeException",
                f"The request's body is larger than {self._limits.body:,} bytes",
            )


async def _next_chunk(request: Request) -> tuple[bytes, bool]:
    message = await request.receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return message.get("body", b""), message.get("more_body", False)


def _has_body(request: Request) -> bool:
    return "transfer-encoding" in request.headers or request.headers.get("content-length", "0") != "0"


def _announced(request: Request) -> int:
    return int(request.headers.get("content-length", "0"))


def _now() -> float:
    return asyncio.get_running_loop().time()

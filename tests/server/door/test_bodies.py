"""Bodies of strangers: whole and hashed as they came, in little memory, and none keeps others out."""

import asyncio
import hashlib
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect, Request

from burnish.server.door.bodies import BodyLimits, BodyReader, BodyRefused

LIMITS = BodyLimits(body=1000, in_memory_each=10, in_memory=30, on_disk=500, arriving=4, in_work=100)


class Sender:
    """A client whose body comes in the pieces that a test sends; None is its leaving."""

    def __init__(self, *pieces, announced=None):
        self._pieces = asyncio.Queue()
        length = [(b"content-length", str(announced).encode())] if announced is not None else []
        framing = length or [(b"transfer-encoding", b"chunked")]
        self.request = Request({"type": "http", "headers": framing}, self._receive)
        for piece in pieces:
            self.send(piece)

    def send(self, piece, *, last=False):
        self._pieces.put_nowait((piece, last))

    async def _receive(self):
        piece, last = await self._pieces.get()
        if piece is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": not last}


async def read(reader, sender):
    async with reader.body_of(sender.request) as body:
        return body.size, body.sha256, body.read()


async def settled():
    """Let everything that can go on go on."""
    for _ in range(20):
        await asyncio.sleep(0)


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=10))
def test_a_body_is_whole_wherever_it_lies(pieces):
    async def go():
        sender = Sender(*pieces)
        sender.send(b"", last=True)
        return await read(BodyReader(limits=LIMITS), sender)

    whole = b"".join(pieces)
    assert asyncio.run(go()) == (len(whole), hashlib.sha256(whole).hexdigest(), whole)


def test_a_request_without_a_body_is_not_waited_for():
    async def go():
        return await read(BodyReader(), Sender(announced=0))

    assert asyncio.run(go()) == (0, hashlib.sha256().hexdigest(), b"")


@pytest.mark.attack(
    "Connections", "a body larger than 32 MiB, announced or not", "413 before, or as soon as, it is too large"
)
def test_a_body_too_large_is_refused_before_or_as_it_comes():
    async def announced():
        await read(BodyReader(limits=LIMITS), Sender(announced=1001))

    async def unannounced():
        await read(BodyReader(limits=replace(LIMITS, on_disk=2000)), Sender(*[bytes(400)] * 3))

    for attempt in (announced, unannounced):
        with pytest.raises(BodyRefused, match="1,000") as refused:
            asyncio.run(attempt())
        assert refused.value.code == "RequestEntityTooLargeException"


def test_a_file_of_a_body_has_no_name(tmp_path):
    async def go():
        sender = Sender(bytes(100), bytes(100))
        reading = asyncio.create_task(read(BodyReader(tmp_path, LIMITS), sender))
        await settled()
        found = list(tmp_path.iterdir())
        sender.send(b"", last=True)
        await reading
        return found

    assert asyncio.run(go()) == []


@pytest.mark.attack(
    "Connections",
    "more unfinished bodies than there is room for, of somebody who knows the access key and not the secret",
    "the one that moves least ends with 408; others are answered meanwhile",
)
@pytest.mark.parametrize(("pieces", "number"), [([bytes(50)] * 2, 9), ([b"a"], 9)])
def test_bodies_that_stand_still_make_room_for_one_that_moves(pieces, number):
    async def go():
        reader = BodyReader(limits=LIMITS)
        hanging = [asyncio.create_task(read(reader, Sender(*pieces))) for _ in range(number)]
        await settled()
        moving = Sender(*[bytes(90)] * 4)
        moving.send(b"", last=True)
        size, *_ = await read(reader, moving)
        ended = [task.exception() for task in hanging if task.done()]
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)
        return size, ended

    size, ended = asyncio.run(go())
    assert size == 360
    assert ended
    assert all(error.code == "RequestTimeout" for error in ended)


def test_a_body_that_lost_its_place_takes_nothing_that_comes_at_the_same_moment():
    async def go():
        reader = BodyReader(limits=replace(LIMITS, arriving=1))
        first, second = Sender(b"a"), Sender(b"b")
        ended = asyncio.create_task(read(reader, first))
        await settled()
        following = asyncio.create_task(read(reader, second))
        first.send(b"late", last=True)  # arrives when the second has taken the place already
        second.send(b"", last=True)
        return await asyncio.gather(ended, following, return_exceptions=True)

    refused, (size, *_) = asyncio.run(go())
    assert (refused.code, size) == ("RequestTimeout", 1)


def test_a_client_that_leaves_gives_its_room_back():
    async def go():
        reader = BodyReader(limits=LIMITS)
        for _ in range(20):
            with pytest.raises(ClientDisconnect):
                await read(reader, Sender(bytes(100), bytes(100), None))
        return len(reader._held), len(reader._arriving)

    assert asyncio.run(go()) == (0, 0)


def test_large_bodies_are_worked_on_only_as_many_at_once_as_memory_allows():
    async def go():
        reader, now, most = BodyReader(limits=LIMITS), 0, 0

        async def work():
            nonlocal now, most
            sender = Sender(bytes(60))
            sender.send(bytes(1), last=True)
            async with reader.body_of(sender.request) as body, reader.in_work(body) as whole:
                now += len(whole)
                most = max(most, now)
                await settled()
                now -= len(whole)

        await asyncio.gather(*(work() for _ in range(4)))
        return most

    assert asyncio.run(go()) <= LIMITS.in_work


@pytest.mark.parametrize("size", [5, 400])
def test_a_body_is_streamed_from_where_it_lies_and_counts_as_what_is_in_memory(size):
    async def go():
        reader = BodyReader(limits=replace(LIMITS, on_disk=1000))
        senders = [Sender(bytes([number]) * size) for number in (1, 2)]
        for sender in senders:
            sender.send(b"", last=True)
        async with AsyncExitStack() as opened:
            enter = opened.enter_async_context
            bodies = [await enter(reader.body_of(sender.request)) for sender in senders]
            # Both at once, though each is larger than what may be in memory.
            files = [await enter(reader.streamed(body, most=50)) for body in bodies]
            return [file.read() for file in files]

    assert asyncio.run(go()) == [bytes([1]) * size, bytes([2]) * size]

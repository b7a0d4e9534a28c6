"""Processes that read documents. One that dies or hangs over a document costs that document alone.

It is given a second chance in a fresh process: what went wrong may have passed, and no document should be
missing from a data set because the machine was short of memory for a moment.
"""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
import weakref
from types import TracebackType
from typing import IO, cast

import msgspec

from burnish.datasets.documents import Document
from burnish.datasets.pages import Rendering
from burnish.datasets.render_worker import ReadDocument, Request
from burnish.secrecy import without_secrets

#: For how long a document may be read: a page takes a tenth of a second.
SECONDS_A_DOCUMENT = 120.0

_DIED = "the process that read it was ended by the system, for want of memory or because it is broken"
_HUNG = "it took longer than {seconds:g} s to read"
_GIVEN_UP = "{reason}. It was tried twice, and will be again when you run this again"


class PageReaders:
    """So many processes, each with one document at a time; `read` may be called by any thread."""

    def __init__(self, count: int, *, seconds: float = SECONDS_A_DOCUMENT) -> None:
        self._seconds = seconds
        self._idle: queue.Queue[_Reader | None] = queue.Queue()
        self._started: weakref.WeakSet[_Reader] = weakref.WeakSet()
        self._is_closed = False
        for _ in range(count):
            self._idle.put(None)  # started when it is first needed

    def __enter__(self) -> PageReaders:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_closed = True
        # Those at work too: an interrupted program does not wait for its threads.
        for reader in list(self._started):
            reader.kill()
        while not self._idle.empty():
            if idle := self._idle.get():
                idle.end()

    def _start(self) -> _Reader:
        reader = _Reader()
        self._started.add(reader)
        if self._is_closed:
            reader.kill()
        return reader

    def read(self, document: Document, rendering: Rendering) -> ReadDocument:
        """The pages of a document, or why there are none."""
        request = Request(path=os.fsencode(document.path), rendering=rendering)
        reader = self._idle.get()
        try:
            reader = reader or self._start()
            answer = reader.read(request, self._seconds)
            if not answer.is_final:
                reader.end()
                reader = self._start()
                answer = _given_up(reader.read(request, self._seconds))
        except BaseException:
            if reader:
                reader.end()
            self._idle.put(None)
            raise
        if not answer.is_final:
            reader.end()
        self._idle.put(reader if reader.is_alive else None)
        return answer


def _given_up(answer: ReadDocument) -> ReadDocument:
    """The answer to a second attempt, which says so when it has failed as well."""
    if answer.is_final:
        return answer
    return ReadDocument(reason=_GIVEN_UP.format(reason=answer.reason), is_final=False)


class _Reader:
    """One process."""

    def __init__(self) -> None:
        environment = {**without_secrets(os.environ), "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "burnish.datasets.render_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,  # Ctrl-C reaches the parent alone, which ends its children
        )
        # With pipes both are there; their types allow for none.
        self._requests = cast("IO[bytes]", self._process.stdin)
        self._answers = cast("IO[bytes]", self._process.stdout)

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def read(self, request: Request, seconds: float) -> ReadDocument:
        hung = threading.Event()

        def give_up() -> None:
            hung.set()
            self._process.kill()

        watch = threading.Timer(seconds, give_up)
        watch.daemon = True
        watch.start()
        try:
            return self._answer_to(request)
        except (EOFError, BrokenPipeError):
            self.end()
            reason = _HUNG.format(seconds=seconds) if hung.is_set() else _DIED
            return ReadDocument(reason=reason, is_final=False)
        finally:
            watch.cancel()

    def _answer_to(self, request: Request) -> ReadDocument:
        self._requests.write(msgspec.json.encode(request) + b"\n")
        self._requests.flush()
        length = int.from_bytes(self._whole(8), "big")
        return msgspec.msgpack.decode(self._whole(length), type=ReadDocument)

    def _whole(self, count: int) -> bytes:
        body = self._answers.read(count)
        if len(body) < count:
            raise EOFError
        return body

    def kill(self) -> None:
        if self.is_alive:
            self._process.kill()

    def end(self) -> None:
        self.kill()
        for stream in (self._requests, self._answers):
            with contextlib.suppress(BrokenPipeError):  # what was not sent yet goes with the process
                stream.close()
        self._process.wait()

"""A pool of processes that render documents. A process that crashes or hangs costs one document only.

A document that failed this way is retried once in a fresh process: the cause may be gone, and no document
should be missing from a data set because the machine was short of memory for a moment.
"""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
import weakref
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import IO, cast

import msgspec

from burnish.datasets.documents import Document
from burnish.datasets.pages import Rendering
from burnish.datasets.render_worker import RenderedDocument, Request
from burnish.processes.secrecy import without_secrets

#: How long rendering a document may take. A page takes about a tenth of a second.
DOCUMENT_TIMEOUT_SECONDS = 120.0
#: How much longer a process may take before it is killed without a client, which would have killed it.
_ORPHAN_SECONDS = 10.0

_DIED = "the process that read it was ended by the system, out of memory or because the file is broken"
_HUNG = "it took longer than {seconds:g} s to read"
_FAILED_TWICE = "{reason}. It failed twice, and will be tried again on the next run"


class RenderPool:
    """``count`` processes, each with one document at a time. `render` may be called from any thread."""

    def __init__(self, count: int, *, seconds: float = DOCUMENT_TIMEOUT_SECONDS) -> None:
        self._seconds = seconds
        self._idle: queue.Queue[_RenderProcess | None] = queue.Queue()
        self._started: weakref.WeakSet[_RenderProcess] = weakref.WeakSet()
        self._is_closed = False
        for _ in range(count):
            self._idle.put(None)  # a slot without a process, which is started on first use

    def __enter__(self) -> RenderPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_closed = True
        # Busy processes too: after Ctrl-C the program must not wait for its threads.
        for process in list(self._started):
            process.kill()
        while not self._idle.empty():
            if idle := self._idle.get():
                idle.end()

    def _start(self) -> _RenderProcess:
        process = _RenderProcess()
        self._started.add(process)
        if self._is_closed:
            process.kill()
        return process

    def render(
        self, document: Document, rendering: Rendering, *, with_text: bool = False
    ) -> RenderedDocument:
        """The pages of a document, or why there are none; ``with_text`` what a PDF says is on the first."""
        if document.extent:
            whole = self._render_file(document.path, replace(rendering, pages="all"))
            return _part_of(whole, document.extent, rendering)
        first = self._render_file(document.path, rendering, with_text=with_text)
        further = document.further if rendering.pages == "all" else ()
        return _together([first, *(self._render_file(path, rendering) for path in further)])

    def _render_file(self, path: Path, rendering: Rendering, *, with_text: bool = False) -> RenderedDocument:
        request = Request(
            path=os.fsencode(path),
            rendering=rendering,
            seconds=self._seconds + _ORPHAN_SECONDS,
            with_text=with_text,
        )
        process = self._idle.get()
        try:
            process = process or self._start()
            answer = process.render(request, self._seconds)
            if not answer.is_final:
                # In a fresh process: the old one may have hit its memory limit because of earlier documents.
                process.end()
                process = self._start()
                answer = _second_attempt(process.render(request, self._seconds))
        except BaseException:
            if process:
                process.end()
            self._idle.put(None)
            raise
        if not answer.is_final:
            process.end()
        self._idle.put(process if process.is_alive else None)
        return answer


def _together(files: Sequence[RenderedDocument]) -> RenderedDocument:
    """The pages of several files as those of one document; of one that cannot be read, none are used."""
    for number, one in enumerate(files, 1):
        if one.reason is not None:
            where = f"its page {number}: " if len(files) > 1 else ""
            return RenderedDocument(reason=f"{where}{one.reason}", is_final=one.is_final)
    return RenderedDocument(pages=[page for one in files for page in one.pages], text=files[0].text)


def _part_of(bundle: RenderedDocument, extent: tuple[int, int], rendering: Rendering) -> RenderedDocument:
    """The pages of a part of a bundle that a rendering takes."""
    if bundle.reason is not None:
        return bundle
    first, last = extent
    if last > len(bundle.pages):
        return RenderedDocument(reason=f"it has {len(bundle.pages)} pages, and no page {last}")
    return RenderedDocument(pages=bundle.pages[first - 1 : first if rendering.pages == "first" else last])


def _second_attempt(answer: RenderedDocument) -> RenderedDocument:
    """The answer to a second attempt; where that has failed too, the reason says so."""
    if answer.is_final:
        return answer
    return RenderedDocument(reason=_FAILED_TWICE.format(reason=answer.reason), is_final=False)


class _RenderProcess:
    """A child process with one request at a time."""

    def __init__(self) -> None:
        # One thread each: the pool is the parallelism, and more threads than cores slow one another down.
        environment = {**without_secrets(os.environ), "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "burnish.datasets.render_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,  # so that Ctrl-C reaches only the parent, which then ends its children
        )
        # Never None with `PIPE`, which their types cannot tell.
        self._requests = cast("IO[bytes]", self._process.stdin)
        self._answers = cast("IO[bytes]", self._process.stdout)

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def render(self, request: Request, seconds: float) -> RenderedDocument:
        hung = threading.Event()

        def give_up() -> None:
            hung.set()
            self._process.kill()

        # A pipe cannot be read with a timeout on every system: the timer kills the process, and the read
        # ends.
        watch = threading.Timer(seconds, give_up)
        watch.daemon = True
        watch.start()
        try:
            return self._answer_to(request)
        except (EOFError, BrokenPipeError):
            self.end()
            reason = _HUNG.format(seconds=seconds) if hung.is_set() else _DIED
            return RenderedDocument(reason=reason, is_final=False)
        finally:
            watch.cancel()

    def _answer_to(self, request: Request) -> RenderedDocument:
        self._requests.write(msgspec.json.encode(request) + b"\n")
        self._requests.flush()
        length = int.from_bytes(self._whole(8), "big")
        return msgspec.msgpack.decode(self._whole(length), type=RenderedDocument)

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
            with contextlib.suppress(BrokenPipeError):  # closing flushes, and nobody reads what is left
                stream.close()
        self._process.wait()

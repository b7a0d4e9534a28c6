"""The inference process: requests as lines of JSON on standard input, answers on standard output.

Run as ``python -m burnish.engine.serving``. Pages are read while the model computes, and requests that wait
for the same decision are decided in one batch. It ends when its standard input does.

A line that comes in is a request, or ``{"cancel": id}``. Lines that go out:

- ``{"id": …, "answer": …}`` or ``{"id": …, "kind": …, "error": …}``, one of them for every request. The kinds
  are ``validation`` (the request cannot be answered), ``model`` (the model failed) and ``cancelled``.
- ``{"state": …, "ids": […]}``: requests that are being ``read``, are ``waiting``, or are being ``answered``.
- ``{"alive": true}`` every second.
"""

from __future__ import annotations

import base64
import ctypes
import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import torch

from burnish.cache import cache_folder
from burnish.engine.inference import Answer, Cancelled, Choice, ModelPlace, ModelRunner, Sampling
from burnish.engine.language_model import Conversation, Turn, use_free_cores
from burnish.engine.scheduling import BatchScheduler, InferenceRequest
from burnish.errors import InvalidInput
from burnish.reading import PageReader
from burnish.shown_texts import log_lines

READERS = 2
SECONDS_BETWEEN_SIGNS_OF_LIFE = 1.0
PR_SET_PDEATHSIG = 1

log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Accepted:
    """A request that was accepted and is not answered yet."""

    message: dict[str, Any]
    cancelled: threading.Event = field(default_factory=threading.Event)
    reading: Future[None] | None = None


class InferenceServer:
    """Accepts requests, has their pages read, and answers them in batches."""

    def __init__(self, output: BinaryIO) -> None:
        self._output = output
        self._writing = threading.Lock()
        self._accepted: dict[str, _Accepted] = {}
        self._reader = PageReader(cache_folder() / "pages")
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="reading")
        self._scheduler = BatchScheduler()
        self._runner = ModelRunner()

    def take(self, line: bytes) -> None:
        """Accept a line; the answer to a request comes when it comes."""
        message = json.loads(line)
        if "cancel" in message:
            self._cancel(message["cancel"])
            return
        accepted = self._accepted[message["id"]] = _Accepted(message)
        accepted.reading = self._pool.submit(self._read, accepted)

    def answer_for_ever(self) -> None:
        """Answer what is ready, batch by batch."""
        while True:
            self._answer(self._scheduler.next_batch())

    def show_life_for_ever(self) -> None:
        """Write a line every second, so that a process that hangs is told from one that computes."""
        while True:
            self._write({"alive": True})
            time.sleep(SECONDS_BETWEEN_SIGNS_OF_LIFE)

    def _cancel(self, request_id: str) -> None:
        """Give up a request: at once where it waits, else at the next page or token."""
        accepted = self._accepted.get(request_id)
        if accepted is None:
            return
        accepted.cancelled.set()
        if accepted.reading and accepted.reading.cancel():
            accepted.message.clear()  # the pool keeps its place in the queue, and need not keep the pages
            self._refuse(request_id, Cancelled())
        elif self._scheduler.drop(request_id):
            self._refuse(request_id, Cancelled())

    def _read(self, accepted: _Accepted) -> None:
        request_id = accepted.message["id"]
        has_pages = any(turn["pages"] for turn in accepted.message["turns"])
        if has_pages:
            self._report("read", [request_id])
        try:
            request = self._request(accepted)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is this request's answer
            self._refuse(request_id, error)
            return
        if has_pages:
            self._report("waiting", [request_id])
        self._scheduler.put(request)
        if request.is_cancelled() and self._scheduler.drop(request_id):
            self._refuse(request_id, Cancelled())

    def _request(self, accepted: _Accepted) -> InferenceRequest:
        message = accepted.message
        turns = [self._turn(turn, accepted.cancelled) for turn in message["turns"]]
        adapter, choice = message["adapter"], message["choice"]
        return InferenceRequest(
            id=message["id"],
            place=ModelPlace(weights=Path(message["weights"]), adapter=Path(adapter) if adapter else None),
            conversation=Conversation(system=message["system"], turns=tuple(turns)) if turns else None,
            choice=Choice(name=choice["name"], labels=tuple(choice["labels"])) if choice else None,
            sampling=Sampling(**{**message["sampling"], "stop": tuple(message["sampling"].get("stop", ()))}),
            alone=message.get("alone", False),
            is_cancelled=accepted.cancelled.is_set,
        )

    def _turn(self, turn: dict[str, Any], cancelled: threading.Event) -> Turn:
        """A turn with the texts of its pages, whose images are let go of one by one."""
        images, texts = turn["pages"], []
        while images:
            if cancelled.is_set():
                raise Cancelled
            texts.append(self._reader.read(base64.b64decode(images.pop(0))))
        return Turn(role=turn["role"], text=turn["text"], pages=tuple(texts))

    def _answer(self, batch: Sequence[InferenceRequest]) -> None:
        """Answer a batch. Of one that fails each half is tried again, down to the request at fault."""
        self._report("answered", [request.id for request in batch])
        try:
            answers = self._answers(batch)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is somebody's answer
            failure = error.with_traceback(None)  # which holds what the attempt had in memory
        else:
            pairs = zip(batch, answers, strict=True)
            self._finish({one.id: {"answer": asdict(answer) if answer else None} for one, answer in pairs})
            return
        _make_sure_of_the_device(failure)
        if len(batch) == 1:
            self._refuse(batch[0].id, failure)
            return
        middle = len(batch) // 2
        self._answer(batch[:middle])
        self._answer(batch[middle:])

    def _answers(self, batch: Sequence[InferenceRequest]) -> Sequence[Answer | None]:
        first = batch[0]
        if first.conversation is None:
            self._runner.load(first.place)
            return [None]
        if first.choice is None:
            return [
                self._runner.generate(
                    first.place, first.conversation, first.sampling, is_cancelled=first.is_cancelled
                )
            ]
        conversations = [request.conversation for request in batch if request.conversation]
        answers: list[Answer] = self._runner.decide(first.place, conversations, first.choice)
        return answers

    def _refuse(self, request_id: str, error: Exception) -> None:
        kind, text = _fault_of(error)
        if kind == "model":
            log.error("A request could not be answered", exc_info=error)
        self._finish({request_id: {"kind": kind, "error": text}})

    def _finish(self, outcomes: Mapping[str, Mapping[str, Any]]) -> None:
        for request_id in outcomes:
            self._accepted.pop(request_id, None)
        self._write(*({"id": request_id, **outcome} for request_id, outcome in outcomes.items()))

    def _report(self, state: str, ids: Sequence[str]) -> None:
        self._write({"state": state, "ids": ids})

    def _write(self, *messages: Mapping[str, Any]) -> None:
        lines = b"".join(json.dumps(message).encode() + b"\n" for message in messages)
        with self._writing:
            self._output.write(lines)
            self._output.flush()


def _fault_of(error: Exception) -> tuple[str, str]:
    """The kind of an error and what to say of it."""
    if isinstance(error, Cancelled):
        return "cancelled", "Nobody waits for the answer"
    if isinstance(error, InvalidInput):
        return "validation", str(error)
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return "model", "There was too little memory to answer: ask something shorter"
    return "model", f"{type(error).__name__}: {error}"


def _make_sure_of_the_device(failure: Exception) -> None:
    """Make room after a want of memory. End this process where the accelerator can compute no more."""
    if isinstance(failure, torch.OutOfMemoryError):
        torch.cuda.empty_cache()
    elif isinstance(failure, torch.AcceleratorError):
        log.critical("The accelerator failed; another process goes on", exc_info=failure)
        os._exit(1)


def _end_with_the_parent() -> None:
    """Have Linux kill this process when its parent dies, even while it is stopped; elsewhere do nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _start(work: Any) -> None:
    """Run work that never ends in a thread. Where it ends all the same, so does the process."""

    def owned() -> None:
        try:
            work()
        finally:
            log.critical("%s has ended", work.__qualname__, exc_info=True)
            os._exit(1)

    threading.Thread(target=owned, daemon=True).start()


def main() -> None:
    """Answer until standard input ends."""
    _end_with_the_parent()
    log_lines()
    use_free_cores()
    # Answers go to what was standard output; anything that a library prints goes to the log instead.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    server = InferenceServer(output)
    _start(server.show_life_for_ever)
    _start(server.answer_for_ever)
    for line in sys.stdin.buffer:
        server.take(line)
    os._exit(0)


if __name__ == "__main__":
    main()

"""The inference process: requests on standard input, answers on standard output, as `inference_messages`.

Run as ``python -m burnish.engine.serving IDLE_SECONDS``. Pages are read while the model computes. Requests
that wait for the same decision are decided in one batch, and texts are written together: one may join the
others at any token. Where both are at work, each is given half of the time. It ends when its standard input
does, and where that says what it does not understand.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO

from burnish.engine.conversations import Conversation, Turn
from burnish.engine.document_pages import page_images
from burnish.engine.failures import failure_of
from burnish.engine.inference_messages import (
    IDLE_SECONDS,
    READER_OF_REQUESTS,
    Answer,
    Cancellation,
    Completion,
    Continuation,
    FromProcess,
    InferenceRequest,
    InferenceTurn,
    Refusal,
    RefusalKind,
    RequestState,
    SignOfLife,
    StateReport,
    Submission,
)
from burnish.engine.kinds import reading_of
from burnish.engine.loaded_models import LoadedModels
from burnish.engine.model_runner import ModelRunner
from burnish.engine.out_of_memory import make_room_on_device, ran_out_of_memory, ruined_the_device
from burnish.engine.pages import PageReader, Reading
from burnish.engine.scheduling import BatchScheduler, ReadyRequest
from burnish.engine.tunable_model import Cancelled
from burnish.engine.writing import MAX_TEXTS, Text, TextOutcome, written
from burnish.errors import InputTooLong, InvalidInput
from burnish.pages.reading import WHOLE_PAGE
from burnish.processes.identities import end_with_parent
from burnish.processes.messages import InvalidMessage, encoded
from burnish.shown_texts import log_lines

READERS = 2
SECONDS_BETWEEN_SIGNS_OF_LIFE = 1.0
MAX_SECONDS_BETWEEN_LOOKS_FOR_IDLE_MODELS = 10.0

log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Accepted:
    """A request that was accepted and is not answered yet."""

    cancelled: threading.Event = field(default_factory=threading.Event)
    reading: Future[None] | None = None
    #: Whether its text is sent as it grows.
    in_pieces: bool = False


class InferenceServer:
    """Accepts requests, has their pages read, and answers them in batches.

    A model that nobody has asked for ``idle_seconds`` leaves the memory.
    """

    def __init__(self, output: BinaryIO, *, idle_seconds: float = IDLE_SECONDS) -> None:
        self._output = output
        self._writing = threading.Lock()
        self._accepted: dict[int, _Accepted] = {}
        #: What pages are still to be read for. It is let go of as soon as it can be: pages are large.
        self._unread: dict[int, Submission] = {}
        self._reader = PageReader()
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="reading")
        self._scheduler = BatchScheduler()
        self._runner = ModelRunner(LoadedModels(idle_seconds=idle_seconds))
        self._seconds_between_looks = min(idle_seconds, MAX_SECONDS_BETWEEN_LOOKS_FOR_IDLE_MODELS)
        #: What is being written, by the ids of requests.
        self._texts: dict[int, Text] = {}
        #: For how long decisions have kept texts waiting that are being written.
        self._seconds_owed_to_texts = 0.0

    def take(self, line: bytes) -> None:
        """Accept a line; the answer to a request comes when it comes. Raises `InvalidMessage`."""
        message = READER_OF_REQUESTS.read(line)
        if isinstance(message, Cancellation):
            self._cancel(message.id)
            return
        accepted = self._accepted[message.id] = _Accepted(in_pieces=message.in_pieces)
        self._unread[message.id] = message
        accepted.reading = self._pool.submit(self._read, message.id, accepted.cancelled)

    def answer_for_ever(self) -> None:
        """Answer what is ready, for ever."""
        while True:
            self.work()

    def work(self) -> None:
        """Answer a batch or begin a text, or else write a token of every text. Waits a while for any."""
        self._runner.unload_idle()
        if not self._texts:
            self._seconds_owed_to_texts = 0.0
            if not self._scheduler.wait(self._seconds_between_looks):
                return
        began = time.monotonic()
        # Texts that nobody waits for go first: they end with the next step, and hold memory until then.
        is_cancelled = any(self._accepted[number].cancelled.is_set() for number in self._texts)
        batch = [] if is_cancelled else self._scheduler.next_batch(self._may_be_answered_now)
        if batch:
            self._answer(batch)
            if not batch[0].writes_text:
                self._seconds_owed_to_texts = time.monotonic() - began
        elif self._texts:
            self._write_on()
            self._seconds_owed_to_texts -= time.monotonic() - began

    def _may_be_answered_now(self, request: ReadyRequest) -> bool:
        if request.alone:
            return not self._texts
        if request.writes_text:
            return len(self._texts) < MAX_TEXTS
        return self._seconds_owed_to_texts <= 0

    def show_life_for_ever(self) -> None:
        """Write a line every second, so that a process that hangs is told from one that computes."""
        while True:
            self._write(SignOfLife())
            time.sleep(SECONDS_BETWEEN_SIGNS_OF_LIFE)

    def _cancel(self, request_id: int) -> None:
        """Give up a request: at once where it waits, else at the next page or token."""
        accepted = self._accepted.get(request_id)
        if accepted is None:
            return
        accepted.cancelled.set()
        if accepted.reading and accepted.reading.cancel():
            del self._unread[request_id]
            self._refuse(request_id, Cancelled())
        elif self._scheduler.drop(request_id):
            self._refuse(request_id, Cancelled())

    def _read(self, request_id: int, cancelled: threading.Event) -> None:
        submission = self._unread.pop(request_id)
        has_pages = any(turn.pages for turn in submission.request.turns)
        if has_pages:
            self._report("reading", [request_id])
        try:
            ready = self._ready(submission, cancelled)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is this request's answer
            self._refuse(request_id, error)
            return
        if has_pages:
            self._report("waiting", [request_id])
        self._scheduler.put(ready)
        # Cancelled after the last page was read and before the request was queued: `_cancel` found it in
        # neither place.
        if ready.is_cancelled() and self._scheduler.drop(request_id):
            self._refuse(request_id, Cancelled())

    def _ready(self, submission: Submission, cancelled: threading.Event) -> ReadyRequest:
        request = submission.request
        reading = _reading_for(request)
        turns = tuple(self._turn(turn, reading, cancelled) for turn in request.turns)
        return ReadyRequest(
            id=submission.id,
            place=request.place,
            conversation=_conversation(request, turns) if turns else None,
            choice=request.choice,
            schema=request.schema,
            sampling=request.sampling,
            counts_only=request.counts_only,
            alone=submission.alone,
            is_cancelled=cancelled.is_set,
        )

    def _turn(self, turn: InferenceTurn, reading: Reading, cancelled: threading.Event) -> Turn:
        """A turn with its pages as they were read."""
        pages = []
        for image in page_images(turn.pages):
            if cancelled.is_set():
                raise Cancelled
            pages.append(self._reader.read(image, reading))
        return Turn(
            role=turn.role, text=turn.text, pages=tuple(pages), calls=turn.calls, results=turn.results
        )

    def _answer(self, batch: Sequence[ReadyRequest]) -> None:
        """Answer a batch. Of one that fails each half is tried again, down to the request at fault."""
        self._report("answering", [request.id for request in batch])
        failure = failure_of(lambda: self._complete(self._answers(batch)))
        if failure is None:
            return
        _make_sure_of_the_device(failure)
        if len(batch) == 1:
            self._refuse(batch[0].id, failure)
            return
        middle = len(batch) // 2
        self._answer(batch[:middle])
        self._answer(batch[middle:])

    def _answers(self, batch: Sequence[ReadyRequest]) -> Mapping[int, Answer | None]:
        """The answers to requests, by their ids; none to a text, which is only begun here."""
        first = batch[0]
        if first.conversation is None:
            self._runner.load(first.place)
            return {first.id: None}
        if first.counts_only:
            return {first.id: self._runner.count_tokens(first.place, first.conversation)}
        if first.choice is None:
            text = self._begun(first, first.conversation)
            if first.alone:
                return {first.id: written(text)}
            self._texts[first.id] = text
            return {}
        conversations = [request.conversation for request in batch if request.conversation]
        answers = self._runner.decide(first.place, conversations, first.choice)
        return {request.id: answer for request, answer in zip(batch, answers, strict=True)}

    def _begun(self, request: ReadyRequest, conversation: Conversation) -> Text:
        return self._runner.begin(
            request.place,
            conversation,
            request.sampling,
            schema=request.schema,
            is_cancelled=request.is_cancelled,
        )

    def _write_on(self) -> None:
        """Write a token of every text. What fails for all of a writer's texts is answered to each of them."""
        for writer in dict.fromkeys(text.writer for text in self._texts.values()):
            if failure := failure_of(writer.step):
                _make_sure_of_the_device(failure)
                for text in self._texts.values():
                    text.outcome = text.outcome or (failure if text.writer is writer else None)
        ended = {number: text.outcome for number, text in self._texts.items() if text.outcome is not None}
        self._texts = {number: text for number, text in self._texts.items() if number not in ended}
        self._continue(self._texts)
        for number, outcome in ended.items():
            self._end(number, outcome)

    def _continue(self, texts: Mapping[int, Text]) -> None:
        """Send what was added to texts, of those that are wanted in pieces."""
        wanted = {number: text for number, text in texts.items() if self._accepted[number].in_pieces}
        pieces = {number: text.next_piece() for number, text in wanted.items()}
        self._write(*(Continuation(id=number, piece=piece) for number, piece in pieces.items() if piece))

    def _end(self, request_id: int, outcome: TextOutcome) -> None:
        if isinstance(outcome, Exception):
            self._refuse(request_id, outcome)
        else:
            self._complete({request_id: outcome})

    def _complete(self, answers: Mapping[int, Answer | None]) -> None:
        self._finish(*(Completion(id=number, answer=answer) for number, answer in answers.items()))

    def _refuse(self, request_id: int, error: Exception) -> None:
        kind, reason = _fault_of(error)
        if kind == "model":
            log.error("A request could not be answered", exc_info=error)
        self._finish(Refusal(id=request_id, kind=kind, reason=reason))

    def _finish(self, *outcomes: Completion | Refusal) -> None:
        for outcome in outcomes:
            self._accepted.pop(outcome.id, None)
        self._write(*outcomes)

    def _report(self, state: RequestState, ids: Sequence[int]) -> None:
        self._write(StateReport(state=state, ids=tuple(ids)))

    def _write(self, *messages: FromProcess) -> None:
        lines = b"".join(encoded(message) + b"\n" for message in messages)
        with self._writing:
            self._output.write(lines)
            self._output.flush()


def _conversation(request: InferenceRequest, turns: tuple[Turn, ...]) -> Conversation:
    return Conversation(
        system=request.system, turns=turns, tools=request.tools, cache_point=request.cache_point
    )


def _reading_for(request: InferenceRequest) -> Reading:
    """What a model is given of each page: as in its training; for a schema without one, all of it."""
    reading = reading_of(request.place.weights, request.place.tuned)
    if request.schema and request.place.tuned is None and reading.text:
        return replace(reading, text=WHOLE_PAGE)
    return reading


def _fault_of(error: Exception) -> tuple[RefusalKind, str]:
    """The kind of an error and what to say of it."""
    if isinstance(error, Cancelled):
        return "cancelled", "No client is waiting for the answer"
    if isinstance(error, InputTooLong):
        return "too-long", str(error)
    if isinstance(error, InvalidInput):
        return "validation", str(error)
    if ran_out_of_memory(error):
        return "model", "There was not enough memory to answer: send a shorter request"
    return "model", f"{type(error).__name__}: {error}"


def _make_sure_of_the_device(failure: Exception) -> None:
    """Make room after a want of memory. End this process where the accelerator can compute no more."""
    make_room_on_device(failure)
    if ruined_the_device(failure):
        log.critical("The accelerator failed; another process goes on", exc_info=failure)
        os._exit(1)


def _start(work: Any) -> None:
    """Run work that never ends in a thread. Where it ends all the same, so does the process."""

    def owned() -> None:
        try:
            work()
        finally:
            log.critical("%s has ended", work.__qualname__, exc_info=True)
            os._exit(1)

    threading.Thread(target=owned, daemon=True).start()


def main(idle_seconds: float = IDLE_SECONDS) -> None:
    """Answer until standard input ends."""
    end_with_parent()
    log_lines()
    # Answers go to what was standard output; anything that a library prints goes to the log instead.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    server = InferenceServer(output, idle_seconds=idle_seconds)
    _start(server.show_life_for_ever)
    _start(server.answer_for_ever)
    try:
        for line in sys.stdin.buffer:
            server.take(line)
    except InvalidMessage as error:
        log.critical("The server and this process are not of one version, restart the server: %s", error)
        os._exit(1)
    # Not `sys.exit`, which waits for the threads of the pool, and these for pages that nobody wants any more.
    os._exit(0)


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))

"""The inference process: each request has one outcome, and no request that of another."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from msgspec.structs import replace

from burnish.engine import serving
from burnish.engine.inference_messages import (
    READER_OF_OUTCOMES,
    Cancellation,
    Choice,
    Completion,
    Continuation,
    InferenceRequest,
    InferenceTurn,
    ModelPlace,
    Refusal,
    Sampling,
    Submission,
)
from burnish.engine.language_model.text_batch import TextBatch
from burnish.engine.model_runner import ModelRunner
from burnish.engine.pages import PageReader
from burnish.engine.serving import InferenceServer
from burnish.pages.reading import CachedReader, Extent, FoundLine, FoundPage, Line
from burnish.processes.messages import InvalidMessage, ProcessMessage, encoded

CHOICE = Choice(name="type", labels=("form", "letter"))
TOO_LONG = "word " * 5000
PATIENCE_SECONDS = 60
GREEDY = "a question that takes all the memory"


class Served:
    """An inference server whose batches a test has answered when it wants."""

    def __init__(self, weights) -> None:
        self._place = ModelPlace(weights=weights)
        self._output = io.BytesIO()
        self.server = InferenceServer(self._output)

    def ask(
        self, number: int, text: str = "a page", *, pages=(), alone=False, in_pieces=False, **members
    ) -> None:
        turn = InferenceTurn(role="user", text=text, pages=tuple(pages))
        given = {"place": self._place, "choice": CHOICE, "turns": (turn,), **members}
        request = InferenceRequest(**given)
        self.send(Submission(id=number, request=request, alone=alone, in_pieces=in_pieces))

    def ask_for_text(self, number: int, tokens: int, **members) -> None:
        self.ask(number, f"text {number}", choice=None, sampling=Sampling(max_tokens=tokens), **members)

    def send(self, message: ProcessMessage) -> None:
        self.server.take(encoded(message))

    def outcomes(self, count: int) -> dict[int, Completion | Refusal]:
        """The outcome of each request, once there are so many."""
        self.server._pool.shutdown(wait=True)
        while len(self._told()) < count:
            self.server.work()
        return self._told()

    def pieces(self) -> dict[int, list[str]]:
        """What was sent of each text while it grew."""
        found: dict[int, list[str]] = {}
        for message in self._messages():
            if isinstance(message, Continuation):
                found.setdefault(message.id, []).append(message.piece.text)
        return found

    def _messages(self) -> list[ProcessMessage]:
        return [READER_OF_OUTCOMES.read(line) for line in self._output.getvalue().splitlines()]

    def _told(self) -> dict[int, Completion | Refusal]:
        told = [message for message in self._messages() if isinstance(message, Completion | Refusal)]
        by_id = {message.id: message for message in told}
        assert len(by_id) == len(told), "a request was answered twice"
        return by_id


@pytest.fixture
def served(tiny_weights, tmp_path, monkeypatch) -> Served:
    monkeypatch.setenv("BURNISH_CACHE", str(tmp_path))
    monkeypatch.setattr(serving, "READERS", 1)  # requests are ready in the order in which they came
    return Served(tiny_weights)


@pytest.mark.attack(
    "Bedrock API",
    "a question too long for the model, among 24 that are asked at once",
    "400 ValidationException for it alone; the others are answered",
)
@pytest.mark.parametrize("places", [(0,), (5, 6), (23,)])
def test_a_question_that_is_too_long_is_refused_alone(served, places):
    for number in range(24):
        served.ask(number, TOO_LONG if number in places else f"page {number}")
    refused = {number for number, outcome in served.outcomes(24).items() if isinstance(outcome, Refusal)}
    assert refused == set(places)


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA"), MemoryError(), RuntimeError("odd")])
def test_whatever_fails_in_a_batch_is_answered_to_the_one_at_fault(served, monkeypatch, error):
    plainly = ModelRunner.decide

    def failing(runner, place, conversations, choice):
        if any(GREEDY in one.turns[0].text for one in conversations):
            raise error
        return plainly(runner, place, conversations, choice)

    monkeypatch.setattr(ModelRunner, "decide", failing)
    for number in range(8):
        served.ask(number, GREEDY if number == 3 else f"page {number}")
    outcomes = served.outcomes(8)
    assert [number for number, outcome in outcomes.items() if isinstance(outcome, Refusal)] == [3]
    assert outcomes[3].kind == "model"


def test_a_batch_that_is_too_large_for_the_memory_is_answered_in_parts(served, monkeypatch):
    plainly = ModelRunner.decide

    def narrow(runner, place, conversations, choice):
        if len(conversations) > 2:
            raise torch.OutOfMemoryError
        return plainly(runner, place, conversations, choice)

    monkeypatch.setattr(ModelRunner, "decide", narrow)
    for number in range(8):
        served.ask(number, f"page {number}")
    assert all(isinstance(outcome, Completion) for outcome in served.outcomes(8).values())


@pytest.mark.parametrize(
    ("labels", "text", "says", "kind"),
    [
        ([str(number) for number in range(5000)], "a page", "5000 labels do not fit", "validation"),
        (["form", "x" * 1_000_000], "a page", "is too long for requested model: it has 1000004", "too-long"),
        (["form", "letter"], "x" * 1_000_000, "is too long for requested model: it has 1000000", "too-long"),
    ],
)
@pytest.mark.attack(
    "Bedrock API", "labels or text by the megabyte", "400 ValidationException, before it is made into tokens"
)
def test_what_cannot_fit_is_refused_before_it_is_made_into_tokens(served, labels, text, says, kind):
    served.ask(0, text, choice=Choice(name="type", labels=tuple(labels)))
    outcome = served.outcomes(1)[0]
    assert outcome.kind == kind
    assert says in outcome.reason


class CountingReader:
    """Reads one line on every page, and counts what it reads."""

    name = "counting"

    def __init__(self) -> None:
        self.pages: list[bytes] = []

    def read(self, image: bytes, extent: Extent, *, begun: FoundPage | None = None) -> FoundPage:
        self.pages.append(image)
        corners = ((0, 0), (1, 0), (1, 1), (0, 1))
        return FoundPage(width=1, height=1, lines=(FoundLine(corners=corners, text="An invoice"),))


def test_a_page_that_was_read_to_count_its_tokens_is_not_read_again_for_the_answer(
    tiny_weights, tmp_path, monkeypatch
):
    monkeypatch.setenv("BURNISH_CACHE", str(tmp_path))
    reader = CountingReader()

    def outcome(**members) -> Completion | Refusal:
        one = Served(tiny_weights)
        one.server._reader = PageReader(lambda: CachedReader(reader, tmp_path))
        one.ask(0, pages=[b"page"], **members)
        return one.outcomes(1)[0]

    counted, decided = outcome(choice=None, counts_only=True).answer, outcome().answer
    assert (counted.input_tokens, counted.output_tokens, counted.text) == (decided.input_tokens, 0, "")
    assert reader.pages == [b"page"]


def test_a_model_that_cannot_be_loaded_says_why(served, tmp_path):
    served.ask(0, place=ModelPlace(weights=tmp_path), turns=(), choice=None)
    outcome = served.outcomes(1)[0]
    assert outcome.kind == "model"
    assert str(tmp_path) in outcome.reason


def test_a_waiting_question_that_is_cancelled_is_not_answered(served):
    for number in range(3):
        served.ask(number)
    served.server._pool.shutdown(wait=True)
    served.send(Cancellation(id=1))
    served.send(Cancellation(id=99))
    outcomes = served.outcomes(3)
    assert list(outcomes) == [1, 0, 2]
    assert outcomes[1].kind == "cancelled"


def test_a_text_that_is_cancelled_ends_at_the_next_token(served):
    served.ask(0, choice=None, sampling=Sampling(max_tokens=3000))
    served.server._pool.shutdown(wait=True)
    threading.Timer(0.05, served.send, [Cancellation(id=0)]).start()
    assert served.outcomes(1)[0].kind == "cancelled"


def test_who_asks_for_a_short_text_does_not_wait_for_a_long_one_nor_a_decision_for_any(served):
    for number, tokens in enumerate((200, 60, 20)):
        served.ask_for_text(number, tokens)
    served.ask(3)
    outcomes = served.outcomes(4)
    assert list(outcomes) == [3, 2, 1, 0]
    assert [outcomes[number].answer.output_tokens for number in range(3)] == [200, 60, 20]


def test_texts_are_sent_as_they_grow_to_those_who_ask_for_it(served):
    for number in range(3):
        served.ask_for_text(number, 30, in_pieces=number != 1)
    served.ask(3, in_pieces=True)
    outcomes, pieces = served.outcomes(4), served.pieces()
    assert sorted(pieces) == [0, 2]
    for number, sent in pieces.items():
        assert len(sent) > 5
        assert outcomes[number].answer.text.startswith("".join(sent))


def test_decisions_without_end_leave_texts_half_of_the_time(served):
    served.ask_for_text(0, 30)
    for number in range(1, 150):
        served.ask(number, choice=replace(CHOICE, name=f"type-{number}"))  # each is a batch of its own
    order = list(served.outcomes(150))
    assert 0 < order.index(0) < 120


def test_a_text_that_is_cancelled_among_others_ends_before_them_and_leaves_them_alone(served):
    for number in range(3):
        served.ask_for_text(number, 50)
    served.server._pool.shutdown(wait=True)
    for _ in range(8):
        served.server.work()
    served.send(Cancellation(id=1))
    outcomes = served.outcomes(3)
    assert next(iter(outcomes)) == 1
    assert outcomes[1].kind == "cancelled"
    assert [outcomes[number].answer.output_tokens for number in (0, 2)] == [50, 50]


def test_a_crash_that_concerns_all_texts_is_answered_to_each_and_the_next_is_written(served, monkeypatch):
    for number in range(3):
        served.ask_for_text(number, 50)
    served.server._pool.shutdown(wait=True)
    with monkeypatch.context() as patch:
        patch.setattr(TextBatch, "_drop_ended", lambda batch: 1 / 0)
        outcomes = served.outcomes(3)
    assert {outcome.kind for outcome in outcomes.values()} == {"model"}
    served.server._pool = ThreadPoolExecutor(1)
    served.ask_for_text(3, 5)
    assert served.outcomes(4)[3].answer.output_tokens == 5


def test_a_request_that_is_to_be_alone_is_in_no_company_and_is_not_overtaken(served, monkeypatch):
    company = []
    plainly = InferenceServer._answer

    def watched(server, batch):
        company.append(([one.id for one in batch], sorted(server._texts)))
        plainly(server, batch)

    monkeypatch.setattr(InferenceServer, "_answer", watched)
    served.ask_for_text(0, 10)
    served.ask_for_text(1, 10, alone=True)
    served.ask_for_text(2, 10)
    served.ask(3)
    assert list(served.outcomes(4)) == [0, 1, 3, 2]
    assert company == [([0], []), ([1], []), ([2], []), ([3], [2])]


class SlowReader:
    """Reads nothing until it may, and keeps what it was given."""

    def __init__(self) -> None:
        self.has_begun, self.may_go_on = threading.Event(), threading.Event()
        self.read_images: list[bytes] = []

    def read_lines(self, image: bytes, extent: Extent) -> tuple[Line, ...]:
        self.read_images.append(image)
        self.has_begun.set()
        assert self.may_go_on.wait(PATIENCE_SECONDS)
        return ()


def test_the_pages_of_a_cancelled_question_are_not_read(tiny_weights, tmp_path, monkeypatch):
    monkeypatch.setenv("BURNISH_CACHE", str(tmp_path))
    monkeypatch.setattr(serving, "READERS", 1)
    served = Served(tiny_weights)
    reader = SlowReader()
    served.server._reader = PageReader(lambda: reader)
    served.ask(1, pages=[b"1", b"2"])
    served.ask(2, pages=[b"3"])
    assert reader.has_begun.wait(PATIENCE_SECONDS)
    for number in (1, 2):
        served.send(Cancellation(id=number))
    reader.may_go_on.set()
    outcomes = served.outcomes(2)
    assert {outcome.kind for outcome in outcomes.values()} == {"cancelled"}
    assert reader.read_images == [b"1"]
    assert not served.server._unread


def test_a_line_of_another_version_is_refused_with_what_is_wrong_with_it(served):
    line = encoded(Cancellation(id=1)).replace(b"}", b',"soon":true}')
    with pytest.raises(InvalidMessage, match="unknown field `soon`"):
        served.server.take(line)


def test_a_process_that_does_not_understand_its_server_ends_and_says_why(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-m", "burnish.engine.serving"],
        input=b'{"type": "tomorrow"}\n',
        env={**os.environ, "BURNISH_CACHE": str(tmp_path)},
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 1
    assert b"not of one version, restart the server: Invalid value 'tomorrow'" in ended.stderr

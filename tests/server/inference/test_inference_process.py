"""A real inference process on tiny weights: asked, abandoned, stopped and killed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from burnish.engine.inference_messages import (
    Answer,
    Choice,
    InferenceRequest,
    InferenceTurn,
    ModelPlace,
    Refusal,
    Sampling,
    Submission,
    TextPiece,
)
from burnish.errors import InvalidInput, ModelFailed, ModelTimeout, Throttled
from burnish.server.health import Health
from burnish.server.inference import process as inference
from burnish.server.inference.child import InferenceChild
from burnish.server.inference.process import InferenceProcess
from burnish.server.inference.text_streams import pieces_of_answer

CHOICE = Choice(name="type", labels=("form", "letter"))
CULPRIT = "the question that ends the process"


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as one:
        yield one


@pytest.fixture(scope="module")
def health() -> Health:
    return Health()


@pytest.fixture(scope="module")
def process(runner, health, tmp_path_factory) -> Iterator[InferenceProcess]:
    folder = tmp_path_factory.mktemp("inference")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BURNISH_CACHE", str(folder / "cache"))
        one = InferenceProcess(folder / "inference.log", health=health)
        yield one
        runner.run(one.stop())


@pytest.fixture
def decision(tiny_weights):
    """A way to ask which label a text has."""

    def asked(text: str = "a page") -> InferenceRequest:
        turns = (InferenceTurn(role="user", text=text),)
        return InferenceRequest(place=ModelPlace(weights=tiny_weights), turns=turns, choice=CHOICE)

    return asked


@pytest.fixture
def long_text(tiny_weights) -> InferenceRequest:
    """A question whose answer takes as long as the model can see."""
    turns = (InferenceTurn(role="user", text="Tell me everything."),)
    place = ModelPlace(weights=tiny_weights)
    return InferenceRequest(place=place, turns=turns, sampling=Sampling(max_tokens=4000))


@pytest.fixture
def outcomes(monkeypatch) -> list[str]:
    """How requests ended in the process: the kinds of their errors, or ``answer``."""
    found: list[str] = []
    plainly = InferenceChild._settle

    def settle(child, outcome):
        found.append(outcome.kind if isinstance(outcome, Refusal) else "answer")
        plainly(child, outcome)

    monkeypatch.setattr(InferenceChild, "_settle", settle)
    return found


@pytest.fixture
def killing(monkeypatch) -> list[int]:
    """Whenever a process works on the culprit, it is killed; the list tells which were."""
    culprits: set[int] = set()
    killed: list[int] = []
    plainly, take = InferenceChild._send, InferenceChild._take

    def send(child, message):
        if isinstance(message, Submission) and message.request.turns[0].text == CULPRIT:
            culprits.add(message.id)
        plainly(child, message)

    def watched(child, written):
        take(child, written)
        at_work = [child._pending[one] for one in culprits if one in child._pending]
        if any(one.state == "answering" for one in at_work) and child.pid not in killed:
            killed.append(child.pid)
            culprits.clear()
            os.kill(child.pid, signal.SIGKILL)

    monkeypatch.setattr(InferenceChild, "_send", send)
    monkeypatch.setattr(InferenceChild, "_take", watched)
    return killed


@pytest.fixture
def sent(monkeypatch) -> list[Submission]:
    """What processes are asked, in order."""
    found: list[Submission] = []
    plainly = InferenceChild._send

    def send(child, message):
        if isinstance(message, Submission):
            found.append(message)
        plainly(child, message)

    monkeypatch.setattr(InferenceChild, "_send", send)
    return found


async def all_of(process: InferenceProcess, requests: list[InferenceRequest]) -> list[object]:
    """The answers to questions that are asked at once, or what was raised in their place."""
    return await asyncio.gather(*map(process.answer, requests), return_exceptions=True)


def test_an_answer_is_bound_to_a_schema(runner, process, tiny_weights):
    fields = {"number": {"type": "integer", "minimum": 1, "maximum": 9}, "currency": {"enum": ["EUR", "USD"]}}
    schema = {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}
    turns = (InferenceTurn(role="user", text="an invoice"),)
    request = InferenceRequest(place=ModelPlace(weights=tiny_weights), turns=turns, schema=json.dumps(schema))
    answer = runner.run(process.answer(request))
    assert list(json.loads(answer.text)) == list(fields)
    assert answer.stop_reason == "end_turn"
    unknown = {**schema, "properties": {"x": {"not": {}}}}
    with pytest.raises(InvalidInput, match='"not"'):
        runner.run(process.answer(msgspec.structs.replace(request, schema=json.dumps(unknown))))


def test_of_24_questions_at_once_only_the_one_that_is_too_long_is_refused(runner, process, decision):
    texts = ["word " * 5000 if number == 11 else f"page {number}" for number in range(24)]
    answers = runner.run(all_of(process, [decision(text) for text in texts]))
    refused = [number for number, answer in enumerate(answers) if isinstance(answer, Exception)]
    assert refused == [11]
    assert isinstance(answers[11], InvalidInput)


@pytest.mark.attack(
    "Bedrock API",
    "long texts asked for, and the connections closed",
    "they end at the next token, and the next caller is answered",
)
def test_abandoned_texts_end_and_make_way(runner, process, decision, long_text, outcomes):
    async def abandon_and_ask() -> Answer:
        abandoned = [asyncio.create_task(process.answer(long_text)) for _ in range(3)]
        while process._child is None or len(process._child._pending) < 3:
            await asyncio.sleep(0.01)
        for one in abandoned:
            one.cancel()
        return await process.answer(decision())

    assert runner.run(abandon_and_ask()).label in CHOICE.labels
    assert outcomes == ["cancelled"] * 3 + ["answer"]


async def streamed(process: InferenceProcess, request: InferenceRequest) -> tuple[list[str], Answer]:
    """The pieces of a text, and the answer that comes after them."""
    *pieces, answer = [piece async for piece in pieces_of_answer(process, request)]
    return [piece.text for piece in pieces], answer


def test_the_pieces_of_a_text_are_its_answer_and_a_label_is_one_piece(runner, process, decision, long_text):
    # Pieces that wait for a busy reader become one: a text this long is not written while it waits once.
    text = msgspec.structs.replace(long_text, sampling=Sampling(max_tokens=400))
    pieces, answer = runner.run(streamed(process, text))
    assert len(pieces) > 1
    assert "".join(pieces) == answer.text == runner.run(process.answer(text)).text
    pieces, answer = runner.run(streamed(process, decision()))
    assert pieces == [answer.text]
    assert answer.label in CHOICE.labels


@pytest.mark.attack(
    "Bedrock API",
    "a stream whose client reads nothing, and one whose client leaves",
    "what is not read waits as one piece, no larger than the text; who leaves ends the text; others go on",
)
def test_a_reader_that_is_slow_or_leaves_delays_nobody(runner, process, decision, long_text, outcomes):
    short = msgspec.structs.replace(long_text, sampling=Sampling(max_tokens=40))

    async def read_slowly_and_leave() -> tuple[list[TextPiece | Answer], Answer]:
        slow, leaving = pieces_of_answer(process, short), pieces_of_answer(process, long_text)
        first = [await anext(slow), await anext(leaving)][0]
        await leaving.aclose()
        label = await process.answer(decision())
        while "answer" not in outcomes[:-1]:
            await asyncio.sleep(0.01)
        return [first, *[piece async for piece in slow]], label

    (first, rest, answer), label = runner.run(read_slowly_and_leave())
    assert first.text + rest.text == answer.text
    assert label.label in CHOICE.labels
    assert "cancelled" in outcomes


def test_a_question_that_takes_too_long_is_given_up(runner, process, decision, long_text, outcomes):
    async def ask_in_a_hurry() -> None:
        # A fast machine would have answered by then, or before it hears that nobody waits any more.
        os.kill(process.pid, signal.SIGSTOP)
        process._answer_seconds = 0.2
        try:
            await process.answer(long_text)
        finally:
            process._answer_seconds = inference.ANSWER_SECONDS
            os.kill(process.pid, signal.SIGCONT)

    runner.run(process.answer(decision()))
    outcomes.clear()
    with pytest.raises(ModelTimeout, match=r"within 0\.2 s.*ask for fewer tokens"):
        runner.run(ask_in_a_hurry())
    runner.run(process.answer(decision()))
    assert outcomes == ["cancelled", "answer"]


@pytest.mark.attack(
    "Bedrock API", "more questions at once than memory is kept for", "429 ThrottlingException for the rest"
)
@pytest.mark.parametrize(("limit", "value"), [("MAX_WAITING", 2), ("MAX_WAITING_BYTES", 15)])
def test_more_questions_than_may_wait_are_turned_away(runner, process, decision, monkeypatch, limit, value):
    monkeypatch.setattr(inference, limit, value)
    answers = runner.run(all_of(process, [decision("a page") for _ in range(5)]))
    assert [type(answer) for answer in answers] == [Answer, Answer, Throttled, Throttled, Throttled]
    assert runner.run(process.answer(decision("a page of more than fifteen letters"))).label in CHOICE.labels


def test_a_model_that_is_broken_is_named_at_once(runner, process, tiny_weights, tmp_path):
    pid = process.pid
    with pytest.raises(ModelFailed, match=str(tmp_path)):
        runner.run(process.load(ModelPlace(weights=tiny_weights, tuned=tmp_path / "no adapter")))
    assert process.pid == pid


def test_lines_that_are_no_messages_are_passed_over(runner, process, decision):
    for line in (b"\xff\n", b"[]\n", b"7\n", b'{"type": "state"}\n', b'{"type": "tomorrow"}\n'):
        process._child._take(line)
    assert runner.run(process.answer(decision())).label in CHOICE.labels


@pytest.mark.attack(
    "Processes", "the inference process stopped (SIGSTOP)", "it is replaced, and its questions asked again"
)
def test_a_process_that_hangs_is_replaced(runner, process, decision):
    runner.run(process.answer(decision()))
    process._child._longest_silence = 3.0
    runner.run(process.answer(decision()))  # the silence that is waited for now is the short one
    stopped = process.pid
    os.kill(stopped, signal.SIGSTOP)
    assert runner.run(process.answer(decision())).label in CHOICE.labels
    assert process.pid != stopped
    assert not Path(f"/proc/{stopped}").exists()


@pytest.mark.attack(
    "Processes",
    "a question at which the inference process dies each time",
    "it is tried once more, alone, then 424 ModelErrorException; the others are answered by the next process",
)
def test_a_question_that_ends_two_processes_is_given_up_and_the_others_are_answered(
    runner, process, health, decision, long_text, killing, sent
):
    fatal = msgspec.structs.replace(long_text, turns=(InferenceTurn(role="user", text=CULPRIT),))
    requests = [decision(f"page {number}") for number in range(10)]
    culprit, *others = runner.run(all_of(process, [fatal, *requests]))
    assert len(killing) == 2
    assert [one.alone for one in sent if one.request.turns[0].text == CULPRIT] == [False, True]
    assert all(isinstance(answer, Answer) for answer in others)
    assert isinstance(culprit, ModelFailed)
    assert "ended 2 times while it worked on this request: it was killed by signal 9" in str(culprit)
    assert "for lack of memory" in str(culprit)
    assert not health.problems


def test_a_text_that_has_begun_is_not_begun_anew_where_the_process_ends(runner, process, long_text):
    # The last one of this process: the next would have to be started.
    async def killed_in_the_middle() -> None:
        pieces = pieces_of_answer(process, long_text)
        await anext(pieces)
        os.kill(process.pid, signal.SIGKILL)
        async for _ in pieces:
            pass

    with pytest.raises(ModelFailed, match="ended while it wrote this text: it was killed by signal 9"):
        runner.run(killed_in_the_middle())


def test_a_process_that_cannot_be_started_makes_a_model_wait_and_is_told(
    runner, health, decision, tmp_path, monkeypatch
):
    tried = []

    async def start(log_file, **_):
        tried.append(log_file)
        if len(tried) == 3:
            raise asyncio.CancelledError  # as when the server ends
        raise OSError("no more processes")

    monkeypatch.setattr(inference, "start_inference_child", start)
    monkeypatch.setattr(inference, "FIRST_PAUSE_SECONDS", 0.001)
    process = InferenceProcess(tmp_path / "log", health=health)
    with pytest.raises(asyncio.CancelledError):
        runner.run(process.load(ModelPlace(weights=tmp_path)))
    assert len(tried) == 3
    assert health.problems == {"inference": "the process cannot be started: no more processes"}


PARENT = """
import asyncio, pathlib, sys
from burnish.engine.inference_messages import InferenceRequest, ModelPlace
from burnish.server.inference.child import start_inference_child

async def main():
    child = await start_inference_child(pathlib.Path(sys.argv[1]) / "log")
    await child.ask(InferenceRequest(place=ModelPlace(weights=pathlib.Path(sys.argv[2]))))
    print(child.pid, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a stopped process outlives its parent")
@pytest.mark.attack(
    "Processes", "the server killed (SIGKILL) while its inference process is stopped", "both are gone"
)
def test_a_process_does_not_outlive_the_server_even_where_it_is_stopped(tiny_weights, tmp_path):
    command = [sys.executable, "-c", PARENT, str(tmp_path), str(tiny_weights)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        os.kill(child, signal.SIGSTOP)
        parent.kill()
    deadline = time.monotonic() + 30
    while _runs(child):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    """Whether a process is there and more than a memory that nobody has asked for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False

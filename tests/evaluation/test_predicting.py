"""Asking about pages: a real boto3 client, over real HTTP, of a server that misbehaves on purpose."""

from __future__ import annotations

import base64
import json
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from burnish.errors import InvalidConfig
from burnish.evaluation.pacing import CallOutcome, Pace, Patience, RunStopped
from burnish.evaluation.predicting import Asking, Page, Prediction, predict, predictions
from burnish.evaluation.worker_threads import THREAD_NAME
from burnish.records import answer_for, classification_prompt

PROMPT = classification_prompt(["invoice", "letter", "memo"])
QUICK = Patience(tries=8, first=0.001, longest=0.002, chance=random.Random(0))
Reply = Callable[["Converse", dict[str, Any], int], None]


class Converse(BaseHTTPRequestHandler):
    """One Converse request: which page it is about is the text of its image's bytes."""

    server: Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.requests.append((self.path, body))
            page = image_of(body)
            self.server.calls[page] += 1
            call = self.server.calls[page]
            self.server.under_way += 1
            self.server.most_under_way = max(self.server.most_under_way, self.server.under_way)
        try:
            self.server.reply(self, body, call)
        finally:
            with self.server.lock:
                self.server.under_way -= 1

    def answer(self, text: str, **more: Any) -> None:
        self.send(
            200,
            {
                "output": {"message": {"role": "assistant", "content": [{"text": text}]}},
                "stopReason": "end_turn",
                "usage": {"inputTokens": 700, "outputTokens": 9, "totalTokens": 709},
                "metrics": {"latencyMs": 1},
                **more,
            },
        )

    def refuse(self, status: int, error: str, message: str = "no") -> None:
        self.send(status, {"message": message}, error)

    def send(self, status: int, body: object, error: str | None = None) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if error:
            self.send_header("x-amzn-ErrorType", error)
        self.end_headers()
        self.wfile.write(content)

    def hang_up(self) -> None:
        self.close_connection = True
        self.connection.close()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Converse)
        self.lock = threading.Lock()
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.calls: Counter[str] = Counter()
        self.under_way = self.most_under_way = 0
        self.reply: Reply = right

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        pass


def image_of(body: dict[str, Any]) -> str:
    return base64.b64decode(body["messages"][0]["content"][1]["image"]["source"]["bytes"]).decode()


def right(request: Converse, body: dict[str, Any], call: int) -> None:
    """Answer with the page's own label."""
    request.answer(answer_for(image_of(body).split("/")[0]))


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def runtime(server: Server) -> Any:
    return runtime_at(server.url)


def runtime_at(url: str) -> Any:
    return boto3.client(
        "bedrock-runtime",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(retries={"total_max_attempts": 1}, max_pool_connections=32, read_timeout=20),
    )


def pages(count: int) -> list[Page]:
    names = [f"{PROMPT.labels[n % 3]}/{n:03}.pdf" for n in range(count)]
    return [Page(name=name, label=name.split("/")[0], png=name.encode()) for name in names]


def test_a_request_asks_what_the_model_was_trained_on(server: Server, runtime: Any):
    predict(runtime, "arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/abc", pages(1), PROMPT)
    ((path, body),) = server.requests
    assert path.endswith("custom-model-deployment%2Fabc/converse")
    assert body["system"] == [{"text": PROMPT.system}]
    text, image = body["messages"][0]["content"]
    assert text == {"text": PROMPT.task}
    assert image["image"]["format"] == "png"
    assert body["inferenceConfig"] == {"maxTokens": 64, "temperature": 0}
    text_format = body["outputConfig"]["textFormat"]
    assert text_format["type"] == "json_schema"
    assert text_format["structure"]["jsonSchema"] == {"name": "document_type", "schema": PROMPT.json_schema}


def test_unstructured_asks_for_free_text(server: Server, runtime: Any):
    predict(runtime, "m", pages(1), PROMPT, Asking(structured=False))
    assert "outputConfig" not in server.requests[0][1]


def test_an_answer_becomes_a_prediction(server: Server, runtime: Any):
    fields = {"labelProbabilities": {"invoice": 0.9, "letter": 0.1, "memo": 0.0}}
    server.reply = lambda request, body, call: request.answer(
        '{"type": "Letter"}', additionalModelResponseFields=fields
    )
    (found,) = predict(runtime, "m", pages(1), PROMPT)
    assert (found.page, found.label, found.predicted) == ("invoice/000.pdf", "invoice", "letter")
    assert found.answer == '{"type": "Letter"}'
    assert found.probabilities == fields["labelProbabilities"]
    assert found.probability == 0.1
    assert not found.is_right
    assert (found.error, found.input_tokens, found.output_tokens) == (None, 700, 9)
    assert found.seconds > 0


def test_each_prediction_says_when_its_page_was_asked_about(runtime, server):
    first, second = predict(runtime, "m", pages(2), PROMPT, Asking(concurrency=1))
    assert first.asked_at >= 0
    assert second.asked_at >= first.asked_at + first.seconds


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, None),
        ([], None),
        ({"labelProbabilities": "many"}, "they are not probabilities by label"),
        ({"labelProbabilities": {"memo": "x"}}, "the probability of 'memo' is 'x'"),
        ({"labelProbabilities": {"memo": 0.6}}, "sum to 0.6"),
        ({"labelProbabilities": {"memo": 1.6, "letter": -0.6}}, "the probability of 'memo' is 1.6"),
        ({"labelProbabilities": {"memo": 0.6, "form": 0.4}}, "'form', which is none of the labels"),
    ],
)
def test_probabilities_that_are_none_are_not_used_and_why_is_kept(
    server: Server, runtime: Any, fields: object, why: str | None
):
    server.reply = lambda request, body, call: request.answer("memo", additionalModelResponseFields=fields)
    (found,) = predict(runtime, "m", pages(1), PROMPT)
    assert found.predicted == "memo"
    assert found.probabilities is None
    assert found.probability is None
    assert (why or "") in (found.unusable_probabilities or "")
    assert (found.unusable_probabilities is None) is (why is None)


def test_predictions_come_in_the_order_of_the_pages(server: Server, runtime: Any):
    first_may_answer = threading.Event()

    def slow_first(request: Converse, body: dict[str, Any], call: int) -> None:
        if image_of(body).endswith("000.pdf"):
            first_may_answer.wait(10)
        right(request, body, call)

    server.reply = slow_first
    seen: list[str] = []

    def on_prediction(prediction: Prediction) -> None:
        seen.append(prediction.page)
        if len(seen) == 11:
            first_may_answer.set()

    asked = pages(12)
    found = predict(runtime, "m", asked, PROMPT, Asking(concurrency=3), on_prediction=on_prediction)
    assert [prediction.page for prediction in found] == [page.name for page in asked]
    assert all(prediction.is_right for prediction in found)
    assert seen[-1] == asked[0].name
    assert server.most_under_way <= 3


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (429, "ThrottlingException"),
        (429, "ModelNotReadyException"),
        (503, "ServiceUnavailableException"),
        (429, "SlowDown"),
    ],
)
def test_a_refusal_for_now_is_tried_again(server: Server, runtime: Any, status: int, error: str):
    server.reply = lambda request, body, call: (
        request.refuse(status, error) if call < 3 else right(request, body, call)
    )
    found = predict(runtime, "m", pages(6), PROMPT, Asking(patience=QUICK))
    assert all(prediction.is_right for prediction in found)
    assert set(server.calls.values()) == {3}


def test_a_page_that_is_always_refused_fails_after_all_tries(server: Server, runtime: Any):
    server.reply = lambda request, body, call: request.refuse(429, "ThrottlingException", "Too many requests")
    found = predict(runtime, "m", pages(3), PROMPT, Asking(patience=QUICK))
    assert set(server.calls.values()) == {QUICK.tries}
    for prediction in found:
        assert prediction.error_code == "ThrottlingException"
        assert "Too many requests" in str(prediction.error)
        assert prediction.predicted is None
        assert not prediction.is_right


def test_a_failure_that_stays_is_a_prediction_with_its_error(server: Server, runtime: Any):
    def reply(request: Converse, body: dict[str, Any], call: int) -> None:
        number = image_of(body)[-7:-4]
        if number == "001":
            request.refuse(500, "InternalServerException", "the worker died")
        elif number == "002":
            request.hang_up()
        elif number == "003":
            request.refuse(400, "ValidationException", "no such format")
        else:
            right(request, body, call)

    server.reply = reply
    found = predict(runtime, "m", pages(5), PROMPT, Asking(patience=QUICK))
    assert [prediction.is_right for prediction in found] == [True, False, False, False, True]
    assert "the worker died" in str(found[1].error)
    assert "Connection" in str(found[2].error)
    assert "no such format" in str(found[3].error)
    assert [prediction.error_code for prediction in found] == [
        None,
        "InternalServerException",
        "ConnectionClosedError",
        "ValidationException",
        None,
    ]
    tries = [server.calls[page.name] for page in pages(5)]
    assert tries == [1, QUICK.tries_in_trouble, QUICK.tries_in_trouble, 1, 1]


@pytest.mark.parametrize("trouble", [500, 502, 504, "dropped connection"])
def test_passing_trouble_is_tried_again(server: Server, runtime: Any, trouble: int | str):
    def reply(request: Converse, body: dict[str, Any], call: int) -> None:
        if call >= 3:
            right(request, body, call)
        elif isinstance(trouble, int):
            request.refuse(trouble, "InternalServerException")
        else:
            request.hang_up()

    server.reply = reply
    found = predict(runtime, "m", pages(4), PROMPT, Asking(patience=QUICK))
    assert all(prediction.is_right for prediction in found)
    assert set(server.calls.values()) == {3}


def test_a_server_that_is_not_there_fails_every_page_and_says_so():
    found = predict(runtime_at("http://127.0.0.1:1"), "m", pages(4), PROMPT)
    assert all("Could not connect" in str(prediction.error) for prediction in found)


def test_an_answer_without_text_names_no_label(server: Server, runtime: Any):
    server.reply = lambda request, body, call: request.send(200, {"stopReason": "end_turn"})
    (found,) = predict(runtime, "m", pages(1), PROMPT)
    assert (found.answer, found.predicted, found.error) == ("", None, None)


def test_no_pages_make_no_calls(server: Server, runtime: Any):
    assert predict(runtime, "m", [], PROMPT) == []
    assert server.requests == []


def test_pages_are_taken_from_their_source_only_as_calls_begin(server: Server, runtime: Any):
    taken = []

    def endless():
        for page in (pages(number + 1)[number] for number in count()):
            taken.append(page.name)
            yield page

    found = predictions(runtime, "m", endless(), PROMPT, Asking(concurrency=2))
    answered = [next(found)[1] for _ in range(6)]
    found.close()
    assert all(one.is_right for one in answered)
    assert len(taken) <= len(answered) + 2


def test_concurrency_below_one_is_refused(runtime: Any):
    with pytest.raises(InvalidConfig, match="concurrency is 0"):
        predict(runtime, "m", pages(1), PROMPT, Asking(concurrency=0))


def test_an_interruption_drops_what_has_not_begun(server: Server, runtime: Any):
    def interrupt(prediction: Prediction) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        predict(runtime, "m", pages(200), PROMPT, Asking(concurrency=2), on_prediction=interrupt)
    for thread in threading.enumerate():
        if thread.name == THREAD_NAME:
            thread.join(10)
            assert not thread.is_alive()
    assert len(server.calls) < 200


def test_a_mistake_of_ours_in_a_thread_is_raised_and_not_swallowed():
    class Broken:
        def converse(self, **request: object) -> dict[str, Any]:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        predict(Broken(), "m", pages(3), PROMPT)


CTRL_C = """
import sys
sys.path.insert(0, sys.argv[2])
from test_predicting import PROMPT, Asking, pages, predict, runtime_at
predict(runtime_at(sys.argv[1]), "m", pages(20), PROMPT, Asking(concurrency=2))
"""


def heed_interrupts() -> None:
    """Where this runs in a shell's background, interrupts are ignored, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_ends_the_program_while_calls_hang(server: Server):
    both_hang, release = threading.Event(), threading.Event()

    def hang(request: Converse, body: dict[str, Any], call: int) -> None:
        if len(server.requests) >= 2:
            both_hang.set()
        release.wait(60)

    server.reply = hang
    command = [sys.executable, "-c", CTRL_C, server.url, str(Path(__file__).parent)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts) as child:
        try:
            assert both_hang.wait(30)
            child.send_signal(signal.SIGINT)
            _, errors = child.communicate(timeout=10)
        finally:
            release.set()
            child.kill()
    assert "KeyboardInterrupt" in errors
    assert len(server.requests) == 2


def as_it_is(verdict: CallOutcome) -> CallOutcome:
    return verdict


def test_the_pace_falls_when_refused_and_grows_by_one_a_round():
    pace = Pace(8, QUICK)
    verdicts = iter([CallOutcome.TOO_FAST, CallOutcome.DONE])
    pace.until_done(lambda: next(verdicts), as_it_is)
    assert pace.limit == pytest.approx(5.6 + 1 / 5.6)
    for _ in range(6):
        pace.until_done(lambda: CallOutcome.DONE, as_it_is)
    assert 6.6 < pace.limit < 6.9
    for _ in range(100):
        pace.until_done(lambda: CallOutcome.DONE, as_it_is)
    assert pace.limit == 8


def test_the_pace_never_falls_below_one_call_at_a_time():
    pace = Pace(4, QUICK)
    assert pace.until_done(lambda: CallOutcome.TOO_FAST, as_it_is) is CallOutcome.TOO_FAST
    assert pace.limit == 1


def test_trouble_is_no_reason_to_slow_down():
    pace = Pace(4, QUICK)
    assert pace.until_done(lambda: CallOutcome.IN_TROUBLE, as_it_is) is CallOutcome.IN_TROUBLE
    assert pace.limit == 4


def test_calls_of_one_round_that_are_refused_together_cut_the_pace_once():
    pace = Pace(4, Patience(tries=1))
    together = threading.Barrier(4)

    def refuse() -> CallOutcome:
        together.wait(10)
        return CallOutcome.TOO_FAST

    threads = [threading.Thread(target=pace.until_done, args=(refuse, as_it_is)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert pace.limit == pytest.approx(2.8)


def test_what_waits_for_its_turn_is_woken_when_the_run_stops():
    pace = Pace(1, Patience(tries=3, first=1000, longest=1000))
    refused, woken = threading.Event(), threading.Event()

    def refuse() -> CallOutcome:
        refused.set()
        return CallOutcome.TOO_FAST

    def work() -> None:
        with pytest.raises(RunStopped):
            pace.until_done(refuse, as_it_is)
        woken.set()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert refused.wait(10)
    pace.stop()
    assert woken.wait(10)


def test_pauses_double_up_to_the_longest_and_are_jittered():
    patience = Patience(first=1, longest=10, chance=random.Random(1))
    for refusals, full in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 10), (5000, 10)]:
        drawn = [patience.pause(refusals) for _ in range(50)]
        assert full / 2 <= min(drawn) < max(drawn) <= full


@pytest.mark.parametrize(
    ("given", "typicality", "unlike"),
    [(0.03, 0.03, True), (0.4, 0.4, False), (0, 0.0, True), (2, None, False), ("0.1", None, False)],
)
def test_how_typical_a_page_is_comes_with_the_answer(
    server: Server, runtime: Any, given: object, typicality: float | None, unlike: bool
):
    fields = {"typicality": given}
    server.reply = lambda request, body, call: request.answer("memo", additionalModelResponseFields=fields)
    (found,) = predict(runtime, "m", pages(1), PROMPT)
    assert (found.typicality, found.is_unlike_training) == (typicality, unlike)

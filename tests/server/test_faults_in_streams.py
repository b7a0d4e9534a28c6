"""Faults on purpose in the middle of a streamed answer: after so many events, or so many bytes."""

import json

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.eventstream import EventStreamBuffer
from botocore.exceptions import ClientError, EventStreamError
from http2_client import RawHttp2, address_in
from urllib3.exceptions import ProtocolError

from burnish.errors import InvalidConfig
from burnish.server.planned_faults import plan_in, with_faults

MODEL = "us.amazon.nova-lite-v1:0"
STREAM = ("bedrock-runtime", "ConverseStream")
EVENTS = [
    ("messageStart", {"role": "assistant"}),
    *(("contentBlockDelta", {"delta": {"text": text}, "contentBlockIndex": 0}) for text in "abcdef"),
    ("messageStop", {"stopReason": "end_turn"}),
]


async def events():
    for event in EVENTS:
        yield event


@pytest.fixture
def meeting(served, handling, tmp_path):
    """A server whose streams meet one fault of a file."""

    def meet(*lines):
        handling(*STREAM, {"stream": events()})
        served.handlers.update(with_faults(served.handlers, written(tmp_path, *lines)))
        return served

    return meet


def written(folder, *lines):
    file = folder / "faults.toml"
    file.write_text("\n".join(["[[fault]]", 'operation = "ConverseStream"', *lines]))
    return plan_in(file)


def told(server):
    """The events that a client of boto3 gets, and the error that ends them, if any."""
    messages = [{"role": "user", "content": [{"text": "Hello"}]}]
    answer = server.client("bedrock-runtime").converse_stream(modelId=MODEL, messages=messages)
    assert "x-burnish-fault" in answer["ResponseMetadata"]["HTTPHeaders"]
    got = []
    try:
        got.extend(next(iter(event)) for event in answer["stream"])
    except (EventStreamError, ProtocolError) as error:
        return got, error
    return got, None


def told_over_http2(server):
    """The bytes of a stream over HTTP/2, and whether it was reset before its end."""
    url = f"{server.url}/model/{MODEL}/converse-stream"
    body = json.dumps({"messages": [{"role": "user", "content": [{"text": "Hello"}]}]}).encode()
    request = AWSRequest(method="POST", url=url, data=body)
    key = Credentials(server.credentials.access_key, server.credentials.secret_key)
    SigV4Auth(key, "bedrock", "us-east-1").add_auth(request)
    headers = [(name.lower(), value) for name, value in request.headers.items()]
    with RawHttp2(address_in(server.url)) as client:
        answer = client.answer(client.ask("POST", f"/model/{MODEL}/converse-stream", headers, body=body))
    return answer.body, answer.reset is not None


def names_in(stream):
    buffer = EventStreamBuffer()
    buffer.add_data(stream)
    return [message.headers[":event-type"] for message in buffer]


def test_a_stream_is_dropped_after_so_many_events(meeting):
    got, error = told(meeting('kind = "drop"', "after = 3"))
    assert got == [name for name, _ in EVENTS[:3]]
    assert isinstance(error, ProtocolError)


def test_over_http2_the_stream_is_reset_after_so_many_events(meeting):
    stream, was_reset = told_over_http2(meeting('kind = "drop"', "after = 3"))
    assert names_in(stream) == [name for name, _ in EVENTS[:3]]
    assert was_reset


def test_a_stream_is_dropped_in_the_middle_of_an_event_after_so_many_bytes(meeting):
    got, error = told(meeting('kind = "drop"', "after_bytes = 150"))
    assert got == ["messageStart"]
    assert isinstance(error, ProtocolError)
    stream, was_reset = told_over_http2(meeting('kind = "drop"', "after_bytes = 150"))
    assert (len(stream), was_reset) == (150, True)


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (['kind = "throttle"'], "throttlingException"),
        (['kind = "fail"'], "internalServerException"),
        (['kind = "fail"', 'exception = "modelStreamErrorException"'], "modelStreamErrorException"),
        (['kind = "fail"', 'exception = "serviceUnavailableException"'], "serviceUnavailableException"),
    ],
)
def test_a_stream_ends_with_an_exception_that_it_declares(meeting, lines, code):
    got, error = told(meeting(*lines, "after = 2"))
    assert len(got) == 2
    assert error.response["Error"]["Code"] == code


def test_a_stream_pauses_and_goes_on(meeting):
    got, error = told(meeting('kind = "delay"', "seconds = 0.01", "after = 2"))
    assert (got, error) == ([name for name, _ in EVENTS], None)


def test_before_its_first_event_there_is_no_stream_yet(meeting):
    with pytest.raises(ClientError, match="ThrottlingException"):
        told(meeting('kind = "throttle"', "after = 0"))


def test_a_stream_that_ends_before_is_whole(meeting):
    assert told(meeting('kind = "drop"', "after = 99")) == ([name for name, _ in EVENTS], None)


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (['kind = "throttle"', "after_bytes = 9"], "`after_bytes` is for a drop"),
        (['kind = "drop"', "after = 1", "after_bytes = 9"], "in the place of `after`"),
        (['kind = "drop"', "after = -1"], r"\$\.fault\[0\]\.after"),
        (['kind = "fail"', 'exception = "modelStreamErrorException"'], "with `after`"),
        (['kind = "fail"', "after = 1", 'exception = "teapotException"'], "modelStreamErrorException"),
    ],
)
def test_what_cannot_happen_to_a_stream_is_refused(tmp_path, lines, problem):
    with pytest.raises(InvalidConfig, match=problem):
        written(tmp_path, *lines)


def test_an_operation_without_a_stream_has_no_middle(tmp_path):
    file = tmp_path / "faults.toml"
    file.write_text('[[fault]]\noperation = "Converse"\nkind = "drop"\nafter = 1')
    with pytest.raises(InvalidConfig, match="answer with a stream"):
        plan_in(file)

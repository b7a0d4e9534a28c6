"""The framing of event streams: botocore reads what was written, however it arrives."""

from __future__ import annotations

from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from burnish.server.wire.call import ServiceFault
from burnish.server.wire.event_stream import event_message, exception_message, message
from burnish.server.wire.schema import operation_model

STREAM = operation_model("bedrock-runtime", "ConverseStream").get_event_stream_output()
HEADERS = st.dictionaries(st.text(min_size=1, max_size=40), st.text(max_size=200), max_size=8)


def read(*parts: bytes):
    buffer = EventStreamBuffer()
    for part in parts:
        buffer.add_data(part)
    return list(buffer)


@given(
    messages=st.lists(st.tuples(HEADERS, st.binary(max_size=500)), max_size=4),
    size=st.integers(min_value=1, max_value=300),
)
def test_botocore_reads_whatever_was_written(messages, size):
    written = b"".join(message(headers, payload) for headers, payload in messages)
    parts = [written[start : start + size] for start in range(0, len(written), size)]
    assert [(one.headers, one.payload) for one in read(*parts)] == messages


def test_an_event_has_its_name_and_its_members():
    (event,) = read(event_message(STREAM, "messageStop", {"stopReason": "end_turn"}))
    assert event.headers[":event-type"] == "messageStop"
    assert event.payload == b'{"stopReason":"end_turn"}'


def test_a_fault_has_the_name_that_the_stream_has_for_it():
    fault = ServiceFault("ModelStreamErrorException", "it broke off", originalStatusCode=500)
    (told,) = read(exception_message(STREAM, fault))
    assert told.headers[":exception-type"] == "modelStreamErrorException"
    assert told.payload == b'{"message":"it broke off","originalStatusCode":500}'
    (told,) = read(exception_message(STREAM, ServiceFault("ModelNotReadyException", "not yet")))
    assert told.headers[":exception-type"] == "internalServerException"

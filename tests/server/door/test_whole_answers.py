"""The head of an answer goes out with the first piece of its body."""

import h11
import pytest

from burnish.server.door.whole_answers import WholeAnswers

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
HEAD = h11.Response(status_code=200, headers=[("content-length", "2")])
STREAMED = h11.Response(status_code=200, headers=[])
END = h11.EndOfMessage()


@pytest.fixture
def asked():
    """What lets an h11 connection, of ours or its own, get a request; gives the connection."""

    def ask(connection, request=REQUEST):
        connection.receive_data(request)
        assert isinstance(connection.next_event(), h11.Request)
        return connection

    return ask


def test_head_and_body_are_one_write(asked):
    answers = asked(WholeAnswers())
    assert answers.send(HEAD) == b""
    assert answers.send(h11.Data(data=b"ok")) == b"HTTP/1.1 200 \r\ncontent-length: 2\r\n\r\nok"
    assert answers.send(END) == b""


@pytest.mark.parametrize(
    "events",
    [
        (HEAD, h11.Data(data=b"o"), h11.Data(data=b"k"), END),
        (STREAMED, h11.Data(data=b""), h11.Data(data=b"piece"), END),
        (STREAMED, END),
        (h11.Response(status_code=204, headers=[]), END),
    ],
)
def test_the_bytes_are_those_of_h11(asked, events):
    whole, plain = asked(WholeAnswers()), asked(h11.Connection(h11.SERVER))
    assert b"".join(map(whole.send, events)) == b"".join(map(plain.send, events))


def test_a_stream_begins_with_its_first_piece_be_it_empty(asked):
    answers = asked(WholeAnswers())
    assert answers.send(STREAMED) == b""
    assert answers.send(h11.Data(data=b"")).startswith(b"HTTP/1.1 200")
    assert answers.send(h11.Data(data=b"late")) == b"4\r\nlate\r\n"


def test_who_waits_to_be_told_to_go_on_is_told_at_once(asked):
    expecting = REQUEST[:-2] + b"Content-Length: 1\r\nExpect: 100-continue\r\n\r\n"
    answers = asked(WholeAnswers(), expecting)
    told = answers.send(h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue"))
    assert told == b"HTTP/1.1 100 Continue\r\n\r\n"


def test_each_answer_of_a_connection_has_its_own_head(asked):
    answers = asked(WholeAnswers())
    first = b"".join(map(answers.send, (HEAD, h11.Data(data=b"ok"), END)))
    assert isinstance(answers.next_event(), h11.EndOfMessage)
    answers.start_next_cycle()
    asked(answers)
    assert b"".join(map(answers.send, (HEAD, h11.Data(data=b"ok"), END))) == first


def test_a_connection_that_closes_sends_nothing(asked):
    assert WholeAnswers().send(h11.ConnectionClosed()) is None

"""A client of HTTP/2 for tests: it asks as real ones do, and sends what none of them would."""

import contextlib
import json
import socket
from dataclasses import dataclass, field

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    InformationalResponseReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)
from hpack import Encoder
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    ExtensionFrame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    SettingsFrame,
    WindowUpdateFrame,
)


def address_in(url):
    host, port = url.removeprefix("http://").split(":")
    return host, int(port)


@dataclass
class Answer:
    status: str | None = None
    interim: list = field(default_factory=list)
    body: bytes = b""
    is_whole: bool = False
    reset: int | None = None

    def json(self):
        return json.loads(self.body)


class RawHttp2:
    """One connection. Without ``is_reader`` it never makes room for more of an answer."""

    def __init__(self, address, *, is_slow=False, is_reader=True):
        self._authority = "{}:{}".format(*address)
        self._socket = socket.create_connection(address, timeout=20)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        config = H2Configuration(
            client_side=True,
            header_encoding="utf-8",
            validate_outbound_headers=False,
            normalize_outbound_headers=False,
        )
        self._h2 = H2Connection(config)
        self._is_reader = is_reader
        self._is_kept = False
        self._was_cut_off = False
        self.answers = {}
        self.goaway = None
        self._h2.initiate_connection()
        first = self._h2.data_to_send()
        for piece in [first[i : i + 1] for i in range(len(first))] if is_slow else [first]:
            self._socket.sendall(piece)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if not self._is_kept:
            self._socket.close()

    @contextlib.contextmanager
    def kept(self):
        """Stay open beyond the end of another block."""
        self._is_kept = True
        yield
        self._socket.close()

    def ask(self, method, path, headers=(), *, body=None, is_whole=True, is_flushed=True):
        """Begin a request; its stream."""
        stream = self._h2.get_next_available_stream_id()
        self.answers[stream] = Answer()
        ends = is_whole and body is None
        self._h2.send_headers(stream, self._head(method, path, headers), end_stream=ends)
        if body is not None:
            self._h2.send_data(stream, body, end_stream=is_whole)
        if is_flushed:
            self.flush()
        return stream

    def _head(self, method, path, headers):
        pseudo = [(":method", method), (":path", path), (":scheme", "http"), (":authority", self._authority)]
        return [*pseudo, *headers]

    def send_body(self, stream, body, *, ends=True):
        """Send a body, and end it, as the server makes room, unless it answers before."""
        answer = self.answers[stream]
        while body and not answer.is_whole and answer.reset is None:
            room = min(self._h2.local_flow_control_window(stream), self._h2.max_outbound_frame_size)
            if not room:
                self.read_until(lambda: self._h2.local_flow_control_window(stream) or answer.is_whole)
                continue
            self._h2.send_data(stream, body[:room], end_stream=ends and len(body) <= room)
            body = body[room:]
            self.flush()

    def take_back(self, stream):
        self._h2.reset_stream(stream, ErrorCodes.CANCEL)

    def flush(self):
        self._send(self._h2.data_to_send())

    def _send(self, data):
        # A server that has had enough closes while we are sending. Of a reset the system tells once:
        # where it has told the one who sends, the one who reads finds nothing but an end.
        try:
            self._socket.sendall(data)
        except OSError:
            self._was_cut_off = True

    def answer(self, stream):
        """The answer to a request, once it is whole or given up."""
        answer = self.answers[stream]
        self.read_until(lambda: answer.is_whole or answer.reset is not None)
        # What refuses the rest of a body comes after the answer.
        return answer

    def read_until(self, is_reached):
        while not is_reached():
            assert self._read(), "the server has closed the connection"

    def read_until_closed(self, *, or_reset=False):
        """How the server ended the connection: by the name of its code, or as a "reset".

        It is reset where the server has not read all that was sent, and its last words may be lost.
        """
        try:
            while self._read():
                resets = [answer.reset for answer in self.answers.values() if answer.reset is not None]
                if or_reset and resets:
                    return ErrorCodes(resets[0]).name
        except ConnectionError:
            return "reset"
        if self.goaway is not None:
            return ErrorCodes(self.goaway).name
        return "reset" if self._was_cut_off else "closed"

    def _read(self):
        if not (data := self._socket.recv(2**16)):
            return False
        for event in self._h2.receive_data(data):
            self._take(event)
        self.flush()
        return True

    def _take(self, event):
        answer = self.answers.setdefault(getattr(event, "stream_id", 0), Answer())
        if isinstance(event, ResponseReceived):
            answer.status = dict(event.headers)[":status"]
        elif isinstance(event, InformationalResponseReceived):
            answer.interim.append(dict(event.headers)[":status"])
        elif isinstance(event, DataReceived):
            answer.body += event.data
            if self._is_reader:
                self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, StreamEnded):
            answer.is_whole = True
        elif isinstance(event, StreamReset):
            answer.reset = int(event.error_code)
        elif isinstance(event, ConnectionTerminated):
            self.goaway = int(event.error_code)

    def say_that_nothing_more_is_asked(self):
        """Send a GOAWAY, and go on reading."""
        self._socket.sendall(GoAwayFrame(0).serialize())

    # What no client would send.

    def flood(self, kind, times, stream=0):
        """The same frame again and again."""
        frames = {
            "ping": PingFrame(0, b"12345678"),
            "settings": SettingsFrame(0),
            "priority": PriorityFrame(1, depends_on=0, stream_weight=1),
            "unknown": ExtensionFrame(0x4F, 0, body=b"?"),
            "window": WindowUpdateFrame(0, window_increment=1),
            "data": DataFrame(stream or 1, b""),
            "continuation": ContinuationFrame(1, b"x" * 16_000),
        }
        first = HeadersFrame(1, b"x").serialize() if kind == "continuation" else b""
        self._send(first + frames[kind].serialize() * times)

    def send_header_bomb(self, size, *, repeats):
        """One large header, and after it a byte for each time that it is to be read again."""
        head = [*self._head("GET", "/", ()), ("x-large", "x" * size)]
        packed = Encoder().encode(head) + b"\xbe" * repeats
        frame = HeadersFrame(1, packed, flags=["END_HEADERS", "END_STREAM"])
        self._socket.sendall(frame.serialize())

    def send_unchecked(self, fields):
        head = [(":method", "GET"), (":scheme", "http"), (":authority", self._authority), *fields]
        stream = self._h2.get_next_available_stream_id()
        self.answers[stream] = Answer()
        self._h2.send_headers(stream, head, end_stream=True)
        self.flush()

"""Idle and slow connections are closed at their deadlines, and others are answered meanwhile."""

import asyncio
import contextlib
import logging
import socket
import ssl
import struct

import httpcore2
import pytest
from starlette.responses import PlainTextResponse, StreamingResponse

from burnish.server.door.deadlines import Deadlines
from burnish.server.door.open_connections import ConnectionLimits
from burnish.server.door.tls import certificate_of
from burnish.waiting import wait_until

SOON = Deadlines(
    checked_every=0.05, head=0.3, keep_alive=1, rest=0.3, closing=0.3, window=0.3, bytes_a_second=10_000
)
CHUNK = bytes(2**16)


async def small_app(scope, receive, send):
    """Answers with the size of the body; ``/endless`` without an end; ``/refuse`` without reading."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    if scope["path"] == "/endless":
        await StreamingResponse(_endless())(scope, receive, send)
        return
    size = 0 if scope["path"] == "/refuse" else await _size_of_body(receive)
    await PlainTextResponse(str(size))(scope, receive, send)


async def _endless():
    while True:
        yield CHUNK
        await asyncio.sleep(0)


async def _size_of_body(receive):
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return size
        size, more = size + len(message["body"]), message["more_body"]
    return size


@pytest.fixture(scope="module")
def address(serving):
    with serving(small_app, deadlines=SOON) as url:
        yield address_in(url)


def address_in(url):
    host, port = url.removeprefix("http://").split(":")
    return host, int(port)


def connected(address, sent=b""):
    connection = socket.create_connection(address, timeout=20)
    connection.sendall(sent)
    return connection


def until_closed(connection):
    """All that the server sends until it closes; a connection that is reset is closed too."""
    received = b""
    with connection, contextlib.suppress(ConnectionResetError):
        while data := connection.recv(65536):
            received += data
    return received


@pytest.mark.attack(
    "Connections",
    "connections that never send a byte, or half a header",
    "closed after 10 s; others are answered",
)
@pytest.mark.parametrize("sent", [b"", b"G", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Half: "])
def test_a_connection_without_a_whole_head_is_closed(address, sent):
    assert until_closed(connected(address, sent)) == b""


def test_a_head_that_trickles_in_is_no_reason_to_wait(address):
    async def trickle():
        reader, writer = await asyncio.open_connection(*address)
        for letter in b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * 10_000:
            writer.write(bytes([letter]))
            await asyncio.sleep(0.05)
            if reader.at_eof():
                break
        received = await reader.read()
        writer.close()
        return received

    with contextlib.suppress(ConnectionResetError):
        assert asyncio.run(trickle()) == b""


def test_a_connection_is_kept_for_further_requests_and_then_closed(address):
    request = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    connection = connected(address, request)
    assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    connection.sendall(request)
    assert b"HTTP/1.1 200" in until_closed(connection)


@pytest.mark.attack(
    "Connections",
    "a body that stops or trickles",
    "408 once less than 1 KiB a second came in 30 s; no time limit",
)
@pytest.mark.parametrize("framing", [b"Content-Length: 1000000", b"Transfer-Encoding: chunked"])
def test_a_body_that_stands_still_is_refused(address, framing):
    head = b"PUT /x HTTP/1.1\r\nHost: localhost\r\n" + framing + b"\r\n\r\n"
    assert until_closed(connected(address, head + b"5\r\n12345\r\n")).startswith(b"HTTP/1.1 408")


def test_a_body_that_was_asked_to_wait_for_is_not_missed(address):
    head = b"PUT /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    connection = connected(address, head)
    assert connection.recv(65536).startswith(b"HTTP/1.1 100")
    connection.sendall(b"abc")
    assert until_closed(connection).endswith(b"3")


def test_the_rest_of_a_refused_body_is_not_waited_for(address):
    head = b"PUT /refuse HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n"
    assert until_closed(connected(address, head)).endswith(b"0")


@pytest.mark.attack(
    "Connections",
    "a client that does not read its answer",
    "cut off once less than 1 KiB a second was read in 30 s",
)
def test_a_client_that_does_not_read_is_cut_off(address):
    connection = connected(address, b"GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n")
    wait_until(lambda: state_of(connection), lambda state: state != ESTABLISHED, interval=0.05, timeout=20)
    connection.close()


ESTABLISHED = 1


def state_of(connection):
    """The state of TCP, as Linux numbers it."""
    return struct.unpack_from("B", connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 16))[0]


@pytest.mark.attack(
    "Connections",
    "more idle connections than the server may have open",
    "the oldest idle ones are closed, others are answered; one log line a minute",
)
def test_idle_connections_make_room_for_others(serving):
    with serving(small_app, limits=ConnectionLimits(most=10, most_of_a_client=10)) as url:
        idle = [connected(address_in(url)) for _ in range(50)]
        assert httpcore2.request("GET", url).status == 200
        for connection in idle:
            connection.close()


def test_connections_that_are_all_being_answered_are_kept_and_others_refused(serving):
    head = b"PUT /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    with serving(small_app, limits=ConnectionLimits(most=4, most_of_a_client=4)) as url:
        busy = [connected(address_in(url), head) for _ in range(4)]
        assert all(connection.recv(65536).startswith(b"HTTP/1.1 100") for connection in busy)
        refusals = [until_closed(connected(address_in(url))) for _ in range(3)]
        assert all(refusal.startswith(b"HTTP/1.1 503") for refusal in refusals)
        assert all(b"Connection: close" in refusal for refusal in refusals)
        for connection in busy:
            connection.sendall(b"abc")
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")
            connection.close()


def test_what_is_no_http_is_said_once_a_minute(address, caplog):
    with caplog.at_level(logging.WARNING):
        for _ in range(20):
            until_closed(connected(address, b"\x16\x03\x01 this is no HTTP\r\n\r\n"))
    assert len([record for record in caplog.records if "Invalid HTTP" in record.getMessage()]) <= 1


@pytest.mark.attack(
    "Connections",
    "plain HTTP, or a handshake that never ends, at a port with TLS",
    "closed after 10 s at most",
)
@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"\x16\x03\x01\x02\x00\x01"])
def test_a_port_with_tls_answers_only_over_tls(serving, certificate, sent):
    tls = certificate_of(*certificate)
    with serving(small_app, deadlines=SOON, tls=tls.context) as url:
        assert not until_closed(connected(address_in(url), sent)).startswith(b"HTTP")
        trusting = ssl.create_default_context(cafile=tls.file)
        with httpcore2.ConnectionPool(ssl_context=trusting) as pool:
            secure = url.replace("http://", "https://")
            assert pool.request("GET", secure).status == 200


def test_a_server_stops_in_spite_of_clients_that_hang(serving):
    head = b"PUT /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\n"
    with serving(small_app, grace=1.0) as url:
        hanging = [connected(address_in(url), sent) for sent in (b"", b"GET /", head, head + b"a")]
        hanging.append(connected(address_in(url), b"GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n"))
        assert httpcore2.request("GET", url).status == 200
    for connection in hanging:
        connection.close()

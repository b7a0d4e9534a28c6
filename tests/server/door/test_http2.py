"""HTTP/2 on the port of HTTP/1.1: by prior knowledge, by upgrade and over TLS, with the same answers."""

import asyncio
import contextlib
import shutil
import ssl
import subprocess
import threading

import httpcore2
import pytest
from http2_client import RawHttp2, address_in
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from burnish.server.door.deadlines import Deadlines
from burnish.server.door.http2 import MAX_STREAMS
from burnish.server.door.tls import certificate_of
from burnish.server.wire.disconnects import hang_up

MIB = 2**20
SOON = Deadlines(checked_every=0.05, head=0.3, keep_alive=1, closing=0.3, window=0.3, bytes_a_second=10_000)

go_on = threading.Event()


async def app(scope, receive, send):
    """Each path another answer."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    request = Request(scope, receive)
    answer = ANSWERS[scope["path"]](request)
    response = await answer if asyncio.iscoroutine(answer) else answer
    await response(scope, receive, send)


async def _echo(request):
    return Response(await request.body())


async def _size(request):
    size = 0
    async for piece in request.stream():
        size += len(piece)
    return PlainTextResponse(str(size))


def _head(request):
    headers = [(name.decode(), value.decode()) for name, value in request.scope["headers"]]
    raw_path = request.scope["raw_path"].decode()
    facts = {"version": request.scope["http_version"], "raw_path": raw_path, "headers": headers}
    return JSONResponse({**facts, "query": request.scope["query_string"].decode()})


def _pieces(_):
    async def pieces():
        yield b"first"
        await asyncio.to_thread(go_on.wait, 20)
        yield b"second"

    return StreamingResponse(pieces())


def _endless(_):
    async def pieces():
        while True:
            yield bytes(2**16)
            await asyncio.sleep(0)

    return StreamingResponse(pieces())


async def _failing(_):
    raise RuntimeError("a bug")


class _HangingUp:
    async def __call__(self, scope, receive, send):
        await hang_up(scope, receive)


ANSWERS = {
    "/drop": lambda _: _HangingUp(),
    "/echo": _echo,
    "/size": _size,
    "/pieces": _pieces,
    "/endless": _endless,
    "/fail": _failing,
    "/refuse": lambda _: PlainTextResponse("no", 403),
    "/large": lambda _: Response(bytes(8 * MIB)),
    "/a b": _head,
    "/": _head,
}


@pytest.fixture(scope="module")
def url(serving):
    with serving(app) as url:
        yield url


@pytest.fixture(scope="module")
def hasty(serving):
    with serving(app, deadlines=SOON) as url:
        yield url


@pytest.fixture
def pool():
    with httpcore2.ConnectionPool(http1=False, http2=True) as pool:
        yield pool


@pytest.fixture
def raw(url):
    with RawHttp2(address_in(url)) as client:
        yield client


def test_a_client_that_begins_with_http2_is_answered_in_it(url, pool):
    answer = pool.request("GET", f"{url}/?x=%2F")
    assert answer.extensions["http_version"] == b"HTTP/2"
    assert (answer.status, dict(answer.headers)[b"server"]) == (200, b"burnish")


def test_the_preface_may_come_letter_by_letter(url):
    with RawHttp2(address_in(url), is_slow=True) as client:
        assert client.answer(client.ask("GET", "/refuse")).status == "403"


def test_http1_is_answered_as_before_also_where_it_begins_like_the_preface(url):
    with httpcore2.ConnectionPool() as pool:
        assert pool.request("PUT", f"{url}/echo", content=b"abc").content == b"abc"


def test_the_application_sees_the_request_as_over_http1(url, raw):
    stream = raw.ask("POST", "/a%20b?x=%2F", [("x-own", "1")], body=b"{}")
    head = raw.answer(stream).json()
    assert (head["version"], head["raw_path"], head["query"]) == ("2", "/a%20b", "x=%2F")
    host = url.removeprefix("http://")
    # The body's length is not said, and an application reads no body that no header announces.
    assert head["headers"] == [["host", host], ["x-own", "1"], ["transfer-encoding", "chunked"]]


def test_a_body_goes_both_ways_whole(url, pool):
    body = bytes(range(256)) * 4 * 2**10
    assert pool.request("POST", f"{url}/echo", content=body).content == body


def test_an_answer_larger_than_every_window_arrives(url, pool):
    assert len(pool.request("GET", f"{url}/large").content) == 8 * MIB


def test_a_stream_flows_piece_by_piece(url, raw):
    go_on.clear()
    stream = raw.ask("GET", "/pieces")
    raw.read_until(lambda: raw.answers[stream].body)
    assert (raw.answers[stream].body, raw.answers[stream].is_whole) == (b"first", False)
    go_on.set()
    assert raw.answer(stream).body == b"firstsecond"


def test_requests_on_one_connection_are_answered_beside_each_other(url, raw):
    go_on.clear()
    waiting = raw.ask("GET", "/pieces")
    assert raw.answer(raw.ask("GET", "/refuse")).status == "403"
    go_on.set()
    assert raw.answer(waiting).is_whole


def test_a_refused_body_is_not_wanted_any_more(url, raw):
    stream = raw.ask("PUT", "/refuse", [("content-length", "1000000")], body=b"begun", is_whole=False)
    answer = raw.answer(stream)
    assert (answer.status, answer.reset) == ("403", 0)


def test_an_application_that_fails_is_a_500(url, raw):
    assert raw.answer(raw.ask("GET", "/fail")).status == "500"


def test_a_client_that_will_ask_no_more_gets_the_rest_of_its_answers(raw):
    go_on.clear()
    stream = raw.ask("GET", "/pieces")
    raw.read_until(lambda: raw.answers[stream].body == b"first")
    raw.say_that_nothing_more_is_asked()
    go_on.set()
    assert raw.answer(stream).body == b"firstsecond"
    assert raw.read_until_closed() == "NO_ERROR"


def test_a_client_that_waits_to_be_told_is_told_to_go_on(url, raw):
    head = [("expect", "100-continue"), ("content-length", "3")]
    stream = raw.ask("PUT", "/size", head, is_whole=False)
    raw.read_until(lambda: "100" in raw.answers[stream].interim)
    raw.send_body(stream, b"abc")
    assert raw.answer(stream).body == b"3"


def test_a_head_of_http1_asks_for_http2(url):
    if shutil.which("curl") is None:
        pytest.skip("curl is not on this machine")
    command = ["curl", "-s", "--http2", "-w", " %{http_version} %{http_code}", f"{url}/refuse"]
    assert subprocess.run(command, capture_output=True, check=True, text=True).stdout == "no 2 403"
    with_body = [*command[:-1], "-d", "body", f"{url}/echo"]
    assert subprocess.run(with_body, capture_output=True, check=True, text=True).stdout == "body 1.1 200"


def test_http2_is_agreed_on_over_tls(serving, certificate):
    tls = certificate_of(*certificate)
    with serving(app, tls=tls.context) as url:
        trusting = ssl.create_default_context(cafile=tls.file)
        with httpcore2.ConnectionPool(http1=True, http2=True, ssl_context=trusting) as pool:
            answer = pool.request("GET", url.replace("http://", "https://"))
    assert answer.extensions["http_version"] == b"HTTP/2"


def test_requests_in_progress_are_answered_before_the_server_stops(serving):
    go_on.clear()
    with contextlib.ExitStack() as running:
        url = running.enter_context(serving(app))
        client = running.enter_context(RawHttp2(address_in(url)))
        stream = client.ask("GET", "/pieces")
        client.read_until(lambda: client.answers[stream].body)
        stopping = threading.Thread(target=running.pop_all().close)
        # The client must outlive the server here: it is closed by hand.
        with client.kept():
            stopping.start()
            refused = client.ask("GET", "/refuse")
            while client.answer(refused).status == "403":  # until the server has begun to stop
                refused = client.ask("GET", "/refuse")
            go_on.set()
            assert client.answer(stream).body == b"firstsecond"
            stopping.join()


def test_a_request_that_is_hung_up_on_has_no_answer_and_others_have(raw):
    dropped = raw.answer(raw.ask("GET", "/drop"))
    assert (dropped.status, dropped.is_whole, dropped.reset is None) == (None, False, False)
    assert raw.answer(raw.ask("GET", "/refuse")).status == "403"


LIMITS = "Connections"
#: How the server ends a connection; where it has not read all that came, its words do not arrive.
ENOUGH = ("ENHANCE_YOUR_CALM", "PROTOCOL_ERROR", "reset")


@pytest.mark.attack(
    LIMITS,
    "HTTP/2: requests that are taken back at once, again and again",
    "the connection ends after about a hundred (ENHANCE_YOUR_CALM)",
)
def test_rapid_resets_end_the_connection(url, raw):
    for _ in range(300):
        raw.take_back(raw.ask("GET", "/refuse", is_flushed=False))
    raw.flush()
    assert raw.read_until_closed() in ENOUGH
    assert_others_are_answered(url)


@pytest.mark.attack(
    LIMITS,
    "HTTP/2: a flood of pings, settings, priorities or unknown frames",
    "the connection ends after about 1,000",
)
@pytest.mark.parametrize("kind", ["ping", "settings", "priority", "unknown", "window"])
def test_a_flood_of_frames_ends_the_connection(url, raw, kind):
    raw.flood(kind, 3000)
    assert raw.read_until_closed() in ENOUGH
    assert_others_are_answered(url)


@pytest.mark.attack(
    LIMITS, "HTTP/2: empty pieces of a body that never ends", "the connection ends after about 1,000"
)
def test_empty_pieces_end_the_connection(url, raw):
    stream = raw.ask("POST", "/size", is_whole=False)
    raw.flood("data", 3000, stream)
    assert raw.read_until_closed() in ENOUGH


@pytest.mark.attack(
    LIMITS,
    "HTTP/2: a head that goes on without an end (CONTINUATION)",
    "the connection ends after 1 MiB at most",
)
def test_a_head_without_an_end_ends_the_connection(url, raw):
    raw.flood("continuation", 200)
    assert raw.read_until_closed() in ENOUGH
    assert_others_are_answered(url)


@pytest.mark.attack(
    LIMITS,
    "HTTP/2: a small head that unpacks to a large one (HPACK)",
    "the connection ends at 64 KiB of head",
)
def test_a_head_that_unpacks_to_a_large_one_ends_the_connection(url, raw):
    raw.send_header_bomb(4000, repeats=3000)
    assert raw.read_until_closed() in ENOUGH
    assert_others_are_answered(url)


@pytest.mark.attack(
    LIMITS,
    "HTTP/2: more requests at once than a connection may have",
    "100 at most; then the connection ends",
)
def test_more_streams_than_allowed_end_the_connection(url, raw):
    for _ in range(MAX_STREAMS + 1):
        raw.ask("POST", "/size", is_whole=False, is_flushed=False)
    raw.flush()
    assert raw.read_until_closed() in ENOUGH
    assert_others_are_answered(url)


@pytest.mark.attack(
    LIMITS,
    "HTTP/2: two names of the host, a line break in a header, a path that is none",
    "the request or the connection ends",
)
@pytest.mark.parametrize(
    "fields",
    [
        [(":path", "/"), ("host", "evil.example")],
        [(":path", "/"), ("x-split", "a\r\nHost: evil.example")],
        [(":path", "/ HTTP/1.1\r\nHost: evil.example\r\n\r\n")],
        [(":path", "http://evil.example/")],
        [(":path", "/"), ("transfer-encoding", "chunked")],
    ],
)
def test_a_head_that_http1_would_split_is_refused(url, raw, fields):
    raw.send_unchecked(fields)
    assert raw.read_until_closed(or_reset=True) in ENOUGH


@pytest.mark.attack(
    LIMITS,
    "HTTP/2: a client that makes no room for its answer",
    "that request ends once less than 1 KiB a second was read in 30 s",
)
def test_an_answer_that_is_not_taken_is_given_up(hasty):
    with RawHttp2(address_in(hasty), is_reader=False) as client:
        stream = client.ask("GET", "/endless")
        client.read_until(lambda: client.answers[stream].reset is not None)


@pytest.mark.attack(LIMITS, "HTTP/2: a body that stops", "408 once less than 1 KiB a second came in 30 s")
def test_a_body_that_stands_still_is_refused_over_http2(hasty):
    with RawHttp2(address_in(hasty)) as client:
        stream = client.ask("POST", "/size", is_whole=False)
        assert client.answer(stream).status == "408"


@pytest.mark.attack(LIMITS, "HTTP/2: connections that ask for nothing", "closed after 10 s")
def test_a_connection_that_asks_for_nothing_is_closed(hasty):
    with RawHttp2(address_in(hasty)) as client:
        assert client.read_until_closed() == "NO_ERROR"


def test_a_connection_that_was_used_is_kept_for_a_while(hasty):
    with RawHttp2(address_in(hasty)) as client:
        assert client.answer(client.ask("GET", "/refuse")).status == "403"
        assert client.answer(client.ask("GET", "/refuse")).status == "403"
        assert client.read_until_closed() == "NO_ERROR"


def assert_others_are_answered(url):
    assert httpcore2.request("GET", f"{url}/refuse").status == 403

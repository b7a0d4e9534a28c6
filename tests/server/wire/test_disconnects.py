"""Who hangs up is not worked for: the work is cancelled, and only where that leaves nothing half done."""

from __future__ import annotations

import asyncio
import socket
import threading

import pytest
from starlette.requests import ClientDisconnect

from burnish.server.wire.disconnects import while_connected


async def silent() -> dict[str, str]:
    await asyncio.Event().wait()
    raise AssertionError("nobody sets it")


async def hung_up() -> dict[str, str]:
    return {"type": "http.disconnect"}


def test_the_work_of_a_client_that_stays_is_done():
    async def work() -> str:
        await asyncio.sleep(0)
        return "done"

    assert asyncio.run(while_connected(silent, work())) == "done"


def test_what_the_work_raises_is_raised():
    async def work() -> None:
        raise LookupError("no")

    with pytest.raises(LookupError):
        asyncio.run(while_connected(silent, work()))


@pytest.mark.parametrize("before", [[], [{"type": "http.request"}]])
def test_the_work_of_a_client_that_hangs_up_is_cancelled(before):
    messages = [*before, {"type": "http.disconnect"}]
    ended = []

    async def receive() -> dict[str, str]:
        return messages.pop(0)

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append(True)
            raise

    with pytest.raises(ClientDisconnect):
        asyncio.run(while_connected(receive, work()))
    assert ended == [True]


@pytest.mark.parametrize(
    ("service", "operation", "path", "is_cancelled"),
    [
        ("bedrock-runtime", "Converse", "/model/any/converse", True),
        ("bedrock", "DeleteCustomModel", "/custom-models/any", False),
    ],
)
def test_a_question_is_given_up_when_its_caller_hangs_up_and_a_change_is_not(
    served, service, operation, path, is_cancelled
):
    begun, may_end, outcome = threading.Event(), threading.Event(), threading.Event()
    was_cancelled = []

    async def handler(_):
        begun.set()
        try:
            while not may_end.is_set():
                await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            was_cancelled.append(True)
            raise
        finally:
            outcome.set()
        return {}

    before = dict(served.handlers)
    served.handlers[service, operation] = handler
    try:
        with hanging_request(served, service, operation):
            assert begun.wait(20)
        if not is_cancelled:
            may_end.set()
        assert outcome.wait(20)
    finally:
        may_end.set()
        served.handlers.clear()
        served.handlers.update(before)
    assert was_cancelled == [True] * is_cancelled


def hanging_request(served, service: str, operation: str) -> socket.socket:
    """A connection with a signed request on it, whose answer nobody has read."""
    sent: dict[str, object] = {}

    def keep(request, **_):
        sent.update(method=request.method, url=request.url, headers=dict(request.headers), body=request.body)
        raise InterruptedError

    client = served.client(service)
    client.meta.events.register("before-send", keep)
    arguments = (
        {"modelId": "any", "messages": [{"role": "user", "content": [{"text": "a"}]}]}
        if operation == "Converse"
        else {"modelIdentifier": "any"}
    )
    with pytest.raises(InterruptedError):
        getattr(client, {"Converse": "converse", "DeleteCustomModel": "delete_custom_model"}[operation])(
            **arguments
        )
    host, _, rest = str(sent["url"]).removeprefix("http://").partition("/")
    name, _, port = host.partition(":")
    body = sent["body"] or b""
    headers = {**sent["headers"], "Host": host, "Content-Length": str(len(body))}
    lines = [f"{sent['method']} /{rest} HTTP/1.1"]
    for key, value in headers.items():
        lines.append(f"{key}: {value.decode() if isinstance(value, bytes) else value}")
    connection = socket.create_connection((name, int(port)))
    connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
    return connection

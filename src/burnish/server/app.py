"""The server as one ASGI application. It binds nothing: whoever has a port runs it, e.g. with uvicorn."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import TypeAlias

from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from burnish.server.door.bodies import BodyReader
from burnish.server.door.hosts import LOOPBACK_NAMES, AllowedHosts, HostCheck
from burnish.server.health import Health
from burnish.server.openai.door import Backend, is_for_openai
from burnish.server.openai.routes import UPLOADS, openai_door
from burnish.server.principals import Keys
from burnish.server.refusals import refusal_response
from burnish.server.s3.gateway import ObjectsGateway
from burnish.server.wire.call import Handlers
from burnish.server.wire.dispatch import Wire

Lifespan: TypeAlias = Callable[[], AbstractAsyncContextManager[None]]


class _Doors:
    """AWS's door and, where there is one, OpenAI's. Which is meant, no table of paths could tell."""

    def __init__(self, wire: ASGIApp, openai: ASGIApp | None) -> None:
        self._wire = wire
        self._openai = openai

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._openai if self._openai and is_for_openai(scope) else self._wire
        await app(scope, receive, send)


class _Application:
    """What answers requests, and beside it what the ASGI server is told at the beginning and at the end."""

    def __init__(self, answering: ASGIApp, lifespan: Lifespan) -> None:
        self._answering = answering
        self._living = Router(lifespan=lambda _: lifespan())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._living if scope["type"] == "lifespan" else self._answering
        await app(scope, receive, send)


def create_app(
    *,
    handlers: Handlers,
    credentials: Keys,
    objects: ObjectsGateway,
    body_folder: Path | None = None,
    allowed_hosts: Iterable[str] = LOOPBACK_NAMES,
    health: Health | None = None,
    openai: Backend | None = None,
    lifespan: Lifespan | None = None,
) -> ASGIApp:
    """An application that speaks Bedrock, Bedrock Runtime, IAM and STS through ``handlers``.

    ``handlers`` maps (service, operation) to a handler; an operation without one answers 501. Requests are
    those of the keys in ``credentials``. ``objects`` answers S3's requests. ``/healthz`` tells ``health``.
    ``openai``, where it is given, answers OpenAI's API under ``/v1/``.
    Large bodies lie in ``body_folder`` while they arrive. A request must be for one of ``allowed_hosts``.
    ``lifespan`` is entered while the application runs.
    """

    @asynccontextmanager
    async def running() -> AsyncIterator[None]:
        try:
            async with lifespan() if lifespan else nullcontext():
                yield
        finally:
            await objects.aclose()

    health, bodies = health or Health(), BodyReader(body_folder)
    wire = Wire(handlers=handlers, keys=credentials, objects=objects, health=health, bodies=bodies)
    uploads = BodyReader(body_folder, UPLOADS)
    door = (
        openai_door(openai, keys=credentials, bodies=bodies, uploads=uploads, health=health)
        if openai
        else None
    )
    # Not by Starlette's application, whose middleware and routes take a tenth of the time of an answer.
    answering = HostCheck(_Doors(wire, door), allowed=AllowedHosts(allowed_hosts), refusal=refusal_response)
    return _Application(answering, running)

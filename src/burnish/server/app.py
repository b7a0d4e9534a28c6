"""The server as one ASGI application. It binds nothing: whoever has a port runs it, e.g. with uvicorn."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import TypeAlias

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from burnish.server.credentials import ServerCredentials
from burnish.server.door.bodies import BodyReader
from burnish.server.door.hosts import LOOPBACK_NAMES, AllowedHosts, HostCheck
from burnish.server.health import Health
from burnish.server.refusals import refusal_response
from burnish.server.s3.gateway import ObjectsGateway
from burnish.server.wire.call import Handlers
from burnish.server.wire.dispatch import Wire

Lifespan: TypeAlias = Callable[[Starlette], AbstractAsyncContextManager[None]]


def create_app(
    *,
    handlers: Handlers,
    credentials: ServerCredentials,
    objects_endpoint: str,
    objects_folder: Path | None = None,
    body_folder: Path | None = None,
    allowed_hosts: Iterable[str] = LOOPBACK_NAMES,
    health: Health | None = None,
    lifespan: Lifespan | None = None,
) -> Starlette:
    """An application that speaks Bedrock, Bedrock Runtime, IAM and STS through ``handlers``.

    ``handlers`` maps (service, operation) to a handler; an operation without one answers 501. S3's
    requests go to the server at ``objects_endpoint``; with ``objects_folder``, where that server keeps its
    objects, uploads that would fill the disk are refused with a clear error. ``/healthz`` tells ``health``.
    Large bodies lie in ``body_folder`` while they arrive. A request must be for one of ``allowed_hosts``.
    ``lifespan`` is entered while the application runs.
    """
    gateway = ObjectsGateway(objects_endpoint, credentials, objects_folder)

    @asynccontextmanager
    async def running(app: Starlette) -> AsyncIterator[None]:
        try:
            async with lifespan(app) if lifespan else nullcontext():
                yield
        finally:
            await gateway.aclose()

    wire = Wire(
        handlers=handlers,
        credentials=credentials,
        objects=gateway,
        health=health or Health(),
        bodies=BodyReader(body_folder),
    )
    hosts = Middleware(HostCheck, allowed=AllowedHosts(allowed_hosts), refusal=refusal_response)
    return Starlette(routes=[Route("/{path:path}", wire)], middleware=[hosts], lifespan=running)

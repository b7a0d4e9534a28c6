"""The whole server: its parts put together on one port, and taken apart again in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import msgspec
from starlette.applications import Starlette

from burnish.engine.catalogue import Catalogue, OpenModel
from burnish.engine.weights import prepared_weights
from burnish.server import data_folder
from burnish.server.app import create_app
from burnish.server.background import beside, repeat
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.operations import control_handlers
from burnish.server.bedrock.runtime import runtime_handlers
from burnish.server.credentials import load_or_create_credentials
from burnish.server.disk_space import FULL, has_room
from burnish.server.door.addresses import ListenAddress
from burnish.server.door.descriptors import raise_descriptor_limit
from burnish.server.door.entrance import Entrance
from burnish.server.health import OBJECTS
from burnish.server.iam.operations import IamStore, iam_handlers
from burnish.server.iam.sts import sts_handlers
from burnish.server.inference.process import InferenceProcess
from burnish.server.s3.object_store import ObjectStore, start_object_store
from burnish.server.s3.watch import ObjectStoreWatch
from burnish.server.server_file import RunningServer
from burnish.server.store import Store
from burnish.server.supervisor import Supervisor

log = logging.getLogger(__name__)

REGION = "us-east-1"
DISK_EVERY_SECONDS = 1.0


def run_server(
    *,
    entrance: Entrance,
    data: Path,
    models: Sequence[OpenModel],
    account_id: str,
    on_ready: Callable[[RunningServer], None] = lambda _: None,
) -> None:
    """Serve on a data folder that is claimed, until interrupted or terminated.

    ``on_ready`` is called once the server answers. What goes on is logged, for jobs and deployments at INFO.
    Raises `CannotStart` when something is in the way, and `DiskFull` where there is no room for its files.
    """
    from burnish.server.door.listening import GuardedServer

    raise_descriptor_limit()
    with _bound(entrance.place) as listening:
        credentials = load_or_create_credentials(data, account_id)
        weights = _weights_of(models)
        log.info("Starting the S3 server")
        objects = start_object_store(data, credentials)
        try:
            control = Control(
                data=data,
                store=Store(data),
                iam=IamStore(data),
                catalogue=Catalogue(models=tuple(models)),
                weights=weights,
                credentials=credentials,
                objects_endpoint=objects.endpoint,
            )
            # Once the databases are there: where there is a mark, one that is missing counts as damage.
            data_folder.mark(data)
            # The port as it was bound: 0 asks for any that is free.
            server = _server_at(entrance, listening.getsockname()[1], control)
            app = _app(control, objects, entrance, server, on_ready)
            GuardedServer(app, listening, health=control.health, tls=entrance.tls).run()
        finally:
            objects.stop()


def _weights_of(models: Sequence[OpenModel]) -> dict[str, Path]:
    """The weights of each model, by its id. A child prepares them: this process never imports torch."""
    # Spawned and not forked: a fork would hold the data folder's lock and the port for as long as it lives.
    with ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn")) as child:
        return {model.id: child.submit(prepared_weights, model).result() for model in models}


def _app(
    control: Control,
    objects: ObjectStore,
    entrance: Entrance,
    server: RunningServer,
    on_ready: Callable[[RunningServer], None],
) -> Starlette:
    inference = InferenceProcess(control.data / "logs" / "inference.log", health=control.health)

    # Before the server answers: a disk that is full is told as the reason why it does not start.
    sign = control.data / data_folder.SIGN
    draft = _drafted_sign(sign, server)

    @contextlib.asynccontextmanager
    async def running(_: Starlette) -> AsyncIterator[None]:
        health = control.health
        supervising, watching = Supervisor(control, inference), ObjectStoreWatch(objects, health)
        try:
            async with (
                beside(supervising.run(), part="supervisor", health=health),
                beside(watching.run(), part=OBJECTS, health=health),
                beside(_watch_disk(control), part="watch over the disk", health=health),
            ):
                with _put_up(draft, sign):
                    on_ready(server)
                    yield
        finally:
            await inference.stop()
            # Here and not after uvicorn, which raises the signal again that ended it.
            await asyncio.to_thread(objects.stop)
            control.store.close()
            control.iam.close()

    return create_app(
        handlers={
            **control_handlers(control),
            **runtime_handlers(control, inference),
            **iam_handlers(control.iam),
            **sts_handlers(),
        },
        credentials=control.credentials,
        objects_endpoint=objects.endpoint,
        objects_folder=control.data / "objects",
        body_folder=control.data,
        allowed_hosts=entrance.allowed_hosts,
        health=control.health,
        lifespan=running,
    )


def _server_at(entrance: Entrance, port: int, control: Control) -> RunningServer:
    return RunningServer(
        url=entrance.url(port),
        region=REGION,
        models=[model.id for model in control.catalogue.foundation_models()],
        ca_bundle=entrance.ca_bundle,
    )


def _drafted_sign(sign: Path, server: RunningServer) -> Path:
    """Write where the server is to be found, for ``burnish env`` and for whoever started it."""
    draft = sign.with_name(f"{sign.name}.draft")
    data_folder.write_whole(draft, msgspec.json.encode(server))
    return draft


@contextlib.contextmanager
def _put_up(draft: Path, sign: Path) -> Iterator[None]:
    """Have the sign up for as long as the server answers."""
    draft.replace(sign)
    try:
        yield
    finally:
        log.info("Stopping")
        sign.unlink(missing_ok=True)


async def _watch_disk(control: Control) -> None:
    async def look() -> None:
        is_full = not await asyncio.to_thread(has_room, control.data)
        control.health.report("disk", FULL if is_full else None)

    await repeat(look, part="data folder", every=DISK_EVERY_SECONDS, health=control.health)


@contextlib.contextmanager
def _bound(place: ListenAddress) -> Iterator[socket.socket]:
    listening = place.bound()
    # asyncio does this only for sockets that name their protocol. Without it each answer, sent as a head and
    # a body, waits 40 ms for the other side's delayed acknowledgement; accepted connections inherit it.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with listening:
        yield listening

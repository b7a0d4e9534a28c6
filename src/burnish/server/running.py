"""The whole server: its parts put together on one port, and taken apart again in order."""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from starlette.applications import Starlette

from burnish.engine.catalogue import Catalogue, OpenModel
from burnish.engine.weights import prepared_weights
from burnish.errors import CannotStart
from burnish.server import data_folder
from burnish.server.app import create_app
from burnish.server.background import beside, repeat
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.operations import control_handlers
from burnish.server.bedrock.runtime import runtime_handlers
from burnish.server.credentials import load_or_create_credentials
from burnish.server.disk_space import FULL, has_room
from burnish.server.iam.operations import IamStore, iam_handlers
from burnish.server.iam.sts import sts_handlers
from burnish.server.inference import InferenceProcess
from burnish.server.s3.object_store import ObjectStore, start_object_store
from burnish.server.s3.watch import PART, ObjectStoreWatch
from burnish.server.store import Store
from burnish.server.supervisor import Supervisor

REGION = "us-east-1"
DISK_EVERY_SECONDS = 1.0


def run_server(*, host: str, port: int, data: Path, models: Sequence[OpenModel], account_id: str) -> None:
    """Serve on a data folder that is claimed, until interrupted or terminated.

    Raises `CannotStart` when something is in the way, and `DiskFull` where there is no room for its files.
    """
    import uvicorn

    with _bound(host, port) as listening:
        # The address as it was bound: port 0 asks for any that is free.
        url = f"http://{host}:{listening.getsockname()[1]}"
        credentials = load_or_create_credentials(data, account_id)
        weights = _weights_of(models)
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
            data_folder.mark(data)
            app = _app(control, objects, url)
            config = uvicorn.Config(
                app, log_level="warning", server_header=False, timeout_graceful_shutdown=3
            )
            uvicorn.Server(config).run(sockets=[listening])
        finally:
            objects.stop()


def _weights_of(models: Sequence[OpenModel]) -> dict[str, Path]:
    """The weights of each model, by its id. A child prepares them: this process never imports torch."""
    with ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn")) as child:
        return {model.id: child.submit(prepared_weights, model).result() for model in models}


def _app(control: Control, objects: ObjectStore, url: str) -> Starlette:
    inference = InferenceProcess(control.data / "logs" / "inference.log", health=control.health)

    # Before the server answers: a disk that is full is told as the reason why it does not start.
    sign = control.data / data_folder.SIGN
    draft = _drafted_sign(sign, url, control)

    @contextlib.asynccontextmanager
    async def running(_: Starlette) -> AsyncIterator[None]:
        health = control.health
        supervising, watching = Supervisor(control, inference), ObjectStoreWatch(objects, health)
        try:
            async with (
                beside(supervising.run(), part="supervisor", health=health),
                beside(watching.run(), part=PART, health=health),
                beside(_watch_disk(control), part="watch over the disk", health=health),
            ):
                draft.replace(sign)
                try:
                    yield
                finally:
                    sign.unlink(missing_ok=True)
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
        health=control.health,
        lifespan=running,
    )


def _drafted_sign(sign: Path, url: str, control: Control) -> Path:
    """Write where the server is to be found, for ``burnish env`` and for whoever started it."""
    ids = [model.id for model in control.catalogue.foundation_models()]
    draft = sign.with_name(f"{sign.name}.draft")
    data_folder.write_whole(draft, json.dumps({"url": url, "region": REGION, "models": ids}).encode())
    return draft


async def _watch_disk(control: Control) -> None:
    async def look() -> None:
        is_full = not await asyncio.to_thread(has_room, control.data)
        control.health.report("disk", FULL if is_full else None)

    await repeat(look, part="data folder", every=DISK_EVERY_SECONDS, health=control.health)


@contextlib.contextmanager
def _bound(host: str, port: int) -> Iterator[socket.socket]:
    try:
        listening = socket.create_server((host, port))
    except OSError as error:
        raise CannotStart(
            f"Port {port} of {host} cannot be had ({error.strerror}): choose another with --port"
        ) from error
    # asyncio does this only for sockets that name their protocol. Without it each answer, sent as a head and
    # a body, waits 40 ms for the other side's delayed acknowledgement; accepted connections inherit it.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with listening:
        yield listening

"""The whole server: its parts put together on one port, and taken apart again in order."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
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
from burnish.server.app import create_app
from burnish.server.background import beside
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.operations import control_handlers
from burnish.server.bedrock.runtime import runtime_handlers
from burnish.server.credentials import load_or_create_credentials
from burnish.server.iam.operations import IamStore, iam_handlers
from burnish.server.iam.sts import sts_handlers
from burnish.server.inference import InferenceProcess
from burnish.server.s3.object_store import ObjectStore, start_object_store
from burnish.server.s3.watch import PART, ObjectStoreWatch
from burnish.server.store import Store
from burnish.server.supervisor import Supervisor

SIGN = "server.json"
REGION = "us-east-1"


def run_server(*, host: str, port: int, data: Path, models: Sequence[OpenModel], account_id: str) -> None:
    """Serve until interrupted or terminated. Raises `CannotStart` when something is in the way."""
    import uvicorn

    data = data.resolve()
    (data / "logs").mkdir(parents=True, exist_ok=True)
    with _only_server(data), _bound(host, port) as listening:
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

    @contextlib.asynccontextmanager
    async def running(_: Starlette) -> AsyncIterator[None]:
        sign = control.data / SIGN
        supervising, watching = Supervisor(control, inference), ObjectStoreWatch(objects, control.health)
        try:
            async with (
                beside(supervising.run(), part="supervisor", health=control.health),
                beside(watching.run(), part=PART, health=control.health),
            ):
                _write_sign(sign, url, control)
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


def _write_sign(sign: Path, url: str, control: Control) -> None:
    """Say where the server is to be found, for ``burnish env`` and for whoever started it."""
    ids = [model.id for model in control.catalogue.foundation_models()]
    fresh = sign.with_suffix(".new")
    fresh.write_text(json.dumps({"url": url, "region": REGION, "models": ids}), encoding="utf-8")
    fresh.replace(sign)


@contextlib.contextmanager
def _only_server(data: Path) -> Iterator[None]:
    """Hold the data folder, so that no second server works on it."""
    with (data / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CannotStart(
                f"Another server works in {data}: stop it, or name another folder with --data"
            ) from error
        yield


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

"""The whole server: its parts put together on one port, and taken apart again in order."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import multiprocessing
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import msgspec
from prometheus_client import CollectorRegistry, ProcessCollector
from starlette.types import ASGIApp

from burnish.engine.catalogue import Catalogue, OpenModel
from burnish.engine.inference_messages import IDLE_SECONDS
from burnish.engine.weights import prepared_weights
from burnish.server import data_folder
from burnish.server.app import create_app
from burnish.server.at_once import limited
from burnish.server.background import beside, repeat
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.operations import control_handlers
from burnish.server.bedrock.permissions import bedrock_permissions
from burnish.server.bedrock.runtime.operations import runtime_handlers
from burnish.server.capacity import capacity_here
from burnish.server.cluster.cluster_setting import ClusterSetting
from burnish.server.credentials import load_or_create_credentials
from burnish.server.disk_space import FULL, has_room
from burnish.server.door.addresses import ListenAddress
from burnish.server.door.descriptors import raise_descriptor_limit
from burnish.server.door.entrance import Entrance
from burnish.server.door.listening import GRACE_SECONDS, GuardedServer
from burnish.server.health import OBJECTS
from burnish.server.iam.key_ring import KeyRing
from burnish.server.iam.operations import IamStore, iam_handlers
from burnish.server.iam.permissions import iam_permissions
from burnish.server.iam.sts import sts_handlers
from burnish.server.inference.process import InferenceProcess
from burnish.server.invocation_logs.delivery import InvocationLog
from burnish.server.metrics.listener import HOST, metrics_served
from burnish.server.metrics.request_metrics import RequestMetrics
from burnish.server.metrics.state_metrics import StateMetrics
from burnish.server.openai.door import Backend
from burnish.server.openai.storage import DoorStorage
from burnish.server.planned_faults import FaultPlan, with_faults
from burnish.server.principals import Keys
from burnish.server.request_log import RequestLog
from burnish.server.request_record import ObservedRequests
from burnish.server.s3.gateway import ObjectsGateway
from burnish.server.s3.object_store import ObjectStore, start_object_store
from burnish.server.s3.role_storage import ALL_OF_S3, RoleStorage
from burnish.server.s3.watch import ObjectStoreWatch
from burnish.server.server_file import RunningServer
from burnish.server.store import Store
from burnish.server.supervisor import Supervisor
from burnish.server.teacher_endpoint import TeacherEndpoint
from burnish.server.training.launcher import Launcher
from burnish.server.training.process_launcher import ProcessLauncher
from burnish.server.wire.access import guarded
from burnish.server.wire.call import Handlers
from burnish.server.wire.schema import service_model

log = logging.getLogger(__name__)

REGION = "us-east-1"
DISK_EVERY_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class Conduct:
    """How requests are answered, whatever they ask: so many of a key at a time, and with which faults.

    When the server stops, those in progress have ``grace`` seconds to be answered. Figures for Prometheus are
    told at ``metrics_port``, where one is given. Teachers of distillations that the server does not have are
    asked at ``teacher_endpoint``.
    """

    max_at_once: int | None = None
    faults: FaultPlan | None = None
    grace: float = GRACE_SECONDS
    metrics_port: int | None = None
    teacher_endpoint: TeacherEndpoint | None = None
    #: Where jobs are trained, if not on this machine.
    cluster: ClusterSetting | None = None

    def kept_by(self, handlers: Handlers) -> Handlers:
        """The handlers, which behave so."""
        faulty = with_faults(handlers, self.faults) if self.faults else handlers
        return limited(faulty, self.max_at_once) if self.max_at_once else faulty


def run_server(
    *,
    entrance: Entrance,
    data: Path,
    models: Sequence[OpenModel],
    account_id: str,
    jobs: int | None = None,
    idle_seconds: float = IDLE_SECONDS,
    conduct: Conduct | None = None,
    on_ready: Callable[[RunningServer], None] = lambda _: None,
) -> None:
    """Serve on a data folder that is claimed, until interrupted or terminated.

    So many ``jobs`` are trained at once; without a number, as many as the machine's GPUs or cores suggest.
    A model that nobody has asked for ``idle_seconds`` leaves the memory.
    ``on_ready`` is called once the server answers. What goes on is logged, for jobs and deployments at INFO.
    Raises `CannotStart` when something is in the way, and `DiskFull` where there is no room for its files.
    """
    conduct = conduct or Conduct()
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
                capacity=conduct.cluster.capacity(jobs) if conduct.cluster else capacity_here(jobs),
                teacher_endpoint=conduct.teacher_endpoint,
            )
            # Once the databases are there: where there is a mark, one that is missing counts as damage.
            data_folder.mark(data)
            # The port as it was bound: 0 asks for any that is free.
            server = _server_at(entrance, listening.getsockname()[1], control)
            inference = InferenceProcess(
                data / "logs" / "inference.log", health=control.health, idle_seconds=idle_seconds
            )
            counted = RequestMetrics(CollectorRegistry())
            app = _app(control, objects, inference, entrance, server, on_ready, conduct, counted)
            GuardedServer(
                ObservedRequests(app, observers=(counted, RequestLog())),
                listening,
                health=control.health,
                tls=entrance.tls,
                grace=conduct.grace,
                on_unread=counted.unread,
            ).run()
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
    inference: InferenceProcess,
    entrance: Entrance,
    server: RunningServer,
    on_ready: Callable[[RunningServer], None],
    conduct: Conduct,
    counted: RequestMetrics,
) -> ASGIApp:
    # Before the server answers: a disk that is full is told as the reason why it does not start.
    sign = control.data / data_folder.SIGN
    draft = _drafted_sign(sign, server)
    logs = InvocationLog(control)
    handlers = _handlers(control, inference, conduct, logs)

    @contextlib.asynccontextmanager
    async def running() -> AsyncIterator[None]:
        _spare_collector_what_lasts()
        try:
            async with _at_work(control, objects, inference, logs, _launcher(control, conduct, server)):
                with _metrics(counted.registry, control, inference, logs, conduct), _put_up(draft, sign):
                    on_ready(server)
                    yield
        finally:
            await inference.stop()
            await logs.finish()
            # Here and not after uvicorn, which raises the signal again that ended it.
            await asyncio.to_thread(objects.stop)
            control.store.close()
            control.iam.close()

    keys = KeyRing(control.credentials, control.iam)
    return create_app(
        handlers=handlers,
        openai=_openai_backend(control, handlers),
        credentials=keys,
        objects=_gateway(control, objects, keys),
        body_folder=control.data,
        allowed_hosts=entrance.allowed_hosts,
        health=control.health,
        lifespan=running,
    )


@contextlib.asynccontextmanager
async def _at_work(
    control: Control,
    objects: ObjectStore,
    inference: InferenceProcess,
    logs: InvocationLog,
    launcher: Launcher,
) -> AsyncIterator[None]:
    """Everything that goes on beside the answering of requests, for as long as the block lasts."""
    health = control.health
    supervising = Supervisor(control, inference, runtime_handlers, launcher)
    watching = ObjectStoreWatch(objects, health)
    async with (
        beside(supervising.run(), part="supervisor", health=health),
        beside(watching.run(), part=OBJECTS, health=health),
        beside(_watch_disk(control), part="watch over the disk", health=health),
        beside(logs.run(), part="delivery of invocation logs", health=health),
    ):
        yield


def _launcher(control: Control, conduct: Conduct, server: RunningServer) -> Launcher:
    """What starts jobs: on the cluster, where there is one, and else on this machine."""
    if conduct.cluster:
        return conduct.cluster.launcher(control, server)
    return ProcessLauncher(control.teacher_endpoint.secrets if control.teacher_endpoint else {})


def _spare_collector_what_lasts() -> None:
    """Take what is in memory once the server has started out of the garbage collector's sight.

    A full collection would go through all of it, to find nothing, and nobody is answered for 0.1 s meanwhile.
    """
    for service in ("bedrock", "bedrock-runtime", "iam", "sts"):
        service_model(service)  # the largest of it, which would otherwise come with the first requests
    gc.collect()
    gc.freeze()


@contextlib.contextmanager
def _metrics(
    registry: CollectorRegistry,
    control: Control,
    inference: InferenceProcess,
    logs: InvocationLog,
    conduct: Conduct,
) -> Iterator[None]:
    """Serve the figures for as long as the block lasts, where that is asked for."""
    if conduct.metrics_port is None:
        yield
        return
    ProcessCollector(registry=registry)
    figures = StateMetrics(
        control.store,
        control.health,
        inference_pid=lambda: inference.pid,
        lost_records=lambda: logs.lost,
    )
    registry.register(figures)
    with metrics_served(registry, conduct.metrics_port) as port:
        log.info("Metrics at http://%s:%d/metrics", HOST, port)
        yield


def _handlers(
    control: Control, inference: InferenceProcess, conduct: Conduct, logs: InvocationLog
) -> Handlers:
    handlers = {
        **control_handlers(control),
        **runtime_handlers(control, inference),
        **iam_handlers(control.iam),
        **sts_handlers(control.iam),
    }
    # Who may not do something is told so on a bad day as well.
    return guarded(
        logs.logged(conduct.kept_by(handlers)),
        {**bedrock_permissions(control), **iam_permissions(control.iam)},
    )


def _openai_backend(control: Control, handlers: Handlers) -> Backend:
    objects = RoleStorage(control.objects_endpoint, control.credentials, ALL_OF_S3)
    account_id = control.credentials.account_id
    return Backend(
        handlers=handlers,
        storage=DoorStorage(account_id=account_id, data=control.data, objects=objects, iam=control.iam),
    )


def _gateway(control: Control, objects: ObjectStore, keys: Keys) -> ObjectsGateway:
    return ObjectsGateway(
        objects.endpoint,
        keys,
        folder=control.data / "objects",
        public_access=control.public_access,
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

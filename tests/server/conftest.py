"""A whole server for a test: the application on a free port, SeaweedFS behind it, boto3 before it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from request_observer import Observer
from starlette.types import ASGIApp

from burnish.policies.evaluation import Grants
from burnish.server.app import create_app
from burnish.server.credentials import ServerCredentials, load_or_create_credentials
from burnish.server.door.listening import GuardedServer
from burnish.server.health import Health
from burnish.server.iam.key_ring import KeyRing
from burnish.server.iam.operations import IamStore, iam_handlers
from burnish.server.iam.permissions import iam_permissions
from burnish.server.iam.sts import sts_handlers
from burnish.server.request_record import ObservedRequests
from burnish.server.s3.gateway import ObjectsGateway
from burnish.server.s3.object_store import ObjectStore, start_object_store
from burnish.server.s3.public_access import PublicAccessBlocks
from burnish.server.s3.role_storage import RoleStorage
from burnish.server.store import Store
from burnish.server.wire.access import guarded, with_access
from burnish.server.wire.call import Handler


@dataclass(frozen=True, kw_only=True)
class Served:
    """A running server, and clients for it."""

    url: str
    credentials: ServerCredentials
    handlers: dict[tuple[str, str], Handler]
    iam: IamStore
    health: Health
    observer: Observer
    unread: list[str]

    def client(
        self,
        service: str,
        *,
        secret_key: str | None = None,
        host: str = "127.0.0.1",
        key: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Any:
        """A boto3 client that does not try again, so that a test sees the first answer."""
        signing = {
            "aws_access_key_id": self.credentials.access_key,
            "aws_secret_access_key": secret_key or self.credentials.secret_key,
        }
        config = Config(retries={"total_max_attempts": 1}, **options)
        return boto3.client(
            service,
            endpoint_url=self.url.replace("127.0.0.1", host),
            region_name="us-east-1",
            **(signing if key is None else key),
            config=config,
        )


@contextmanager
def running(app: ASGIApp, **options: Any) -> Iterator[str]:
    """The URL at which an application answers; ``options`` are those of `GuardedServer`."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        server = GuardedServer(app, bound, **{"health": Health(), **options})
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="session")
def serving() -> Any:
    """`running`, for tests that have an application of their own."""
    return running


@pytest.fixture(scope="session")
def object_store(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[ObjectStore, ServerCredentials, Path]]:
    data = tmp_path_factory.mktemp("served")
    credentials = load_or_create_credentials(data)
    store = start_object_store(data, credentials)
    yield store, credentials, data
    store.stop()


@pytest.fixture(scope="session")
def served(object_store: tuple[ObjectStore, ServerCredentials, Path]) -> Iterator[Served]:
    store, credentials, data = object_store
    iam, state, health = IamStore(data), Store(data), Health()
    handlers = guarded({**iam_handlers(iam), **sts_handlers(iam)}, iam_permissions(iam))
    keys = KeyRing(credentials, iam)
    storage = RoleStorage(store.endpoint, credentials, Grants())
    app = create_app(
        handlers=handlers,
        credentials=keys,
        objects=ObjectsGateway(
            store.endpoint,
            keys,
            folder=data / "objects",
            public_access=PublicAccessBlocks(state.database, storage),
        ),
        health=health,
    )
    observer, unread = Observer(), []
    with running(ObservedRequests(app, observers=[observer]), on_unread=unread.append) as url:
        yield Served(
            url=url,
            credentials=credentials,
            handlers=handlers,
            iam=iam,
            health=health,
            observer=observer,
            unread=unread,
        )
    iam.close()
    state.close()


@pytest.fixture
def handling(served: Served) -> Iterator[Any]:
    """A way to give the server a handler for the length of a test; it tells the calls that it got."""
    before = dict(served.handlers)

    def handle(service: str, operation: str, answer: Mapping[str, Any] | Exception) -> list[Any]:
        calls: list[Any] = []

        async def handler(call: Any) -> Mapping[str, Any]:
            calls.append(call)
            if isinstance(answer, Exception):
                raise answer
            return answer

        served.handlers[service, operation] = with_access(handler, {})
        return calls

    yield handle
    served.handlers.clear()
    served.handlers.update(before)

"""The pytest plugin: a server of one's own that answers as Bedrock does, for the tests of other projects.

Installed with Burnish, it is there without being named. Nothing is started until a test asks for it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from burnish.aws.clients import Clients
    from burnish.service import ModelFinetuningService

REGION = "us-east-1"


@dataclass(frozen=True, kw_only=True)
class BurnishServer:
    """A server that is up: Bedrock, S3, IAM and STS at one address, with an access key of its own."""

    url: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    #: The ids of the models that can be tuned and asked.
    models: tuple[str, ...]

    @property
    def environment(self) -> Mapping[str, str]:
        """What to set so that boto3, the AWS CLI and everything built on them talk to this server."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
        }

    def clients(self) -> Clients:
        """Burnish's own clients of this server."""
        from burnish.aws.clients import AccessKey, open_clients

        key = AccessKey(access_key_id=self.access_key_id, secret_access_key=self.secret_access_key)
        return open_clients(region=REGION, endpoint_url=self.url, credentials=key)

    def service(self) -> ModelFinetuningService:
        """Burnish's service on this server."""
        from burnish.service import ModelFinetuningService

        return ModelFinetuningService(clients=self.clients())


def pytest_addoption(parser: pytest.Parser) -> None:
    """The plugin's options."""
    group = parser.getgroup("burnish", "a server that speaks Bedrock's wire protocol")
    group.addoption(
        "--burnish-model",
        metavar="MODEL",
        help="A hub name or a folder of weights; without it a tiny model, whose answers mean nothing.",
    )
    group.addoption(
        "--burnish-faults",
        metavar="FILE",
        help="A TOML file of faults that the server meets its clients with, as `burnish serve --faults`.",
    )


@pytest.fixture(scope="session")
def burnish_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BurnishServer]:
    """A server that lives as long as the tests. Needs ``burnish[local]``."""
    from burnish.local_server.child_server import child_server
    from burnish.server.credentials import credentials_at

    folder = tmp_path_factory.mktemp("burnish")
    data, log = folder / "data", folder / "server.log"
    model = request.config.getoption("--burnish-model") or str(_tiny_model(folder))
    faults = request.config.getoption("--burnish-faults")
    environment = {**os.environ, "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")}
    plan = Path(faults).resolve() if faults else None
    with child_server(data, log=log, models=[model], faults=plan, environment=environment) as child:
        server = child.once_it_answers()
        key = credentials_at(data)
        yield BurnishServer(
            url=server.url,
            access_key_id=key.access_key,
            secret_access_key=key.secret_key,
            models=tuple(server.models),
        )


@pytest.fixture
def burnish_environment(burnish_server: BurnishServer, monkeypatch: pytest.MonkeyPatch) -> BurnishServer:
    """The server, with the environment set so that this test's boto3 talks to it and to nothing else."""
    for name in ("AWS_SESSION_TOKEN", "AWS_BEARER_TOKEN_BEDROCK", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in burnish_server.environment.items():
        monkeypatch.setenv(name, value)
    return burnish_server


def _tiny_model(folder: Path) -> Path:
    from burnish.engine.language_model.tiny_model import write_tiny_model

    return write_tiny_model(folder / "tiny-llama")

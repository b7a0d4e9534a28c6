"""Clients that reach nobody, and answers put in the place of Bedrock's."""

from __future__ import annotations

import pytest
from botocore.stub import Stubber
from botocore_shapes import input_problems

from burnish.aws import retries
from burnish.aws.clients import AccessKey, Clients, open_clients
from burnish.waiting import Clock


@pytest.fixture
def clients() -> Clients:
    """Clients of an endpoint at which nobody answers."""
    key = AccessKey(access_key_id="a", secret_access_key="b")
    opened = open_clients(region="us-east-1", endpoint_url="http://127.0.0.1:1", credentials=key)
    for service in ("bedrock", "iam", "sts"):
        getattr(opened, service).meta.events.register(f"before-parameter-build.{service}", _check_request)
    return opened


def _check_request(params, model, **_) -> None:
    """Hold every request against the shapes, with what botocore does not check: pattern, enum, max."""
    assert input_problems(model.service_model.service_name, model.name, params) == []


@pytest.fixture
def client(clients):
    """Bedrock's control plane."""
    return clients.bedrock


@pytest.fixture
def bedrock(client):
    """Takes the answers that `client` is to get; every one of them must be asked for."""
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def no_pauses(monkeypatch) -> list[float]:
    """Repeated calls follow at once; the pauses that they would have made."""
    pauses: list[float] = []
    clock = Clock(sleep=pauses.append)
    monkeypatch.setattr(retries, "DEFAULT_BACKOFF", retries.Backoff(clock=clock))
    return pauses

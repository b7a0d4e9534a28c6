"""Objects as a job sees them: what is wrong with the job is told from what is wrong with the S3 server."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from burnish.errors import AccessDenied, NotFound, ServiceUnavailable
from burnish.policies.evaluation import Grants
from burnish.server.bedrock.jobs import _check_data
from burnish.server.job_input import JobRequest, S3Data
from burnish.server.s3 import role_storage
from burnish.server.s3.role_storage import RoleStorage
from burnish.server.wire.call import ServiceFault
from burnish.server.wire.rest_json import fault_response

ALL = Grants(identity=(json.dumps({"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}),))


@pytest.fixture
def storage(object_store) -> RoleStorage:
    store, credentials, _ = object_store
    return RoleStorage(store.endpoint, credentials, ALL)


@contextmanager
def closed_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = bound.getsockname()[1]
    yield port


@contextmanager
def silent_port() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        yield bound.getsockname()[1]


@pytest.mark.attack(
    "Processes",
    "the S3 server is killed as a job is created",
    "500 InternalServerException, which clients try again, and no job",
)
def test_a_job_is_not_refused_for_good_while_the_server_is_away(object_store):
    asked = JobRequest(
        role_arn="arn:aws:iam::123456789012:role/any",
        base_model_identifier="local.any-v1:0",
        training_data_config=S3Data(s3_uri="s3://bucket/training.jsonl"),
        output_data_config=S3Data(s3_uri="s3://bucket/output"),
    )
    with closed_port() as number:
        storage = RoleStorage(f"http://127.0.0.1:{number}", object_store[1], ALL)
        with pytest.raises(ServiceFault) as refused:
            _check_data(storage, asked)
    assert refused.value.code == "InternalServerException"
    assert fault_response("bedrock", refused.value).status_code == 500


@pytest.mark.parametrize("port", [closed_port, silent_port])
@pytest.mark.parametrize("call", ["read", "write", "exists"])
def test_a_server_that_does_not_answer_is_unavailable(object_store, monkeypatch, port, call):
    monkeypatch.setattr(role_storage, "READ_SECONDS", 0.2)
    _, credentials, _ = object_store
    with port() as number:
        storage = RoleStorage(f"http://127.0.0.1:{number}", credentials, ALL)
        given = ("s3://bucket/key", b"body") if call == "write" else ("s3://bucket/key",)
        with pytest.raises(ServiceUnavailable, match="did not answer for s3://bucket/key"):
            getattr(storage, call)(*given)


def test_what_is_not_there_is_said_and_not_taken_for_a_fault_of_the_server(storage):
    assert not storage.exists("s3://no-such-bucket")
    assert not storage.exists("s3://no-such-bucket/key")
    with pytest.raises(NotFound, match="s3://no-such-bucket/key"):
        storage.read("s3://no-such-bucket/key")
    with pytest.raises(NotFound, match="s3://no-such-bucket/key"):
        storage.write("s3://no-such-bucket/key", b"body")


def test_what_the_role_may_not_do_is_denied_before_anything_is_sent(object_store):
    store, credentials, _ = object_store
    storage = RoleStorage(store.endpoint, credentials, Grants())
    with pytest.raises(AccessDenied, match="allow s3:GetObject"):
        storage.read("s3://bucket/key")
    with pytest.raises(AccessDenied, match="allow s3:PutObject"):
        storage.write("s3://bucket/key", b"")


def test_a_boundary_limits_what_the_policies_of_the_role_allow(object_store):
    store, credentials, _ = object_store
    reading = json.dumps({"Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}})
    storage = RoleStorage(store.endpoint, credentials, replace(ALL, boundary=(reading,)))
    assert storage.may("s3:GetObject", "s3://bucket/key")
    with pytest.raises(AccessDenied, match="allow s3:PutObject"):
        storage.write("s3://bucket/key", b"")


def test_a_server_that_refuses_its_own_key_is_not_ready(object_store):
    store, credentials, _ = object_store
    storage = RoleStorage(store.endpoint, replace(credentials, access_key="A" * 20), ALL)
    with pytest.raises(ServiceUnavailable, match="failed at s3://bucket/key"):
        storage.read("s3://bucket/key")

"""A request that meets damage gets the error that its operation declares, and the server says what helps."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from damaged_pages import PADDING, damage_a_page

from burnish.engine.catalogue import DEFAULT_MODEL, Catalogue
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.operations import control_handlers
from burnish.server.health import STATE
from burnish.server.iam.operations import iam_handlers
from burnish.server.iam.store import FILE_NAME as IAM_FILE
from burnish.server.iam.store import IamStore
from burnish.server.resources import Throughput
from burnish.server.store import FILE_NAME, Store

REMEDY = r"is damaged.* put a copy in its place from a backup that `burnish backup` has made"


def fill_state(data: Path) -> Path:
    with closing(Store(data)) as store:
        for number in range(24):
            throughput = Throughput(
                arn=f"arn:aws:bedrock:us-east-1:123456789012:provisioned-model/{number:012}",
                region="us-east-1",
                name=f"throughput-{number}",
                model_arn="arn:aws:bedrock:us-east-1:123456789012:custom-model/m/aaaaaaaaaaaa",
                base_model_id="local.m-v1:0",
                units=1,
                failure_message=PADDING,
            )
            store.add(throughput)
    return data / FILE_NAME


def fill_iam(data: Path) -> Path:
    IamStore(data).close()
    with closing(sqlite3.connect(data / IAM_FILE)) as iam:
        query = "insert into roles values (?, ?, ?, '/', ?, null, 3600, '2025-01-01T00:00:00')"
        iam.executemany(query, [(f"role-{one}", f"AROA{one}", f"arn-{one}", PADDING) for one in range(24)])
        iam.commit()
    return data / IAM_FILE


@pytest.fixture
def answering(served, handling):
    """A way to have the server answer from the state in a folder, for the length of a test."""
    with ExitStack() as until_done:

        def answer_from(data) -> None:
            store, iam = (until_done.enter_context(closing(kind(data))) for kind in (Store, IamStore))
            control = Control(
                data=data,
                store=store,
                iam=iam,
                catalogue=Catalogue(models=(DEFAULT_MODEL,)),
                weights={},
                credentials=served.credentials,
                objects_endpoint="",
            )
            served.handlers.update({**control_handlers(control), **iam_handlers(iam)})

        yield answer_from
    served.health.report(STATE, None)


@pytest.mark.attack(
    "Files on disk",
    "a list meets a page of the state that is overwritten",
    "the operation's declared error; /healthz says degraded and what helps; the rest is answered",
)
@pytest.mark.parametrize(
    ("fill", "service", "operation", "code"),
    [
        (fill_state, "bedrock", "list_provisioned_model_throughputs", "InternalServerException"),
        (fill_iam, "iam", "list_roles", "ServiceFailure"),
    ],
)
def test_it_is_the_declared_error_once_in_the_log_and_in_the_health(
    tmp_path, served, answering, caplog, fill, service, operation, code
):
    damage_a_page(fill(tmp_path))
    answering(tmp_path)
    for _ in range(2):
        with pytest.raises(ClientError, match=REMEDY) as refused:
            getattr(served.client(service), operation)()
        assert refused.value.response["Error"]["Code"] == code
    served.client("bedrock").list_custom_models()
    (logged,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert served.health.status == "degraded"
    assert logged.getMessage() == served.health.problems[STATE]
    assert logged.exc_info

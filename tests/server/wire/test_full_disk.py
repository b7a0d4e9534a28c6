"""A full disk is told by the error that the operation declares, which clients try again."""

from __future__ import annotations

import errno
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from burnish.errors import DiskFull
from burnish.server.databases import StateUnavailable
from burnish.server.disk_space import require_room

TOLD = "The disk of this server's data folder is full: free some space and try again"


def sqlite_full() -> sqlite3.OperationalError:
    """The error that SQLite itself raises where it may not grow."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("create table rows (a)")
        database.execute("pragma max_page_count = 2")
        try:
            database.execute("insert into rows values (zeroblob(100000))")
        except sqlite3.OperationalError as error:
            return error
    raise AssertionError("SQLite found room")


def list_models(client) -> None:
    client.list_custom_models()


def converse(client) -> None:
    client.converse(modelId="m", messages=[{"role": "user", "content": [{"text": "?"}]}])


def list_roles(client) -> None:
    client.list_roles()


ERRORS = [sqlite_full(), OSError(errno.ENOSPC, "No space left on device"), DiskFull("no room")]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(
    ("service", "operation", "ask", "code", "status"),
    [
        ("bedrock", "ListCustomModels", list_models, "InternalServerException", 500),
        ("bedrock-runtime", "Converse", converse, "ServiceUnavailableException", 503),
        ("iam", "ListRoles", list_roles, "ServiceFailure", 500),
    ],
)
def test_it_is_the_declared_error(served, handling, error, service, operation, ask, code, status):
    handling(service, operation, error)
    with pytest.raises(ClientError, match=TOLD) as refused:
        ask(served.client(service))
    answer = refused.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)


def test_a_state_that_is_kept_busy_is_the_declared_error_too(served, handling):
    handling(
        "iam", "ListRoles", StateUnavailable(Path("/srv/iam.sqlite3"), "is kept busy by another process")
    )
    with pytest.raises(ClientError, match=r"state of this server is kept busy by .*: try again") as refused:
        served.client("iam").list_roles()
    assert refused.value.response["Error"]["Code"] == "ServiceFailure"
    assert "/srv" not in str(refused.value)


def test_another_error_of_the_database_stays_an_internal_one(served, handling):
    with closing(sqlite3.connect(":memory:")) as database, pytest.raises(sqlite3.OperationalError) as error:
        database.execute("select * from nothing")
    handling("iam", "ListRoles", error.value)
    with pytest.raises(ClientError) as refused:
        served.client("iam").list_roles()
    assert refused.value.response["Error"]["Code"] == "InternalFailure"


def test_work_that_could_not_be_finished_is_not_accepted(tiny_disk):
    require_room(tiny_disk.path)
    tiny_disk.fill()
    with pytest.raises(DiskFull, match=TOLD):
        require_room(tiny_disk.path)
    tiny_disk.free()
    require_room(tiny_disk.path)

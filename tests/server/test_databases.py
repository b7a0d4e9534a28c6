"""Files of state: those of earlier versions are brought forward, those of later ones are left alone."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from state_of_version_0_1 import ACCOUNT, OWN, write_databases

from burnish.errors import CannotStart, DiskFull
from burnish.server.data_folder import DATABASES
from burnish.server.databases import (
    Database,
    StateUnavailable,
    UnreadableRow,
    check_database,
    copy_database,
    open_database,
)
from burnish.server.iam.store import IamStore
from burnish.server.job_input import JobRequest, KeptTag, S3Data, ValidationData
from burnish.server.migrations import STATE
from burnish.server.resources import CustomModel, Job, JobPhase
from burnish.server.selections import Selection
from burnish.server.store import Store

REGION = "us-east-1"


@pytest.fixture
def old_data(tmp_path):
    write_databases(tmp_path)
    return tmp_path


def sums_in(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def sha256_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as database:
        return database.execute("pragma user_version").fetchone()[0]


def tables_of(database: sqlite3.Connection) -> dict[str, list[tuple[str, str, int]]]:
    names = [row[0] for row in database.execute("select name from sqlite_schema where type = 'table'")]
    return {
        name: sorted((row[1], row[2], row[3]) for row in database.execute(f"pragma table_info({name})"))
        for name in names
    }


def test_models_of_version_0_1_are_found_wherever_the_data_folder_lies_now(old_data):
    store = Store(old_data)
    model = store.find(CustomModel, REGION, "first")
    store.close()
    assert model.adapter == "models/firstaaaaaaa"
    assert model.adapter_in(old_data) == old_data / "models" / "firstaaaaaaa"


@pytest.mark.parametrize(
    ("name", "weights_id"), [("first", OWN), ("second", OWN), ("third", "local.my-model-v1:0")]
)
def test_weights_of_version_0_1_are_known_by_their_ids(old_data, name, weights_id):
    store = Store(old_data)
    assert store.find(CustomModel, REGION, name).weights_id == weights_id
    store.close()


def test_jobs_and_roles_of_version_0_1_are_kept(old_data):
    store, iam = Store(old_data), IamStore(old_data)
    assert {job.name for job in store.page(Job, REGION, Selection(ascending=True), size=9)} == {
        "first-job",
        "second-job",
        "third-job",
    }
    assert iam.role("Tuner").id == "AROA1"
    store.close()
    iam.close()


def test_a_job_of_version_0_1_has_all_that_its_training_needs(old_data):
    store = Store(old_data)
    (job,) = (one for one in store.every(Job) if one.name == "first-job")
    store.close()
    assert job.request == JobRequest(
        role_arn=f"arn:aws:iam::{ACCOUNT}:role/Tuner",
        base_model_identifier=OWN,
        training_data_config=S3Data(s3_uri="s3://documents/train.jsonl"),
        validation_data_config=ValidationData(validators=(S3Data(s3_uri="s3://documents/validation.jsonl"),)),
        output_data_config=S3Data(s3_uri="s3://documents/output/"),
        custom_model_tags=(KeptTag(key="team", value="papers"),),
        client_request_token="one-token",
        hyper_parameters={"epochCount": "2"},
    )
    assert job.hyperparameters == {"epochCount": "2", "batchSize": "8"}
    assert job.phases["training"] == JobPhase(status="Completed", begun=1.0, changed=2.0)


@pytest.mark.parametrize("version", range(1, len(STATE)))
def test_jobs_of_every_earlier_version_are_found_by_a_part_of_their_names(old_data, version):
    open_database(old_data / "state.sqlite3", STATE[:version]).close()
    store = Store(old_data)
    found = store.page(Job, REGION, Selection(name_contains="ond-j"), size=9)
    assert [job.name for job in found] == ["second-job"]
    store.close()


def test_names_are_found_in_a_copy_too(old_data, tmp_path_factory):
    Store(old_data).close()
    copied = tmp_path_factory.mktemp("copied")
    copy_database(old_data / "state.sqlite3", copied / "state.sqlite3")
    store = Store(copied)
    store.remove(store.find(CustomModel, REGION, "first"))
    found = store.page(CustomModel, REGION, Selection(name_contains="hird"), size=9)
    assert [model.name for model in found] == ["third"]
    assert store.page(CustomModel, REGION, Selection(name_contains="first"), size=9) == []
    store.close()


EARLIER = [(name, version) for name, steps in DATABASES.items() for version in range(len(steps))]


@pytest.mark.parametrize(("name", "version"), EARLIER)
def test_a_database_of_each_earlier_version_ends_as_a_new_one_with_all_that_was_in_it(
    old_data, tmp_path_factory, name, version
):
    path, steps = old_data / name, DATABASES[name]
    open_database(path, steps[:version]).close()
    assert version_of(path) == version
    names = f"select name from {'jobs' if name == 'state.sqlite3' else 'roles'} order by name"
    fresh = tmp_path_factory.mktemp("fresh") / name
    with closing(sqlite3.connect(path)) as database:
        before = database.execute(names).fetchall()
    with closing(open_database(path, steps)) as old, closing(open_database(fresh, steps)) as new:
        assert tables_of(old) == tables_of(new)
        assert [tuple(row) for row in old.execute(names)] == before != []
    assert version_of(path) == version_of(fresh) == len(steps)
    assert version_of(old_data / f"{name}.version-{version}") == version


#: What each step says to SQLite. A step that was released is never changed: a further one is added.
STEPS = {
    "state.sqlite3": [
        "9c59da0352c6",
        "4f44ee3cf36e",
        "c73d9c4e7193",
        "32241f101e76",
        "d11bd7bbca2c",
        "525b8df86254",
        "4c1122016da9",
        "3384d99a4499",
        "786d034127c3",
        "ea9c3dc51c62",
    ],
    "iam.sqlite3": ["24a34c421854", "3993ab647897", "8a0feaa1effc", "33ad90b44fb5", "d1d7b5642a6e"],
}


@pytest.mark.parametrize(("name", "version"), EARLIER)
def test_a_step_does_what_it_always_did(name, version):
    said: list[str] = []
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        for step in DATABASES[name][:version]:
            step(database)
        database.set_trace_callback(said.append)
        DATABASES[name][version](database)
    # Without what SQLite says to itself, which its own versions may word otherwise.
    ours = [statement for statement in said if not statement.startswith("--") and "'main'." not in statement]
    assert sha256_of("\n".join(ours)) == STEPS[name][version]


def test_a_database_is_copied_before_it_is_brought_forward(old_data):
    Store(old_data).close()
    kept = old_data / "state.sqlite3.version-0"
    with closing(sqlite3.connect(kept)) as copy:
        assert copy.execute("select count(*) from models where weights is not null").fetchone()[0] == 3
    assert version_of(kept) == 0
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert not list(old_data.glob("*.new"))


def test_a_step_that_fails_changes_nothing_and_works_the_next_time(old_data):
    def fails(database: sqlite3.Connection) -> None:
        database.execute("drop table tags")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        open_database(old_data / "state.sqlite3", (*STATE, fails))
    assert version_of(old_data / "state.sqlite3") == 0
    store = Store(old_data)
    assert store.find(CustomModel, REGION, "first").adapter == "models/firstaaaaaaa"
    store.close()


def test_a_new_database_is_readable_by_its_owner_only_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        store = Store(tmp_path)
        store.set_tags("a", {"b": "c"})
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
        store.close()
    finally:
        os.umask(before)
    assert set(modes.values()) == {0o600}
    assert "state.sqlite3-wal" in modes


def of_a_newer_version(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("create table tomorrow (a)")
        database.execute("pragma user_version = 99")


def newer_in_its_log_only(path: Path) -> None:
    """As a newer version leaves its file when it is killed: what it wrote is in the log beside it."""
    Store(path.parent).close()
    writing = sqlite3.connect(path)
    writing.execute("pragma user_version = 99")
    copies = {beside: beside.read_bytes() for beside in path.parent.glob("state.sqlite3*")}
    writing.close()
    for beside, content in copies.items():
        beside.write_bytes(content)
    path.with_name("state.sqlite3-shm").unlink()


@pytest.mark.parametrize("made", [of_a_newer_version, newer_in_its_log_only])
def test_a_database_of_a_newer_version_is_refused_and_left_as_it_is(tmp_path, made):
    path = tmp_path / "state.sqlite3"
    made(path)
    before = path.read_bytes()
    for opened in (check_database, open_database):
        with pytest.raises(CannotStart, match=r"newer version of Burnish .*nothing was changed.*--data"):
            opened(path, STATE)
    assert path.read_bytes() == before


def no_database(content: bytes) -> bytes:
    return b"a" * len(content)


def cut_in_its_header(content: bytes) -> bytes:
    return content[:50]


def cut_in_the_middle(content: bytes) -> bytes:
    return content[: len(content) // 2]


def with_a_page_of_noise(content: bytes) -> bytes:
    return content[:4096] + b"\xff" * 4096 + content[8192:]


@pytest.mark.attack(
    "Files on disk",
    "a damaged database",
    "the server does not start and says which file; nothing is changed",
)
@pytest.mark.parametrize("damage", [no_database, cut_in_its_header, cut_in_the_middle, with_a_page_of_noise])
def test_a_damaged_database_is_refused_by_name_and_left_as_it_is(tmp_path, damage):
    Store(tmp_path).close()
    path = tmp_path / "state.sqlite3"
    path.write_bytes(damage(path.read_bytes()))
    before = sums_in(tmp_path)
    with pytest.raises(CannotStart, match=r"state\.sqlite3 is damaged .*nothing was changed.*backup"):
        check_database(path, STATE)
    assert sums_in(tmp_path) == before


def test_a_state_that_another_process_changes_is_declared_unavailable(tmp_path):
    database = Database(tmp_path / "state.sqlite3", STATE)
    database.execute("pragma busy_timeout = 1")
    with closing(sqlite3.connect(tmp_path / "state.sqlite3", isolation_level=None)) as other:
        other.execute("begin immediate")
        with pytest.raises(StateUnavailable, match=r"state\.sqlite3 is kept busy by another process"):
            database.execute("delete from tags")
        assert database.is_busy
        assert database.rows("select * from tags") == []
    assert not database.is_busy
    database.close()


def test_damage_met_while_reading_is_declared(tmp_path):
    Store(tmp_path).close()
    path = tmp_path / "state.sqlite3"
    path.write_bytes(with_a_page_of_noise(path.read_bytes()))
    database = Database(path, STATE)
    for read in (database.rows, database.row):
        with pytest.raises(UnreadableRow, match=r"state\.sqlite3 is damaged"):
            read("select * from jobs")
    database.close()


def test_a_good_database_is_read_without_a_trace(tmp_path):
    Store(tmp_path).close()
    before = sums_in(tmp_path)
    check_database(tmp_path / "state.sqlite3", STATE)
    check_database(tmp_path / "none.sqlite3", STATE)
    assert sums_in(tmp_path) == before


def test_a_copy_has_what_another_process_has_just_written(tmp_path):
    with closing(open_database(tmp_path / "state.sqlite3", STATE)) as writing:
        writing.execute("insert into tags values ('a', 'b', 'c')")
        copy_database(tmp_path / "state.sqlite3", tmp_path / "copy.sqlite3")
    with closing(sqlite3.connect(tmp_path / "copy.sqlite3")) as copy:
        assert copy.execute("select value from tags").fetchone() == ("c",)


def test_a_change_that_found_the_disk_full_is_no_obstacle_to_the_next(tmp_path):
    iam = IamStore(tmp_path)
    limit = iam.database.rows("pragma page_count")[0][0]
    iam.database.execute(f"pragma max_page_count = {limit}")
    with pytest.raises(DiskFull, match=r"iam\.sqlite3: free some"), iam.database.change():
        iam.database.execute("insert into tags values ('a', 'b', ?)", "c" * 100_000)
    iam.database.execute("pragma max_page_count = 100000")
    with iam.database.change():
        iam.database.execute("insert into tags values ('a', 'b', 'c')")
    assert iam.tags("a") == {"b": "c"}
    iam.close()


def test_no_room_for_a_new_database_is_said_so(tmp_path, monkeypatch):
    path = tmp_path / "state.sqlite3"
    Store(tmp_path).close()

    def fills(database: sqlite3.Connection) -> None:
        database.execute("pragma max_page_count = 1")
        database.execute("insert into tags values ('a', 'b', ?)", ("c" * 100_000,))

    with pytest.raises(DiskFull, match=r"No space is left to write .*state\.sqlite3"):
        open_database(path, (*STATE, fills))

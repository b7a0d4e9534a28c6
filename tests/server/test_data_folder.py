"""The data folder: closed to others, held by one server, and touched only where it is this version's own."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from another_user import as_another_user, let_others_reach
from state_of_version_0_1 import write_databases

from burnish.errors import CannotStart, DiskFull
from burnish.server import data_folder
from burnish.server.credentials import load_or_create_credentials
from burnish.server.data_folder import claimed, close_to_others, is_claimed, mark
from burnish.server.iam.store import IamStore
from burnish.server.store import Store

#: An ordinary user of this machine whom nobody else is.


def come_up(data: Path) -> None:
    """What the first server leaves in its folder."""
    with claimed(data):
        load_or_create_credentials(data)
        Store(data).close()
        IamStore(data).close()
        mark(data)


def modes_in(folder: Path) -> dict[str, int]:
    paths = [folder, *folder.rglob("*")]
    return {str(path.relative_to(folder)): stat.S_IMODE(path.lstat().st_mode) for path in paths}


def contents_of(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
        if path.name != data_folder.LOCK
    }


def test_everything_that_is_written_while_a_folder_is_held_is_its_owners(tmp_path):
    data = tmp_path / "data"
    with claimed(data):
        (data / "objects").mkdir()
        (data / "objects" / "page.dat").write_text("a page")
        child = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text('of a child')"
        subprocess.run([sys.executable, "-c", child, data / "logs" / "child.log"], check=True)
        come_up_files = modes_in(data)
    assert {mode & 0o077 for mode in come_up_files.values()} == {0}
    assert "logs/child.log" in come_up_files


def test_the_umask_is_what_it_was_afterwards(tmp_path):
    before = os.umask(0o022)
    try:
        with claimed(tmp_path / "data"):
            pass
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)


@pytest.mark.attack(
    "Files on disk",
    "a data folder of version 0.1, which other users of the machine could read",
    "it is closed to them at the first start, with a line that says so",
)
def test_a_folder_that_others_could_read_is_closed(tmp_path):
    data = tmp_path / "data"
    come_up(data)
    (data / "objects").mkdir()
    (data / "objects" / "page.dat").write_text("a page")
    for path in (data, *data.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    with claimed(data) as closed:
        assert closed == len(modes_in(data))
    assert {mode & 0o077 for mode in modes_in(data).values()} == {0}
    (data / "objects" / "page.dat").chmod(0o644)
    with claimed(data) as closed:
        assert closed == 0  # in a folder that was closed


@pytest.mark.attack(
    "Files on disk",
    "a link in the data folder that leads out of it",
    "what it leads to keeps its permissions and is not followed",
)
def test_links_are_not_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "shared.txt").write_text("for all")
    for path, mode in ((outside, 0o755), (outside / "shared.txt", 0o644)):
        path.chmod(mode)
    data = tmp_path / "data"
    data.mkdir()
    (data / "folder").symlink_to(outside)
    (data / "file").symlink_to(outside / "shared.txt")
    (data / "nowhere").symlink_to(tmp_path / "nothing")
    close_to_others(data)
    assert (modes_in(outside)["."], modes_in(outside)["shared.txt"]) == (0o755, 0o644)


def can_be_opened(path: Path) -> bool:
    try:
        os.close(os.open(path, os.O_RDONLY))
    except OSError:
        return False
    return True


@pytest.fixture
def open_path(tmp_path):
    """This test's folder, which others can reach."""
    let_others_reach(tmp_path)
    return tmp_path


@pytest.mark.attack(
    "Files on disk",
    "another user of the machine opens every file of the data folder",
    "none can be opened: the folder is 0700, its files 0600",
)
def test_another_user_opens_nothing(open_path):
    data = open_path / "data"
    (open_path / "for-all.txt").write_text("for all")
    come_up(data)
    places = [data, *data.rglob("*")]
    assert len(places) > 5
    places.append(open_path / "for-all.txt")
    opened = as_another_user(lambda: "\n".join(map(str, filter(can_be_opened, places))))
    assert opened == str(open_path / "for-all.txt")


def test_a_folder_of_another_user_is_refused(open_path):
    data = open_path / "theirs"
    data.mkdir(mode=0o755)

    def claim() -> str:
        try:
            with claimed(data):
                return "claimed"
        except CannotStart as error:
            return str(error)

    assert as_another_user(claim).startswith(f"{data} belongs to another user (uid {os.geteuid()})")
    assert not list(data.iterdir())


@pytest.mark.attack(
    "Files on disk",
    "a data folder inside of a folder that every user may write to, who could put another in its place",
    "the server does not start and names the folder",
)
def test_a_folder_that_others_could_exchange_is_refused(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    with (
        pytest.raises(CannotStart, match=f"Every user may write to {shared} .*chmod o-w"),
        claimed(shared / "data"),
    ):
        pass
    assert not list(shared.iterdir())
    shared.chmod(0o1777)
    with claimed(shared / "data"):
        pass


def test_two_servers_do_not_work_in_one_folder(tmp_path):
    with claimed(tmp_path / "data"):
        named = rf"Another server works in .*data \(process {os.getpid()}\): stop it.*--data"
        with pytest.raises(CannotStart, match=named), claimed(tmp_path / "data"):
            pass
        assert is_claimed(tmp_path / "data")
    assert not is_claimed(tmp_path / "data")


def test_a_folder_copied_under_a_running_server_is_nobodys(tmp_path):
    come_up(tmp_path / "data")
    with claimed(tmp_path / "data"):
        shutil.copytree(tmp_path / "data", tmp_path / "copy")
        assert not is_claimed(tmp_path / "copy")
        with claimed(tmp_path / "copy"):
            pass


def test_a_folder_of_version_0_1_is_ours(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    write_databases(data)
    with claimed(data):
        Store(data).close()


def test_a_folder_whose_first_server_did_not_come_up_is_ours(tmp_path):
    data = tmp_path / "data"
    with claimed(data):
        load_or_create_credentials(data)
        (data / "state.sqlite3").touch()
    come_up(data)


def with_a_file_of_theirs(data: Path) -> None:
    (data / "thesis.tex").write_text("mine")


def as_a_home(data: Path) -> None:
    for name in (".bashrc", "notes.txt", "photo.png", "thesis.tex"):
        (data / name).write_text(name)
    (data / "objects").mkdir()


def of_a_newer_layout(data: Path) -> None:
    come_up(data)
    (data / "folder.json").write_text(json.dumps({"layout": 2, "written_by": "9.1", "news": True}))


def with_newer_roles(data: Path) -> None:
    come_up(data)
    with closing(sqlite3.connect(data / "iam.sqlite3")) as database:
        database.execute("pragma user_version = 99")


def without_its_jobs(data: Path) -> None:
    come_up(data)
    (data / "state.sqlite3").unlink()


def with_its_jobs_cut_to_nothing(data: Path) -> None:
    come_up(data)
    os.truncate(data / "state.sqlite3", 0)


def of_version_0_1_with_its_jobs_cut_to_nothing(data: Path) -> None:
    write_databases(data)
    os.truncate(data / "state.sqlite3", 0)


def with_damaged_jobs(data: Path) -> None:
    come_up(data)
    (data / "state.sqlite3").write_bytes(b"\0" * 40_960)


def with_a_damaged_mark(data: Path) -> None:
    come_up(data)
    (data / "folder.json").write_text("{")


@pytest.mark.attack(
    "Files on disk",
    "a server started on a foreign folder, or on one that is damaged or of a newer version",
    "one sentence says what is wrong and what to do; nothing in the folder is changed",
)
@pytest.mark.parametrize(
    ("made", "told"),
    [
        (with_a_file_of_theirs, r"not the data folder of a server, and holds other files \(thesis\.tex\)"),
        (as_a_home, r"other files \(\.bashrc, notes\.txt, photo\.png and 1 more\)"),
        (of_a_newer_layout, r"written by a newer version of Burnish \(9\.1\)"),
        (with_newer_roles, r"iam\.sqlite3 was written by a newer version"),
        (without_its_jobs, r"state\.sqlite3 is missing"),
        (with_its_jobs_cut_to_nothing, r"state\.sqlite3 is empty"),
        (of_version_0_1_with_its_jobs_cut_to_nothing, r"state\.sqlite3 is empty"),
        (with_damaged_jobs, r"state\.sqlite3 is damaged"),
        (with_a_damaged_mark, r"folder\.json cannot be read"),
    ],
)
def test_a_folder_that_is_not_ours_to_use_is_left_alone(tmp_path, made, told):
    data = tmp_path / "data"
    data.mkdir()
    made(data)
    data.chmod(0o755)
    before = contents_of(data)
    with pytest.raises(CannotStart, match=f"(?s){told}.*--data"), claimed(data):
        pass
    assert contents_of(data) == before
    assert stat.S_IMODE(data.stat().st_mode) == 0o755


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "data").write_text("a file")
    with pytest.raises(CannotStart, match="is a file"), claimed(tmp_path / "data"):
        pass


def test_no_room_for_the_first_files_is_said_so(tiny_disk):
    tiny_disk.fill()
    with pytest.raises(DiskFull, match="No space is left"):
        come_up(tiny_disk.path / "data")
    tiny_disk.free()
    come_up(tiny_disk.path / "data")

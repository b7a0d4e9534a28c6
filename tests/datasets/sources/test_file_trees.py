"""Links in a folder: followed inside of it, listed where they lead elsewhere, each file used once."""

import os
from pathlib import Path

import pytest
from page_files import write_folder, write_page

from burnish.datasets.sources import read_folder


def reasons(folder: Path) -> dict[str, str]:
    return {one.name: one.reason for one in read_folder(folder).skipped}


@pytest.fixture
def folder(tmp_path) -> Path:
    return write_folder(tmp_path / "docs", {"invoice": 1, "letter": 1})


@pytest.mark.parametrize("is_folder", [True, False])
def test_a_link_out_of_the_folder_is_listed_with_where_it_leads(folder, tmp_path, is_folder):
    outside = write_page(tmp_path / "store" / "memo" / "1.png", "memo")
    link = folder / "letter" / ("more" if is_folder else "more.png")
    link.symlink_to(outside.parent if is_folder else outside)
    (reason,) = reasons(folder).values()
    assert "a link that leads out of the folder, to" in reason
    assert "store/memo" in reason


def test_a_link_to_a_folder_that_is_passed_over_is_followed(folder):
    write_page(folder / ".annex" / "ab" / "x.png", "kept elsewhere")
    (folder / "letter" / "1.png").symlink_to("../.annex/ab/x.png")
    (folder / "memo").symlink_to(".annex")
    found = read_folder(folder)
    assert [one.name for one in found.documents] == ["invoice/000.png", "letter/000.png", "memo/ab/x.png"]
    assert [str(one) for one in found.skipped] == [
        "letter/1.png: the same file as memo/ab/x.png, labelled 'memo' and not 'letter': resolve it"
    ]


def test_a_file_with_two_paths_is_used_under_its_own(folder):
    (folder / "aaa").symlink_to("letter")
    found = read_folder(folder)
    assert [one.name for one in found.documents] == ["invoice/000.png", "letter/000.png"]
    assert "labelled 'letter' and not 'aaa'" in found.skipped[0].reason
    assert "1 file appears under a second label" in found.notes[1]


def test_parts_may_be_made_of_links(tmp_path):
    pool = write_folder(tmp_path / "docs" / ".pool", {"invoice": 4, "letter": 4})
    for part in ("train", "test"):
        for label in ("invoice", "letter"):
            (tmp_path / "docs" / part / label).mkdir(parents=True)
            for number in range(0, 4, 2) if part == "train" else range(1, 4, 2):
                link = tmp_path / "docs" / part / label / f"{number}.png"
                link.symlink_to(os.path.relpath(pool / label / f"{number:03}.png", link.parent))
    found = read_folder(tmp_path / "docs")
    assert (len(found.documents), found.skipped) == (8, ())
    assert "2 parts (train, test), 2 labels" in found.notes[0]


def test_links_in_circles_end(folder):
    (folder / "letter" / "up").symlink_to("..")
    (folder / "letter" / "self").symlink_to(".")
    (folder / "letter" / "round.png").symlink_to("round.png")
    (folder / "invoice" / "over").symlink_to("../letter")
    (folder / "letter" / "over").symlink_to("../invoice")
    found = read_folder(folder)
    assert {one.name for one in found.documents} == {"invoice/000.png", "letter/000.png"}
    told = {one.name: one.reason for one in found.skipped}
    assert told["letter/up"] == told["letter/self"] == "it is a link to a folder that contains it"
    assert told["letter/round.png"] == "there is no such file, or it is a broken link"
    assert "the same file as letter/000.png" in told["invoice/over/000.png"]


def test_many_links_to_one_another_are_followed_once_each(tmp_path):
    folder = write_folder(tmp_path, {f"label{number}": 1 for number in range(8)})
    for one in range(8):
        for other in set(range(8)) - {one}:
            (folder / f"label{one}" / f"to{other}").symlink_to(f"../label{other}")
    found = read_folder(folder)
    assert len(found.documents) == 8
    assert len(found.skipped) < 8**3


def test_the_folder_itself_may_be_a_link(folder, tmp_path):
    (tmp_path / "link").symlink_to(folder)
    assert len(read_folder(tmp_path / "link").documents) == 2


def test_what_is_no_file_is_listed(folder):
    os.mkfifo(folder / "letter" / "pipe.png")
    assert reasons(folder) == {"letter/pipe.png": "it is not a file"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_listed(folder):
    (folder / "invoice").chmod(0)
    told = reasons(folder)
    (folder / "invoice").chmod(0o700)
    assert "this folder cannot be read" in told["invoice"]

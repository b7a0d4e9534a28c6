"""What documents say is kept in the cache for its owner only."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

import pytest

from burnish.cache import private_file, private_folder
from burnish.datasets.page_index import PageIndex
from burnish.pages.ocr import OcrReader
from burnish.pages.reading import CachedReader


@pytest.fixture(autouse=True)
def _usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode_of(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_folder_is_its_owners(tmp_path):
    assert mode_of(private_folder(tmp_path / "cache" / "pages")) == 0o700


def test_a_folder_that_others_could_read_is_closed(tmp_path):
    (tmp_path / "pages").mkdir(mode=0o755)
    assert mode_of(private_folder(tmp_path / "pages")) == 0o700


def test_a_file_that_others_could_read_is_closed(tmp_path):
    (tmp_path / "index").touch(mode=0o644)
    assert mode_of(private_file(tmp_path / "index")) == 0o600


@pytest.mark.attack(
    "Files on disk",
    "another user reads the texts of pages in the cache",
    "their folder is 0700, also one that an earlier version made",
)
def test_texts_of_pages_are_their_owners(tmp_path):
    (tmp_path / "pages").mkdir()
    CachedReader(OcrReader(), tmp_path / "pages")
    (kept,) = (tmp_path / "pages").iterdir()
    assert mode_of(kept) == 0o700


def test_the_facts_of_pages_are_their_owners(tmp_path):
    index = PageIndex(tmp_path / "cache")
    modes = {mode_of(path) for path in (tmp_path / "cache").iterdir()}
    index.close()
    assert modes == {0o600}
    assert mode_of(tmp_path / "cache") == 0o700

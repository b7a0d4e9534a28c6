"""What is read is cached: once for each page and reader, whichever reader that is."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from burnish.errors import InvalidInput
from burnish.reading import CachedReader, Line, text_of


@dataclass
class Typewriter:
    """A second way of reading: a page is its own text."""

    name: str = "typewriter-1"
    read: list[bytes] = field(default_factory=list)

    def read_lines(self, image: bytes) -> tuple[Line, ...]:
        self.read.append(image)
        if image == b"no page":
            raise InvalidInput("it is no page")
        texts = image.decode().split("\n") if image else []
        return tuple(
            Line(f"{self.name}: {text}", 0.1, n / 10, 0.9, n / 10 + 0.05) for n, text in enumerate(texts)
        )


def test_the_text_is_what_lines_say_that_were_read():
    assert (
        text_of([Line("Dear", 0, 0, 1, 0.1), Line("", 0, 0.2, 1, 0.3), Line("you", 0, 0.4, 1, 0.5)])
        == "Dear\nyou"
    )


@pytest.mark.parametrize("page", [b"one", b"one\ntwo", b""])
def test_a_page_is_read_once_by_all_who_share_a_cache(tmp_path, page):
    typewriter = Typewriter()
    first = CachedReader(typewriter, tmp_path).read_lines(page)
    assert first == Typewriter().read_lines(page)
    assert CachedReader(typewriter, tmp_path).read_lines(page) == first
    assert typewriter.read == [page]


def test_every_page_has_its_own_lines(tmp_path):
    reader = CachedReader(Typewriter(), tmp_path)
    assert reader.read_lines(b"one") != reader.read_lines(b"two")


def test_two_readers_and_two_versions_of_one_share_no_texts(tmp_path):
    names = ("typewriter-1", "typewriter-2", "another")
    for _ in range(2):
        texts = [text_of(CachedReader(Typewriter(name), tmp_path).read_lines(b"Dear you")) for name in names]
        assert texts == [f"{name}: Dear you" for name in names]


def test_a_cached_reader_has_the_name_of_the_one_that_reads(tmp_path):
    assert CachedReader(Typewriter(), tmp_path).name == Typewriter().name


def test_what_cannot_be_read_is_not_cached(tmp_path):
    reader = CachedReader(Typewriter(), tmp_path)
    for _ in range(2):
        with pytest.raises(InvalidInput, match="no page"):
            reader.read_lines(b"no page")


def test_nothing_half_written_is_left_in_the_cache(tmp_path):
    CachedReader(Typewriter(), tmp_path).read_lines(b"one")
    assert [path.suffix for path in tmp_path.rglob("*") if path.is_file()] == [".json"]

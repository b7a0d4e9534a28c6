"""What is read is cached: each line once for each reader, whichever reader that is."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.errors import InvalidInput
from burnish.pages.reading import (
    WHOLE_PAGE,
    CachedReader,
    Extent,
    FoundLine,
    FoundPage,
    Line,
    extent_for_tokens,
    text_of,
)

#: Of a line of the typewriter, in pixels.
HEIGHT, LETTER = 20, 10
#: What it takes for a smudge.
SMUDGE = "~"


@dataclass
class Typewriter:
    """A second way of reading: a page is its own text."""

    name: str = "typewriter-1"
    found: list[bytes] = field(default_factory=list)
    read_texts: list[str] = field(default_factory=list)

    def read(self, image: bytes, extent: Extent, *, begun: FoundPage | None = None) -> FoundPage:
        texts = image.decode().split("\n") if image else []
        page = begun or self._found(image, texts)
        places = page.unread(extent)
        self.read_texts += [texts[place] for place in places]
        return page.with_texts(
            {place: "" if texts[place] == SMUDGE else f"{self.name}: {texts[place]}" for place in places}
        )

    def _found(self, image: bytes, texts: list[str]) -> FoundPage:
        self.found.append(image)
        if image == b"no page":
            raise InvalidInput("it is no page")
        boxes = [
            (10, 30 * n, 10 + LETTER * max(len(text), 1), 30 * n + HEIGHT) for n, text in enumerate(texts)
        ]
        corners = [((x, y), (right, y), (right, bottom), (x, bottom)) for x, y, right, bottom in boxes]
        return FoundPage(width=1000, height=1000, lines=tuple(FoundLine(corners=one) for one in corners))


def test_the_text_is_what_lines_say_that_were_read():
    assert (
        text_of([Line("Dear", 0, 0, 1, 0.1), Line("", 0, 0.2, 1, 0.3), Line("you", 0, 0.4, 1, 0.5)])
        == "Dear\nyou"
    )


@pytest.mark.parametrize("page", [b"one", b"one\ntwo", b""])
def test_a_page_is_read_once_by_all_who_share_a_cache(tmp_path, page):
    typewriter = Typewriter()
    first = CachedReader(typewriter, tmp_path).read_lines(page, WHOLE_PAGE)
    assert first == CachedReader(Typewriter(), tmp_path / "another").read_lines(page, WHOLE_PAGE)
    assert CachedReader(typewriter, tmp_path).read_lines(page, WHOLE_PAGE) == first
    assert typewriter.found == [page]


PAGES = st.lists(st.text("ab ", max_size=12) | st.just(SMUDGE), max_size=8).map("\n".join)
EXTENTS = st.lists(st.integers(0, 50).map(lambda width: Extent(text_width=width)), min_size=1, max_size=6)


@given(page=PAGES, extents=EXTENTS)
def test_whatever_was_read_before_a_page_says_what_it_says_alone(page, extents):
    image, typewriter = page.encode(), Typewriter()
    with TemporaryDirectory() as folder:
        for extent in extents:
            shared = CachedReader(typewriter, Path(folder)).read_lines(image, extent)
            with TemporaryDirectory() as empty:
                assert shared == CachedReader(Typewriter(), Path(empty)).read_lines(image, extent)
    assert typewriter.found == [image]
    furthest = max(extents, key=lambda extent: extent.text_width)
    alone = Typewriter()
    alone.read(image, furthest)
    assert sorted(typewriter.read_texts) == sorted(alone.read_texts)


def test_a_page_that_was_read_further_is_not_read_again_for_less(tmp_path):
    typewriter = Typewriter()
    reader = CachedReader(typewriter, tmp_path)
    reader.read_lines(b"one\ntwo", WHOLE_PAGE)
    lines = reader.read_lines(b"one\ntwo", Extent(text_width=1))
    assert [line.text for line in lines] == ["typewriter-1: one", ""]
    assert typewriter.read_texts == ["one", "two"]


def test_a_page_that_was_read_less_far_is_read_on(tmp_path):
    typewriter = Typewriter()
    reader = CachedReader(typewriter, tmp_path)
    reader.read_lines(b"one\ntwo", Extent(text_width=1))
    assert text_of(reader.read_lines(b"one\ntwo", WHOLE_PAGE)) == "typewriter-1: one\ntypewriter-1: two"
    assert (typewriter.found, typewriter.read_texts) == ([b"one\ntwo"], ["one", "two"])


def test_a_smudge_is_no_line_once_it_is_known_for_one(tmp_path):
    reader, page = CachedReader(Typewriter(), tmp_path), f"one\n{SMUDGE}\ntwo".encode()
    assert len(reader.read_lines(page, Extent(text_width=1))) == 3
    assert len(reader.read_lines(page, WHOLE_PAGE)) == 2
    assert len(reader.read_lines(page, Extent(text_width=1))) == 3


def test_lines_stand_where_their_corners_are():
    slanted = FoundLine(corners=((10, 20), (110, 10), (112, 30), (12, 40)), text="Dear")
    (line,) = FoundPage(width=200, height=100, lines=(slanted,)).read_to(WHOLE_PAGE)
    assert line == Line("Dear", 0.05, 0.1, 0.56, 0.4)


def test_more_tokens_are_read_further():
    widths = [extent_for_tokens(tokens).text_width for tokens in (1, 128, 129)]
    assert widths == sorted(set(widths))


def test_threads_that_read_a_page_at_the_same_time_leave_a_whole_reading(tmp_path):
    reader, image = CachedReader(Typewriter(), tmp_path), b"one\ntwo\nthree"
    extents = [Extent(text_width=width) for width in (1, 3, 5, 1, 3, 5)]
    found: list[tuple[Line, ...]] = []
    threads = [
        threading.Thread(target=lambda extent=extent: found.append(reader.read_lines(image, extent)))
        for extent in extents
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    alone = {CachedReader(Typewriter(), tmp_path / "alone").read_lines(image, extent) for extent in extents}
    assert set(found) == alone
    assert reader.read_lines(image, Extent(text_width=1)) in alone


def test_every_page_has_its_own_lines(tmp_path):
    reader = CachedReader(Typewriter(), tmp_path)
    assert reader.read_lines(b"one", WHOLE_PAGE) != reader.read_lines(b"two", WHOLE_PAGE)


def test_two_readers_and_two_versions_of_one_share_no_texts(tmp_path):
    names = ("typewriter-1", "typewriter-2", "another")
    for _ in range(2):
        texts = [
            text_of(CachedReader(Typewriter(name), tmp_path).read_lines(b"Dear you", WHOLE_PAGE))
            for name in names
        ]
        assert texts == [f"{name}: Dear you" for name in names]


def test_a_cached_reader_has_the_name_of_the_one_that_reads(tmp_path):
    assert CachedReader(Typewriter(), tmp_path).name == Typewriter().name


def test_what_cannot_be_read_is_not_cached(tmp_path):
    reader = CachedReader(Typewriter(), tmp_path)
    for _ in range(2):
        with pytest.raises(InvalidInput, match="no page"):
            reader.read_lines(b"no page", WHOLE_PAGE)


def test_nothing_half_written_is_left_in_the_cache(tmp_path):
    CachedReader(Typewriter(), tmp_path).read_lines(b"one", WHOLE_PAGE)
    assert [path.suffix for path in tmp_path.rglob("*") if path.is_file()] == [".json"]

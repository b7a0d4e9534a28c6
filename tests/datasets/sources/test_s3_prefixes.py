"""Documents in S3: a key is a name, whatever stands in it, and what is no longer there does not count."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_files import write_page

from burnish.aws.objects import ListedObject, S3Uri, upload_bytes
from burnish.datasets.documents import Part
from burnish.datasets.sources import S3Source, s3_prefixes
from burnish.datasets.sources.s3_prefixes import name_of_copy
from burnish.errors import InvalidDocuments


@pytest.fixture
def png(tmp_path):
    """The bytes of a page on which this is written."""
    return lambda text: write_page(tmp_path / "page.png", text).read_bytes()


@pytest.fixture
def put(s3, s3_folder, png):
    """Writes objects with these keys, each another page unless a body is given."""

    def put(*keys: str, body: bytes | None = None) -> None:
        for key in keys:
            page = png(key) if body is None else body
            upload_bytes(s3, S3Uri(s3_folder.bucket, f"{s3_folder.key}/{key}"), page)

    return put


@pytest.fixture
def source(s3, s3_folder, tmp_path):
    return S3Source(uri=str(s3_folder), s3=s3, cache=tmp_path / "cache")


@contextmanager
def reads_counted(s3) -> Iterator[list[str]]:
    ranges: list[str] = []
    handler = lambda params, **_: ranges.append(params["headers"].get("Range", "all"))  # noqa: E731
    s3.meta.events.register("before-call.s3.GetObject", handler, unique_id="count")
    try:
        yield ranges
    finally:
        s3.meta.events.unregister("before-call.s3.GetObject", unique_id="count")


def names(found) -> list[str]:
    return [one.name for one in found.documents]


def test_an_object_is_fetched_once_and_again_when_it_has_changed(s3, put, source):
    put("a/1.png", "a/2.png", "b/1.png")
    first = source.read()
    with reads_counted(s3) as reads:
        assert source.read() == first
        assert reads == []
        put("a/1.png", body=b"\xff\xd8\xffother")
        second = source.read()
        assert reads == ["all"]
    assert names(second) == names(first)
    assert {one.digest for one in second.documents} != {one.digest for one in first.documents}


def test_an_object_that_is_gone_is_not_given_from_the_cache(s3, s3_folder, put, source):
    put("a/1.png", "a/2.png", "b/1.png", "b/old.txt")
    source.read()
    for name in ("a/2.png", "b/old.txt"):
        s3.delete_object(Bucket=s3_folder.bucket, Key=f"{s3_folder.key}/{name}")
    found = source.read()
    assert (names(found), found.skipped) == (["a/1.png", "b/1.png"], ())


def test_an_object_that_became_a_folder_or_was_one_is_read_as_what_it_is_now(s3, s3_folder, put, source):
    put("a/x.png", "b/1.png", "b/y.png/2.png")
    source.read()
    for name in ("a/x.png", "b/y.png/2.png"):
        s3.delete_object(Bucket=s3_folder.bucket, Key=f"{s3_folder.key}/{name}")
    put("a/x.png/3.png", "b/y.png")
    assert names(source.read()) == ["a/x.png/3.png", "b/1.png", "b/y.png"]


def test_keys_that_no_disk_would_keep_apart_are_kept_apart(put, source):
    keys = [
        *("a/x.png", "a/X.png", "A/x.png", "b", "b/1.png", "a/x.png/y.png", "a/two\nlines.png"),
        *("a/ü ber+%41=1.png", "/".join(["a", *["long" * 50] * 4, "x.png"])),
    ]
    put(*keys)
    found = source.read()
    told = [*names(found), *(one.name for one in found.skipped)]
    assert sorted(told) == sorted(key.replace("\n", "\\n") for key in keys)
    assert [one.name for one in found.skipped] == ["b"]
    assert len({one.digest for one in found.documents}) == len({one.path for one in found.documents}) == 8


AWKWARD = ["a/x.png", "a//x.png", "/a/x.png", "a/./x.png", "a/../x.png", "../a/x.png", r"a\x.png", "a/y.png/"]


def test_keys_of_a_server_that_keeps_slashes_apart_are_kept_apart(source, s3_folder, png, monkeypatch):
    """The server of these tests takes // for /; AWS does not."""
    bodies = {f"{s3_folder.key}/{key}": png(key) for key in AWKWARD}
    listed = [
        ListedObject(uri=S3Uri(s3_folder.bucket, key), version="1", size=len(body))
        for key, body in bodies.items()
    ]
    monkeypatch.setattr(s3_prefixes, "list_details", lambda *_: listed)
    monkeypatch.setattr(s3_prefixes, "download_file", lambda _, uri, path: path.write_bytes(bodies[uri.key]))
    found = source.read()
    assert names(found) == ["/a/x.png", "a//x.png", "a/x.png"]
    assert {one.label for one in found.documents} == {"a"}
    assert all(one.path.read_bytes() == bodies[f"{s3_folder.key}/{one.name}"] for one in found.documents)
    assert {one.name: one.reason.partition(",")[0] for one in found.skipped} == {
        "a/./x.png": "its key has the step . or ..",
        "a/../x.png": "its key has the step . or ..",
        "../a/x.png": "its key has the step . or ..",
        r"a\x.png": "it is in no folder named for a type",
        "a/y.png/": "its key ends in a slash",
    }
    cache = source.cache
    assert all(path.parent == cache for path in cache.rglob("*"))


KEYS = st.text(st.sampled_from("aA/.\\\n ü"), min_size=1, max_size=8)
OBJECTS = st.builds(
    lambda key, size: ListedObject(uri=S3Uri("bucket", key), version=f"{size}", size=size),
    KEYS,
    st.integers(0, 2),
)


@given(st.sets(OBJECTS, min_size=1), st.sampled_from([".png", ".PDF", "", ".txt"]))
def test_no_two_objects_and_no_two_versions_have_the_same_copy(objects, suffix):
    named = [
        ListedObject(uri=S3Uri("b", one.uri.key + suffix), version=one.version, size=1) for one in objects
    ]
    copies = {name_of_copy("https://s3", one).casefold() for one in named}
    assert len(copies) == len({(one.uri, one.version) for one in named})
    assert not copies & {name_of_copy("http://localhost", one) for one in named}
    assert not any("/" in copy for copy in copies)


@given(st.sets(KEYS, min_size=1))
def test_every_object_is_a_candidate_once_or_passed_over_by_name(keys):
    prefix = S3Uri("bucket", "docs/")
    listed = [ListedObject(uri=prefix.child(""), version="", size=0)]
    listed += [ListedObject(uri=S3Uri("bucket", f"docs/{key}"), version="1", size=1) for key in keys]
    objects = list(s3_prefixes._objects(listed, prefix))
    read = [one for one in objects if not one.ignored]
    assert {one.name for one in objects} == keys
    candidates = list(s3_prefixes._candidates(read, s3_prefixes.recognised("docs", set()), lambda _: prefix))
    assert {one.name for one in candidates} == keys - {one.name for one in objects if one.ignored}


def test_a_server_that_takes_a_prefix_for_another_is_not_believed(put, s3, s3_folder, tmp_path):
    put("a/b/1.png", "a/2.png")
    with pytest.raises(InvalidDocuments, match="write it without //"):
        S3Source(uri=f"{s3_folder}//", s3=s3, cache=tmp_path).read()


def test_a_prefix_with_nothing_under_it_says_how_to_lay_it_out(source):
    with pytest.raises(InvalidDocuments, match="There are no objects under"):
        source.read()


def test_parts_and_what_is_passed_over_are_those_of_folders(put, source):
    put("train/a/1.png", "test/a/2.png", "__MACOSX/1.png", "test/.DS_Store", "train/b/3.png", "top.png")
    found = source.read()
    assert {one.part for one in found.documents} == {Part.TRAIN, Part.TEST}
    assert found.notes[0].endswith("2 parts (train, test), 2 labels; `.DS_Store`, `__MACOSX` ignored")
    assert [str(one) for one in found.skipped] == ["top.png: it is in no folder named for a type"]


def test_a_layout_in_doubt_is_refused_before_anything_is_fetched(put, s3, source):
    put("train/a/1.png", "eval/a/2.png")
    with reads_counted(s3) as reads, pytest.raises(InvalidDocuments, match="--layout parts to use `train`"):
        source.read()
    assert reads == []


def test_an_object_is_known_by_its_content_and_of_others_only_the_beginning_is_read(s3, put, source, png):
    put("a/scan", "a/scan.bin", "a/page.pdf")
    put("a/notes.txt", "a/film.mp4", body=b"x" * 100_000)
    put("a/empty", body=b"")
    with reads_counted(s3) as reads:
        found = source.read()
        assert source.read() == found
    assert names(found) == ["a/page.pdf", "a/scan", "a/scan.bin"]
    assert {one.name: one.reason.partition(" are")[0] for one in found.skipped} == {
        "a/empty": "it is empty",
        "a/film.mp4": "files of the kind '.mp4'",
        "a/notes.txt": "files of the kind '.txt'",
    }
    assert sorted(reads) == ["all"] * 3 + ["bytes=0-1023"] * 4
    assert sum(path.stat().st_size for path in source.cache.iterdir()) < 50_000


def test_markers_of_folders_are_no_documents(s3, s3_folder, put, source):
    put("a/1.png")
    s3.put_object(Bucket=s3_folder.bucket, Key=f"{s3_folder.key}/b/")
    found = source.read()
    assert (names(found), found.skipped) == (["a/1.png"], ())

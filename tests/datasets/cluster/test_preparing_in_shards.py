"""A data set that is prepared in shards has the bytes of one that a single machine prepares."""

import msgspec
import pytest
from cluster_sources import (
    ThisMachine,
    difficult_documents,
    objects_of,
    png,
    preparation,
    prepare_here,
    prepare_in_shards,
    put,
    written_in,
)

from burnish.aws.objects import S3Uri, list_objects, read_bytes, upload_bytes
from burnish.datasets.cluster.preparing import Reports
from burnish.datasets.cluster.shards import WAITS, patiently
from burnish.datasets.page_index import IndexedDocument
from burnish.datasets.pages import Rendering
from burnish.errors import CannotConnect, InvalidDocuments, ServiceUnavailable


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """No test knows what another has read."""
    monkeypatch.setenv("BURNISH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def source(s3, s3_folder):
    return put(s3, s3_folder.child("source"), difficult_documents())


@pytest.fixture
def to(s3_folder):
    return s3_folder.child("dataset")


@pytest.fixture
def both(s3, s3_folder, to, cache):
    """Prepares documents both ways, to the same place; gives what each has put there."""

    def run(bodies, **options):
        asked = preparation(**options)
        source = put(s3, s3_folder.child("source"), bodies)
        prepare_here(s3, source, to, asked, cache)
        alone = objects_of(s3, to)
        for key in alone:
            s3.delete_object(Bucket=to.bucket, Key=f"{to.key}/{key}")
        prepare_in_shards(s3, source, to, asked)
        return alone, objects_of(s3, to)

    return run


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"rendering": Rendering(pages="all", longest_edge=256)},
        {"keep_copies": True},
        {"plan": {"per_label": 4, "seed": 3}},
    ],
    ids=["first pages", "all pages", "copies kept", "a sample"],
)
def test_a_data_set_has_the_same_bytes_as_on_one_machine(both, options):
    alone, together = both(difficult_documents(), **options)
    assert together["manifest.json"].decode() == alone["manifest.json"].decode()
    assert together == alone


def test_a_split_of_the_source_is_kept_and_leaks_are_left_out_as_on_one_machine(both):
    bodies = {f"train/{key}": body for key, body in difficult_documents(each=5).items()}
    bodies |= {f"test/type {kind}/{n}.png": png(f"test {kind} {n}") for kind in range(3) for n in range(2)}
    bodies["test/type 0/leaks.png"] = bodies["train/type 0/001.png"]
    bodies["test/type 0/leaks too.jpg"] = bodies["train/type 0/scanned again.jpg"] + b"\0"
    alone, together = both(bodies)
    assert together == alone
    assert b"which is for train" in together["manifest.json"]


def test_the_size_of_shards_and_the_order_in_which_they_are_done_change_nothing(s3, source, s3_folder):
    found = []
    for size, window in ((6, 5), (1000, 1)):
        to = s3_folder.child("dataset")
        prepare_in_shards(s3, source, to, preparation(), machines=ThisMachine(s3, window), size=size)
        found.append(objects_of(s3, to))
    assert found[0] == found[1]


class Stops(Exception):
    """What ends a run in the middle."""


class StopsAfter(ThisMachine):
    """A machine that is lost after so many shards."""

    shards = 4

    def run(self, shards):
        for done, one in zip(range(self.shards + 1), super().run(shards), strict=False):
            if done == self.shards:
                raise Stops
            yield one


def test_an_interrupted_run_publishes_nothing_and_goes_on(s3, source, to, s3_folder):
    prepare_in_shards(s3, source, to, preparation())
    whole = objects_of(s3, to)
    other = s3_folder.child("interrupted")
    with pytest.raises(Stops):
        prepare_in_shards(s3, source, other, preparation(), machines=StopsAfter(s3))
    assert not any(key.endswith(("manifest.json", ".jsonl")) for key in objects_of(s3, other))
    done = {uri.key for uri in list_objects(s3, S3Uri(other.bucket, f"{other.key}/shards/"))}
    assert len(done) >= StopsAfter.shards
    with written_in(s3) as written:
        prepare_in_shards(s3, source, other, preparation())
    assert not done & set(written)
    assert objects_of(s3, other).keys() - {"manifest.json"} >= {
        key for key in whole if key.startswith("pages")
    }


def test_preparing_again_reads_and_renders_nothing(s3, source, to):
    first = prepare_in_shards(s3, source, to, preparation())
    with written_in(s3) as written:
        assert prepare_in_shards(s3, source, to, preparation()) == first
    # The manifest is what makes the data set, and is written again.
    assert written == [f"{to.key}/manifest.json"]


def test_pages_that_were_deleted_are_rendered_again(s3, source, to):
    prepare_in_shards(s3, source, to, preparation())
    whole = objects_of(s3, to)
    lost = [key for key in whole if key.startswith("pages/type-1/")]
    for key in lost:
        s3.delete_object(Bucket=to.bucket, Key=f"{to.key}/{key}")
    with written_in(s3) as written:
        prepare_in_shards(s3, source, to, preparation())
    assert {key for key in written if "/pages/" in key} == {f"{to.key}/{key}" for key in lost}
    assert objects_of(s3, to) == whole


def test_a_document_that_a_machine_had_no_memory_for_is_tried_again(s3, source, to):
    prepare_in_shards(s3, source, to, preparation())
    whole = objects_of(s3, to)
    shard = next(
        uri for uri in list_objects(s3, to.child("shards/pages-")) if not uri.key.endswith("-hashes")
    )
    first, *others = msgspec.msgpack.decode(read_bytes(s3, shard), type=list[IndexedDocument])
    failed = IndexedDocument(reason="there was too little memory to read it", is_final=False)
    upload_bytes(s3, shard, msgspec.msgpack.encode([failed, *others]))
    with written_in(s3) as written:
        prepare_in_shards(s3, source, to, preparation())
    assert [key.rpartition("/")[2] for key in written if "/pages/" in key] == [f"{first.pages[0].digest}.png"]
    assert objects_of(s3, to) == whole


def test_a_broken_document_is_named_before_anything_is_published(s3, source, to):
    told = []

    def hear(count, first):
        told.append((count, {one.name: one.reason for one in first}))
        assert "manifest.json" not in objects_of(s3, to)

    prepare_in_shards(s3, source, to, preparation(), reports=Reports(on_left_out=hear))
    ((count, reasons),) = told
    assert reasons["type 1/broken.png"] == "it is damaged or incomplete"
    assert reasons["type 1/empty.png"] == "it is empty"
    assert count == len(reasons) == 6


def test_work_waits_for_s3_and_gives_up_in_the_end():
    waited, failures = [], [CannotConnect("away"), ServiceUnavailable("busy")]

    def work():
        if failures:
            raise failures.pop()
        return "done"

    assert patiently(work, sleep=waited.append) == "done"
    assert waited == list(WAITS[:2])
    failures += [CannotConnect("away")] * (len(WAITS) + 1)
    with pytest.raises(CannotConnect):
        patiently(work, sleep=waited.append)


class ChangesTheSource(ThisMachine):
    """A machine during whose work somebody replaces a document."""

    change = staticmethod(lambda: None)

    def run(self, shards):
        for one in shards:
            self.change()
            yield one.run(self.s3)


def test_a_document_that_is_replaced_meanwhile_ends_the_run(s3, source, to, monkeypatch):
    changed = {"type 0/002.png": png("another")}
    monkeypatch.setattr(ChangesTheSource, "change", lambda _: put(s3, source, changed))
    with pytest.raises(InvalidDocuments, match=r"type 0/002\.png has changed since it was listed"):
        prepare_in_shards(s3, source, to, preparation(), machines=ChangesTheSource(s3))
    assert "manifest.json" not in objects_of(s3, to)


@pytest.mark.parametrize(
    ("bodies", "says"),
    [
        ({"a/1.png": png("1"), "a/2.png": png("2")}, "documents of one type only, 'a'"),
        (
            {f"{kind}/{n}.png": png(f"{kind}{n}") for kind in "ab" for n in range(2)},
            "has 2 documents; at least 3",
        ),
        ({"a/1.png": png("1"), "a/2.png": png("2"), "b/1.png": png("3")}, "'b' has 1"),
        ({f"{kind}/{n}.png": png("same") for kind in "ab" for n in range(9)}, "one type only"),
        ({}, "There are no objects under"),
    ],
)
def test_what_cannot_be_learned_is_refused_as_on_one_machine(s3, s3_folder, to, cache, bodies, says):
    source = put(s3, s3_folder.child("source"), bodies)
    for prepare in (
        lambda: prepare_here(s3, source, to, preparation(), cache),
        lambda: prepare_in_shards(s3, source, to, preparation()),
    ):
        with pytest.raises(InvalidDocuments, match=says):
            prepare()

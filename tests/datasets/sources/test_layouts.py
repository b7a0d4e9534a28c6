"""Which folders are types and which are parts: a rule that says what it found, and never a guess."""

import tempfile
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from burnish.datasets.documents import Part, with_held_out
from burnish.datasets.sources import read_folder
from burnish.errors import InvalidConfig, InvalidDocuments

_numbers = count()
PNG = b"\x89PNG\r\n\x1a\n"


def fill(folder: Path, *names: str) -> Path:
    """A folder with files of these names that look like pages, no two alike."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PNG + b"%d" % next(_numbers))
    return folder


def placed(folder: Path, layout=None) -> dict[str, tuple[str, Part | None]]:
    return {one.name: (one.label, one.part) for one in read_folder(folder, layout=layout).documents}


PARTS_WITH_TYPES = [f"{part}/{label}/1.png" for part in ("train", "val", "test") for label in ("a", "b")]


def test_what_was_recognised_is_told(tmp_path):
    fill(tmp_path / "docs", *PARTS_WITH_TYPES, "__MACOSX/train/a/._1.png", "train/.DS_Store")
    (note,) = read_folder(tmp_path / "docs").notes
    assert note == f"{tmp_path}/docs: 3 parts (train, val, test), 2 labels; `.DS_Store`, `__MACOSX` ignored"


@pytest.mark.parametrize(
    "stray",
    [
        *("__MACOSX/train/a/._1.png", ".git/objects/1.png", "@eaDir/1.png", "lost+found/1.png"),
        *("$RECYCLE.BIN/1.png", "Thumbs.db", "desktop.ini", "README.md", "System Volume Information/1.png"),
    ],
)
def test_what_programs_leave_behind_changes_no_layout(tmp_path, stray):
    expected = placed(fill(tmp_path, *PARTS_WITH_TYPES))
    assert len(expected) == 6
    assert placed(fill(tmp_path, stray)) == expected


def test_an_empty_folder_changes_no_layout_and_is_told(tmp_path):
    fill(tmp_path, *PARTS_WITH_TYPES)
    (tmp_path / "notes" / "old").mkdir(parents=True)
    (tmp_path / "train" / "memo").mkdir()
    found = read_folder(tmp_path)
    assert {one.part for one in found.documents} == set(Part)
    assert "no files in `memo`" in found.notes[0]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["Train/a/1.png", "TEST/a/2.png"], {"a": {Part.TRAIN, Part.TEST}}),
        (["train/a/1.png", "train/b/2/1.png"], {"a": {Part.TRAIN}, "b": {Part.TRAIN}}),
        (["data/train/a/1.png", "data/val/a/2.png"], {"a": {Part.TRAIN, Part.VALIDATION}}),
        (["x/data/train/a/1.png", "x/data/val/a/2.png", "x.txt"], {"a": {Part.TRAIN, Part.VALIDATION}}),
        (
            ["a/train/1.png", "a/test/2.png", "b/train/3.png"],
            {"a": {Part.TRAIN, Part.TEST}, "b": {Part.TRAIN}},
        ),
        (["test/1.png", "letter/1.png"], {"test": {None}, "letter": {None}}),
        (["a/2024/1.png", "b/1.png"], {"a": {None}, "b": {None}}),
        (["test results/1.png", "test reports/1.png"], {"test results": {None}, "test reports": {None}}),
        (["train/a/1.png", "train/1.png", "test/2.png"], {"a": {Part.TRAIN}}),
    ],
)
def test_a_layout_that_can_be_understood_in_one_way_is_recognised(tmp_path, names, expected):
    found: dict[str, set] = {}
    for label, part in placed(fill(tmp_path, *names)).values():
        found.setdefault(label, set()).add(part)
    assert found == expected


DOUBTS = {
    "a part of another name": [*PARTS_WITH_TYPES, "holdout/a/1.png"],
    "one known part and one of another name": ["train/a/1.png", "eval/a/1.png"],
    "a type beside parts": [*PARTS_WITH_TYPES, "invoice/1.png"],
    "a part beside types": ["test/a/1.png", "a/1.png", "b/1.png"],
    "parts without types": ["train/1.png", "test/2.png"],
    "parts with more to their names": ["train_data/a/1.png", "test_data/a/1.png"],
    "parts below one type only": ["a/train/1.png", "a/test/1.png", "b/1.png"],
    "a part below types that hold files too": ["a/1.png", "a/test/1.png", "b/1.png", "b/test/1.png"],
    "a part of another name, one folder deeper": ["data/train/a/1.png", "data/eval/a/1.png"],
}


@pytest.mark.parametrize("names", DOUBTS.values(), ids=DOUBTS)
def test_a_layout_that_can_be_understood_in_two_ways_is_refused_with_what_settles_it(tmp_path, names):
    fill(tmp_path, *names)
    with pytest.raises(InvalidDocuments, match=r"two ways: .*--layout labels if"):
        read_folder(tmp_path)
    assert {part for _, part in placed(tmp_path, "labels").values()} == {None}


def test_what_is_no_part_is_left_out_by_name_once_parts_are_asked_for(tmp_path):
    fill(tmp_path, *PARTS_WITH_TYPES, "eval/a/1.png")
    found = read_folder(tmp_path, layout="parts")
    assert {one.part for one in found.documents} == set(Part)
    assert [str(one) for one in found.skipped] == [
        "eval/a/1.png: its folder 'eval' is none of the parts train, validation and test"
    ]


def test_parts_below_some_types_are_used_once_parts_are_asked_for(tmp_path):
    found = read_folder(fill(tmp_path, "a/train/1.png", "a/test/1.png", "b/1.png"), layout="parts")
    assert [one.part for one in found.documents] == [Part.TEST, Part.TRAIN]
    assert [str(one) for one in found.skipped] == ["b/1.png: it is in no folder named for a part"]


def test_parts_that_are_asked_for_and_not_there_are_an_error(tmp_path):
    with pytest.raises(InvalidDocuments, match="no folders named for parts"):
        read_folder(fill(tmp_path, "a/1.png", "b/1.png"), layout="parts")


def test_labels_go_before_what_would_be_recognised(tmp_path):
    fill(tmp_path, *PARTS_WITH_TYPES)
    assert {label for label, _ in placed(tmp_path, "labels").values()} == {"train", "val", "test"}


def test_a_type_that_is_tested_and_not_trained_is_told(tmp_path):
    found = read_folder(fill(tmp_path, "train/a/1.png", "test/a/2.png", "test/b/1.png"))
    assert "nothing to train on for `b`" in found.notes[0]


def test_one_folder_around_all_types_is_told_where_they_may_be(tmp_path):
    (note,) = read_folder(fill(tmp_path / "zip", "docs/a/1.png", "docs/b/1.png")).notes
    assert note.endswith(f"1 label; if the types are the folders in it, give {tmp_path}/zip/docs")


def test_a_layout_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(InvalidConfig, match="it must be one of labels, parts"):
        read_folder(fill(tmp_path, "a/1.png"), layout="part")


def test_both_sources_keep_what_they_note(tmp_path):
    one, two = (read_folder(fill(tmp_path / name, "a/1.png", "b/1.png")) for name in ("one", "two"))
    assert with_held_out(one, two).notes == (*one.notes, *two.notes)


STEPS = st.sampled_from(
    [
        *("train", "Val", "test", "eval", "train_data", "invoice", "letter", "2024", "test "),
        *("__MACOSX", ".git", "@eaDir", "été"),
    ]
)
LEAVES = st.sampled_from(["1.png", "2.pdf", "Thumbs.db", ".DS_Store", "notes.txt", "none"])
FILES = st.sets(st.tuples(st.lists(STEPS, max_size=4), LEAVES).map(lambda one: "/".join((*one[0], one[1]))))


@settings(max_examples=200, deadline=None)
@given(names=FILES, layout=st.sampled_from([None, "labels", "parts"]))
def test_every_file_is_used_or_listed_or_in_what_is_ignored(names, layout):
    with tempfile.TemporaryDirectory() as place:
        folder = fill(Path(place, "docs"), "invoice/always.png", *names)
        try:
            found = read_folder(folder, layout=layout)
        except InvalidDocuments:
            found = read_folder(folder, layout="labels")
    junk = {".git", "__MACOSX", "@eaDir", "Thumbs.db", ".DS_Store"}
    ignored = {name for name in names if junk & set(name.split("/"))}
    told = [one.name for one in (*found.documents, *found.skipped)]
    assert sorted(told) == sorted({"invoice/always.png", *names} - ignored)
    assert ("ignored" in found.notes[0]) == bool(ignored)

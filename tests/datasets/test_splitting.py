import shutil
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from page_files import write_folder

from burnish.datasets.sources import Document, Documents, read_folder
from burnish.datasets.splitting import split_documents, with_held_out
from burnish.errors import InvalidConfig, InvalidDocuments


def made_up(folder, counts):
    documents = [
        Document(path=folder / label / str(number), label=label, digest=f"{label}{number}")
        for label, count in counts.items()
        for number in range(count)
    ]
    return Documents(folder=folder, documents=tuple(documents))


def counted(part):
    return Counter(document.label for document in part)


def test_each_label_keeps_its_share_in_every_part(tmp_path):
    split = split_documents(
        made_up(tmp_path, {"a": 20, "b": 10, "c": 3}), test_share=0.2, validation_share=0.1
    )
    assert counted(split.test) == {"a": 4, "b": 2, "c": 1}
    assert counted(split.validation) == {"a": 2, "b": 1, "c": 1}
    assert counted(split.train) == {"a": 14, "b": 7, "c": 1}


@settings(max_examples=50, deadline=None)
@given(
    counts=st.dictionaries(st.sampled_from("abcdef"), st.integers(3, 30), min_size=2),
    test_share=st.floats(0.01, 0.9),
    validation_share=st.floats(0.01, 0.09),
)
def test_no_document_is_lost_or_in_two_parts_and_no_part_lacks_a_label(
    tmp_path_factory, counts, test_share, validation_share
):
    found = made_up(tmp_path_factory.getbasetemp(), counts)
    split = split_documents(found, test_share=test_share, validation_share=validation_share)
    parts = (split.train, split.validation, split.test)
    assert sorted(one.digest for part in parts for one in part) == sorted(
        one.digest for one in found.documents
    )
    assert all(set(counted(part)) == set(counts) for part in parts)


def test_the_same_seed_gives_the_same_split_wherever_the_folder_lies(tmp_path):
    write_folder(tmp_path / "one", {"a": 6, "b": 6})
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    first, second = (split_documents(read_folder(tmp_path / name), seed=4) for name in ("one", "two"))
    assert [one.digest for one in first.train] == [one.digest for one in second.train]
    assert [one.digest for one in first.test] == [one.digest for one in second.test]
    other = split_documents(read_folder(tmp_path / "one"), seed=5)
    assert [one.digest for one in other.train] != [one.digest for one in first.train]


def test_training_documents_are_mixed_not_sorted_by_label(tmp_path):
    split = split_documents(made_up(tmp_path, {"a": 20, "b": 20}))
    labels = [document.label for document in split.train]
    assert labels not in (sorted(labels), sorted(labels, reverse=True))


def test_too_few_documents_are_refused(tmp_path):
    with pytest.raises(InvalidDocuments, match="'b' has 2"):
        split_documents(made_up(tmp_path, {"a": 5, "b": 2}))


@pytest.mark.parametrize("shares", [(1.0, 0.1), (-0.1, 0.1), (0.1, 0.0), (0.5, 0.5)])
def test_shares_that_leave_nothing_are_refused(tmp_path, shares):
    with pytest.raises(InvalidConfig, match="share"):
        split_documents(made_up(tmp_path, {"a": 5, "b": 5}), test_share=shares[0], validation_share=shares[1])


def test_a_held_out_folder_becomes_the_test_part(tmp_path):
    write_folder(tmp_path / "train", {"a": 3, "b": 3})
    write_folder(tmp_path / "held", {"a": 5, "b": 5})
    split = split_documents(read_folder(tmp_path / "train"), test_share=0)
    assert split.test == ()
    tested = with_held_out(split, read_folder(tmp_path / "held"))
    # The first three of each label are the same files as those trained on.
    assert counted(tested.test) == {"a": 2, "b": 2}
    assert len(tested.skipped) == 6
    assert "which is not held out" in tested.skipped[0].reason


def test_a_held_out_folder_with_other_labels_is_refused(tmp_path):
    split = split_documents(made_up(tmp_path, {"a": 3, "b": 3}), test_share=0)
    with pytest.raises(InvalidDocuments, match="not trained on: 'c'"):
        with_held_out(split, made_up(tmp_path, {"a": 1, "c": 1}))


def test_a_held_out_folder_of_copies_only_is_refused(tmp_path):
    found = made_up(tmp_path, {"a": 3, "b": 3})
    with pytest.raises(InvalidDocuments, match="none can test"):
        with_held_out(split_documents(found, test_share=0), found)

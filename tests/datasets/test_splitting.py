"""Splits: shares kept, groups together, what the source keeps kept, and nothing on two sides."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from burnish.datasets.documents import Document, Documents, Part, with_held_out
from burnish.datasets.splitting import SplitPlan, sampled, split_documents
from burnish.errors import InvalidConfig, InvalidDocuments


def made_up(counts, prefix=""):
    return [
        Document(path=None, label=label, digest=f"{prefix}{label}{number}", name=f"{prefix}{label}/{number}")
        for label, count in counts.items()
        for number in range(count)
    ]


def counted(part):
    return Counter(document.label for document in part)


def digests(part):
    return [one.digest for one in part]


def test_each_label_keeps_its_share_in_every_part():
    plan = SplitPlan(test_share=0.2, validation_share=0.1)
    split = split_documents(made_up({"a": 20, "b": 10, "c": 3}), plan)
    assert counted(split.test) == {"a": 4, "b": 2, "c": 1}
    assert counted(split.validation) == {"a": 2, "b": 1, "c": 1}
    assert counted(split.train) == {"a": 14, "b": 7, "c": 1}


COUNTS = st.dictionaries(st.sampled_from("abcdef"), st.integers(3, 30), min_size=2)


@settings(max_examples=100, deadline=None)
@given(
    counts=COUNTS,
    test_share=st.floats(0.01, 0.9),
    validation_share=st.floats(0.01, 0.09),
    sizes=st.lists(st.integers(1, 4), min_size=1, max_size=40),
)
def test_no_document_is_lost_or_in_two_parts_and_no_group_is_torn(
    counts, test_share, validation_share, sizes
):
    documents = made_up(counts)
    groups, left = {}, list(documents)
    for size in sizes:
        members, left = left[:size], left[size:]
        groups |= {one.digest: members[0].digest for one in members}
    plan = SplitPlan(test_share=test_share, validation_share=validation_share)
    try:
        split = split_documents(documents, plan, groups)
    except InvalidDocuments:
        return  # too many are copies of one another to split a label
    parts = (split.train, split.validation, split.test)
    assert sorted(one for part in parts for one in digests(part)) == sorted(digests(documents))
    homes = {one.digest: number for number, part in enumerate(parts) for one in part}
    for digest, first in groups.items():
        assert homes[digest] == homes[first]


@given(counts=COUNTS)
def test_no_part_lacks_a_label(counts):
    split = split_documents(made_up(counts), SplitPlan())
    assert all(set(counted(part)) == set(counts) for part in (split.train, split.validation, split.test))


def test_where_a_document_goes_depends_on_its_content_and_the_seed_alone():
    documents = made_up({"a": 9, "b": 9})
    renamed = [replace(one, name=f"other/{one.digest}") for one in reversed(documents)]
    first, second = (split_documents(given, SplitPlan(seed=4)) for given in (documents, renamed))
    assert digests(first.train) == digests(second.train)
    assert digests(first.test) == digests(second.test)
    other = split_documents(documents, SplitPlan(seed=5))
    assert digests(other.train) != digests(first.train)


def test_training_documents_are_mixed_not_sorted_by_label():
    labels = [one.label for one in split_documents(made_up({"a": 20, "b": 20}), SplitPlan()).train]
    assert labels not in (sorted(labels), sorted(labels, reverse=True))


def test_too_few_documents_and_too_few_different_ones_are_refused():
    with pytest.raises(InvalidDocuments, match="'b' has 2 documents; at least 3 different ones are needed"):
        split_documents(made_up({"a": 5, "b": 2}), SplitPlan())
    copies = {f"b{number}": "b0" for number in range(9)}
    with pytest.raises(InvalidDocuments, match="The 9 documents of the type 'b' look like copies of only 1;"):
        split_documents(made_up({"a": 5, "b": 9}), SplitPlan(), copies)


@pytest.mark.parametrize("shares", [(1.0, 0.1), (-0.1, 0.1), (0.1, 0.0), (0.5, 0.5)])
def test_shares_that_leave_nothing_are_refused(shares):
    with pytest.raises(InvalidConfig, match="share"):
        SplitPlan(test_share=shares[0], validation_share=shares[1])


def test_documents_to_test_with_are_kept_and_no_others_drawn():
    testing = [replace(one, part=Part.TEST) for one in made_up({"a": 4, "b": 1}, prefix="held ")]
    split = split_documents([*made_up({"a": 5, "b": 5}), *testing], SplitPlan())
    assert set(digests(split.test)) == set(digests(testing))
    assert set(counted(split.validation)) == {"a", "b"}


def test_of_two_copies_the_one_to_test_with_goes_and_is_listed():
    documents = made_up({"a": 5, "b": 5})
    testing = [replace(one, part=Part.TEST) for one in made_up({"a": 2, "b": 2}, prefix="held ")]
    split = split_documents([*documents, *testing], SplitPlan(), {"held a0": "a3", "a3": "a3"})
    assert set(digests(split.test)) == {"held a1", "held b0", "held b1"}
    assert [str(one) for one in split.skipped] == ["held a/0: a copy of a/3, which is for training"]


def test_so_many_of_a_label_are_drawn_and_those_to_test_with_are_kept():
    testing = [replace(one, part=Part.TEST) for one in made_up({"a": 7}, prefix="held ")]
    drawn = sampled([*made_up({"a": 20, "b": 3}), *testing], SplitPlan(per_label=5))
    assert counted(drawn) == {"a": 12, "b": 3}
    assert sampled(drawn, SplitPlan(per_label=5)) == drawn


def test_a_held_out_folder_with_other_labels_is_refused():
    found = Documents(origin="one", documents=tuple(made_up({"a": 3, "b": 3})))
    with pytest.raises(InvalidDocuments, match="not trained on: 'c'"):
        with_held_out(found, Documents(origin="two", documents=tuple(made_up({"a": 1, "c": 1}))))

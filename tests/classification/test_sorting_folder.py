"""Documents in folders by their labels."""

from __future__ import annotations

from dataclasses import replace

import pytest
from answered_pages import document

from burnish.classification.decisions import LabelVerdict, ReviewDecision
from burnish.classification.sorting import SortingFolder

MEMO = LabelVerdict(
    document="a/one.pdf",
    pages=(1, 1),
    label="memo",
    probability=0.9,
    runner_up=None,
    runner_up_probability=None,
    decision=ReviewDecision.ACCEPT,
    reason="",
)


@pytest.fixture
def put(tmp_path):
    """Puts a file with this content, and returns where it lies below the folder."""
    sorted_into = tmp_path / "sorted"

    def put_file(verdict, content="first", *, link=False):
        path = tmp_path / "incoming"
        path.write_text(content)
        answers = replace_path(document(name=verdict.document), str(path))
        target = SortingFolder(folder=sorted_into, link=link).put(answers, verdict)
        assert target.resolve().is_relative_to(tmp_path)
        return str(target.relative_to(sorted_into))

    return put_file


def replace_path(answers, path):
    return type(answers)(key=answers.key, document=answers.document, path=path, pages=[])


@pytest.mark.parametrize("link", [False, True])
def test_a_document_lies_in_the_folder_of_its_label(put, tmp_path, link):
    assert put(MEMO, link=link) == "memo/a/one.pdf"
    assert (tmp_path / "sorted/memo/a/one.pdf").is_symlink() == link
    assert (tmp_path / "sorted/memo/a/one.pdf").read_text() == "first"


def test_what_is_for_review_lies_apart(put):
    assert put(replace(MEMO, decision=ReviewDecision.REVIEW)) == "review/a/one.pdf"
    assert put(replace(MEMO, label="review")) == "review (label)/a/one.pdf"


def test_nothing_is_overwritten_and_nothing_put_twice(put, tmp_path):
    assert put(MEMO) == put(MEMO) == "memo/a/one.pdf"
    assert put(MEMO, "second") == put(MEMO, "second") == "memo/a/one (2).pdf"
    assert (tmp_path / "sorted/memo/a/one.pdf").read_text() == "first"


@pytest.mark.parametrize("name", ["../../../etc/passwd", "/etc/passwd", "..", "a/../../b", "x/.ssh/keys"])
def test_no_name_leads_out_of_the_folder(put, tmp_path, name):
    for verdict in (replace(MEMO, document=name), replace(MEMO, label=name)):
        target = tmp_path / "sorted" / put(verdict)
        assert ".." not in target.parts
        assert target.is_file()

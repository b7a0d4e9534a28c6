"""The labels of documents: refused where no prompt can hold them, warned of where they look alike."""

import csv

import pytest
from page_files import write_folder, write_page

from burnish.datasets.descriptions import read_descriptions
from burnish.datasets.documents import with_held_out
from burnish.datasets.label_checks import (
    require_distinct_labels,
    require_known,
    require_prompt_for,
    with_label_notes,
)
from burnish.datasets.sources import read_folder, source_named
from burnish.errors import InvalidDocuments
from burnish.records import classification_prompt


def manifest(tmp_path, rows):
    """A CSV of labels and descriptions, one page each."""
    with (tmp_path / "documents.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["path", "label", "description"])
        for number, row in enumerate(rows):
            write_page(tmp_path / f"{number}.png", f"{number}")
            table.writerow([f"{number}.png", *row])
    return source_named(str(tmp_path / "documents.csv"))


@pytest.mark.parametrize("label", ["in\nvoice", "in\tvoice", "in\u2028voice", "in\x1bvoice", "\u200b"])
def test_a_label_that_no_prompt_can_hold_is_refused_by_name(tmp_path, label):
    with pytest.raises(
        InvalidDocuments, match=r"documents.csv' has labels that cannot be used: .*'0\.png'"
    ) as no:
        manifest(tmp_path, [(label, ""), ("letter", "")]).read()
    assert repr(label) in str(no.value)


def test_a_folder_whose_name_has_a_line_break_is_refused(tmp_path):
    folder = write_folder(tmp_path / "documents", {"in\nvoice": 1, "letter": 1})
    with pytest.raises(InvalidDocuments, match=r"a line break \(U\+000A\)"):
        read_folder(folder)


def test_space_around_a_label_is_no_part_of_it(tmp_path):
    assert read_folder(write_folder(tmp_path / "documents", {"invoice ": 1, " letter": 1})).labels == (
        "invoice",
        "letter",
    )


def test_a_label_of_nothing_but_space_is_none(tmp_path):
    found = read_folder(write_folder(tmp_path / "documents", {" ": 1, "letter": 1}))
    assert [str(one) for one in found.skipped] == [" /000.png: it has no label"]


def test_two_descriptions_of_one_label_are_named(tmp_path):
    rows = [("invoice", "A bill"), ("letter", ""), ("invoice", ""), ("invoice", "A note")]
    with pytest.raises(InvalidDocuments, match=r"'A bill' beside '0.png', and 'A note' beside '3.png'"):
        manifest(tmp_path, rows).read()
    assert manifest(tmp_path, rows[:3]).read().descriptions == {"invoice": "A bill"}


def test_labels_that_look_alike_are_noted_and_refused_where_that_is_asked_for(tmp_path):
    labels = {"Invoice": 1, "invoice": 1, "caf\u00e9": 1, "cafe\u0301": 1, "letter": 1}
    found = read_folder(write_folder(tmp_path / "documents", labels))
    noted = with_label_notes(found)
    assert with_label_notes(noted) == noted
    _, case, composed = noted.notes
    assert "'Invoice' and 'invoice' differ only in case" in case
    assert "caf\\xe9" in composed
    with pytest.raises(
        InvalidDocuments, match=r"look alike:\n  - 'Invoice' and 'invoice'.*\n.*\nRename them"
    ):
        require_distinct_labels(found)


def test_labels_that_look_different_are_fine(tmp_path):
    found = read_folder(write_folder(tmp_path / "documents", {"invoice": 1, "letter": 1}))
    assert require_distinct_labels(found) is found
    assert with_label_notes(found) == found


def test_a_description_of_no_label_is_named_with_the_label_that_was_meant(tmp_path):
    (tmp_path / "typo.csv").write_text("label,description\nInvoice,A bill\nmemo,x\n")
    with pytest.raises(
        InvalidDocuments, match=r"'Invoice' \(did you mean 'invoice'\?\), 'memo'\. The labels"
    ):
        require_known(read_descriptions(tmp_path / "typo.csv"), ("invoice", "letter"), where="typo.csv")
    require_known({"letter": "x"}, ("invoice", "letter"), where="fine.csv")


def test_a_prompt_that_does_not_ask_about_every_label_is_refused(tmp_path):
    found = read_folder(write_folder(tmp_path / "documents", {"invoice": 1, "letter": 1}))
    with pytest.raises(InvalidDocuments, match=r"does not ask about .*'invoice' \(did you mean 'Invoice'"):
        require_prompt_for(found, classification_prompt(["Invoice", "letter"]))
    with pytest.raises(InvalidDocuments, match="The prompt describes labels that no document has: 'leter'"):
        require_prompt_for(found, classification_prompt(found.labels, {"leter": "Mail"}))
    require_prompt_for(found, classification_prompt([*found.labels, "memo"], {"memo": "A note"}))


def test_a_held_out_label_in_another_spelling_is_named_with_the_label_that_was_meant(tmp_path):
    found = read_folder(write_folder(tmp_path / "documents", {"invoice": 1, "letter": 1}))
    held_out = read_folder(write_folder(tmp_path / "held-out", {"Invoice": 1, "letter": 1}))
    with pytest.raises(InvalidDocuments, match=r"'Invoice' \(did you mean 'invoice'\?\)"):
        with_held_out(found, held_out)

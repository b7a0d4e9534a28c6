"""An audit finds wrong labels, copies and strange pages; its sheet shows them; what is decided is done."""

import csv
import io
import math
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from page_files import write_page, written_page
from PIL import Image

from burnish.datasets.audit_sheet import CORRECTIONS_NAME, decisions_in, shown_count, write_audit
from burnish.datasets.auditing import audit_documents
from burnish.datasets.document_features import DocumentFeatures, extract_features, features_of
from burnish.datasets.documents import Document
from burnish.datasets.perceptual_hash import page_hash
from burnish.reading import Line

WORDS = {
    "invoice": "invoice number total amount due payment bank account tax",
    "letter": "dear sir yours faithfully sincerely enclosed thank regards",
    "resume": "education experience skills university degree employment references",
}


def lines_of(text: str) -> list[Line]:
    """The text as it would be read, one line below the other."""
    return [
        Line(line, 0.1, 0.1 + number / 20, 0.8, 0.13 + number / 20)
        for number, line in enumerate(text.splitlines())
    ]


def a_page(label: str, number: int, *, text: str | None = None, blank: bool = False) -> DocumentFeatures:
    image = Image.new("L", (300, 400), "white") if blank else written_page(f"{label} {number}")
    body = io.BytesIO()
    image.save(body, "PNG")
    words = WORDS[label].split()
    said = " ".join(words[(number + step) % len(words)] for step in range(5))
    name = f"{label}/{number}.png"
    return features_of(
        Document(path=None, label=label, digest=sha256(name.encode()).hexdigest(), name=name),
        body.getvalue(),
        lines=lines_of(said if text is None else text),
        hashes=None if blank else page_hash(image),
    )


def replace_text(one: DocumentFeatures, text: str) -> DocumentFeatures:
    return replace(one, lines=tuple(lines_of(text)))


def labelled(one: DocumentFeatures, label: str) -> DocumentFeatures:
    return replace(one, document=replace(one.document, label=label))


@pytest.fixture(scope="module")
def pages() -> list[DocumentFeatures]:
    return [a_page(label, number) for label in WORDS for number in range(14)]


def test_a_wrong_label_is_the_first_suspect_with_the_right_one_suggested(pages):
    planted = [labelled(one, "resume") if number == 3 else one for number, one in enumerate(pages)]
    first = audit_documents(planted).suspects[0]
    assert (first.document.name, first.suggested) == ("invoice/3.png", "invoice")
    assert first.doubt > 1


def test_every_document_is_ranked_once_and_the_same_way_every_time(pages):
    first, second = audit_documents(pages), audit_documents(pages)
    assert first == second
    names = [one.document.name for one in first.suspects]
    assert sorted(names) == sorted(one.document.name for one in pages)


def test_a_label_is_not_judged_by_its_own_document(pages):
    """What no other document has, its text and its look, says nothing about its label."""
    strange = replace_text(labelled(pages[3], "resume"), "zxq vwk jjq qqz xkcd")
    suspects = {one.document.name: one for one in audit_documents([*pages[:3], strange, *pages[4:]]).suspects}
    assert suspects["invoice/3.png"].doubt > -0.5


def test_a_label_that_is_common_is_not_suspected_for_it(pages):
    """Ten times as many invoices as others: the wrong one among the few is still the first."""
    many = [a_page("invoice", number) for number in range(100, 180)]
    planted = [labelled(one, "resume") if number == 3 else one for number, one in enumerate([*pages, *many])]
    assert audit_documents(planted).suspects[0].document.name == "invoice/3.png"


def test_pages_themselves_are_not_kept(pages):
    """An audit holds all documents at once."""
    one = pages[0]
    assert len(one.brightness) == 24 * 32
    with Image.open(io.BytesIO(one.thumbnail)) as small:
        assert max(small.size) <= 400


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(max_size=40), min_size=6, max_size=6))
@example(texts=[""] * 6)
@example(texts=["!!! ???"] * 6)
def test_whatever_pages_say_each_document_is_judged(pages, texts):
    features = [replace_text(one, text) for one, text in zip(pages[:3] + pages[14:17], texts, strict=True)]
    suspects = audit_documents(features).suspects
    assert {one.document.name for one in suspects} == {one.document.name for one in features}
    assert all(math.isfinite(one.doubt) for one in suspects)


def test_copies_are_shown_together_those_with_two_labels_first(pages):
    again = [
        replace(pages[number], document=replace(pages[number].document, name=f"again-{number}", label=label))
        for number, label in ((0, "invoice"), (20, "resume"))
    ]
    copies = audit_documents([*pages, *again]).copies
    assert [one.labels for one in copies] == [("letter", "resume"), ("invoice",)]


def test_blank_and_strange_pages_are_outliers(pages):
    strange = [
        a_page("letter", 30, blank=True, text=""),
        a_page("letter", 31, text="zxq vwk jjq qqz xkcd wvv"),
    ]
    outliers = [one.name for one in audit_documents([*pages, *strange]).outliers]
    assert outliers[:2] == ["letter/30.png", "letter/31.png"]
    assert len(outliers) <= len(pages) // 6


def test_types_that_are_too_rare_are_not_judged_and_said_to_be(pages):
    audited = audit_documents([*pages[:28], a_page("resume", 0)])
    assert audited.unjudged == ("resume",)
    assert len(audited.suspects) == 28


def test_a_single_type_has_no_suspects(pages):
    assert audit_documents(pages[:14]).suspects == ()


@pytest.mark.parametrize("number", [0, 1, 2])
def test_hardly_any_documents_have_an_audit_that_finds_nothing(pages, number):
    """As when all others could not be read."""
    audited = audit_documents(pages[:number])
    assert (audited.documents, audited.suspects, audited.outliers) == (number, (), ())


def test_the_sheet_is_one_file_that_shows_what_is_doubtful(pages, tmp_path):
    audited = audit_documents(pages)
    sheet = write_audit(audited, pages, tmp_path, source="papers")
    text = sheet.page.read_text()
    assert text.count("data:image/webp") >= shown_count(audited)
    assert "http://" not in text
    assert "https://" not in text
    rows = list(csv.DictReader(sheet.corrections.open()))
    assert [row["name"] for row in rows][: shown_count(audited)] == [
        one.document.name for one in audited.suspects[: shown_count(audited)]
    ]
    assert {row["decision"] for row in rows} == {""}


def test_a_name_cannot_put_anything_into_the_sheet(pages, tmp_path):
    evil = "<script>alert(1)</script>.png"
    bad = replace(pages[0], document=replace(pages[0].document, name=evil, label="resume"))
    sheet = write_audit(audit_documents([bad, *pages[1:]]), [bad, *pages[1:]], tmp_path, source="papers")
    assert "<script>" not in sheet.page.read_text()


def written(pages, folder, *, source="papers") -> list[dict[str, str]]:
    """The rows of the file to decide in, after an audit of these pages that knows what was decided there."""
    decided = decisions_in(folder / CORRECTIONS_NAME)
    sheet = write_audit(audit_documents(pages), pages, folder, source=source, decided=decided)
    return list(csv.DictReader(sheet.corrections.open(newline="")))


def decide(folder, decisions: dict[str, str]) -> None:
    """Write decisions about names into the file of an audit, as a person does."""
    path = folder / CORRECTIONS_NAME
    rows = list(csv.DictReader(path.open(newline="")))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows({**row, "decision": decisions.get(row["name"], row["decision"])} for row in rows)


def test_the_file_to_decide_in_names_content_and_source(pages, tmp_path):
    row = written(pages, tmp_path, source="./papers/training/")[0]
    document = next(one.document for one in pages if one.document.name == row["name"])
    assert (row["digest"], row["source"]) == (f"sha256:{document.digest}", "papers/training")
    assert list(row)[:3] == ["name", "label", "decision"]


def test_decisions_that_are_there_already_are_kept(pages, tmp_path):
    first = written(pages, tmp_path)[0]["name"]
    decide(tmp_path, {first: "drop"})
    assert written(pages, tmp_path)[0]["decision"] == "drop"
    # What was dropped is audited no more, and the decision to drop it must stay.
    others = [one for one in pages if one.document.name != first]
    left = [row for row in written(others, tmp_path) if row["decision"]]
    assert [(row["name"], row["decision"], row["reason"]) for row in left] == [
        (first, "drop", "decided before")
    ]


@pytest.mark.parametrize("same", [True, False])
def test_what_was_decided_about_one_source_is_not_decided_about_another(pages, tmp_path, same):
    """Two audits into one folder, of sources whose documents have the same names, and contents or not."""
    first = written(pages, tmp_path, source="papers/training")[0]["name"]
    decide(tmp_path, {first: "drop"})
    digests = [sha256(one.document.digest.encode()).hexdigest() for one in pages]
    others = [
        replace(one, document=replace(one.document, digest=digest))
        for one, digest in zip(pages, digests, strict=True)
    ]
    audited = written(pages if same else others, tmp_path, source="papers/held-out")
    decided = {row["source"]: row["decision"] for row in audited if row["name"] == first}
    assert decided == {"papers/held-out": "", "papers/training": "drop"}


def test_a_document_that_has_changed_is_to_be_decided_again(pages, tmp_path):
    first = written(pages, tmp_path)[0]["name"]
    decide(tmp_path, {first: "drop"})
    changed = [
        replace(one, document=replace(one.document, digest="0" * 64)) if one.document.name == first else one
        for one in pages
    ]
    rows = [row for row in written(changed, tmp_path) if row["name"] == first]
    assert sorted((row["digest"] == "sha256:" + "0" * 64, row["decision"]) for row in rows) == [
        (False, "drop"),
        (True, ""),
    ]


def test_a_decision_without_a_digest_stays_without_one(pages, tmp_path):
    """Nobody knows which content it was about."""
    first = pages[0].document.name
    (tmp_path / CORRECTIONS_NAME).write_text(f"name,label,decision\n{first},invoice,letter\n")
    last = written(pages, tmp_path)[-1]
    assert (last["name"], last["decision"], last["digest"], last["source"]) == (first, "letter", "", "")


def test_a_name_that_a_spreadsheet_would_run_is_guarded(pages, tmp_path):
    evil = replace(pages[0], document=replace(pages[0].document, name="=HYPERLINK(1).png", label="resume"))
    assert "'=HYPERLINK(1).png" in {row["name"] for row in written([evil, *pages[1:]], tmp_path)}


def test_features_come_in_the_order_of_documents_and_the_broken_are_listed(tmp_path, monkeypatch):
    monkeypatch.setenv("BURNISH_CACHE", str(tmp_path / "cache"))
    documents = []
    for number in range(3):
        path = write_page(tmp_path / f"{number}.png", f"invoice {number}", size=(600, 400))
        documents.append(Document(path=path, label="a", digest=str(number), name=path.name))
    documents[1].path.write_bytes(b"broken")
    seen = []
    features, skipped = extract_features(documents, on_document=seen.append)
    assert [one.document.name for one in features] == ["0.png", "2.png"]
    assert [one.name for one in skipped] == ["1.png"]
    assert seen == [1, 2, 3]

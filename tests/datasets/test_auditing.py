"""An audit finds wrong labels, copies and strange pages; its sheet shows them; what is decided is done."""

import csv
import io
import random
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from page_files import filled_form, write_page, written_page
from PIL import Image

from burnish.datasets.audit_conclusion import conclusion_of, limits_of, notes_of
from burnish.datasets.audit_pages import write_pages
from burnish.datasets.audit_sheet import CORRECTIONS_NAME, decisions_in, documents_on_sheet, write_audit
from burnish.datasets.auditing import MIN_PROBABILITY, audit_documents
from burnish.datasets.document_features import DocumentFeatures, extract_features, features_of
from burnish.datasets.documents import Document
from burnish.datasets.near_duplicates import clusters
from burnish.datasets.perceptual_hash import page_hash
from burnish.page_features.appearance import SIZE
from burnish.pages.reading import Line

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


def a_card(number: int, image: Image.Image) -> DocumentFeatures:
    body = io.BytesIO()
    image.save(body, "PNG")
    document = Document(path=None, label="invoice", digest=f"{number:064}", name=f"card-{number}")
    return features_of(document, body.getvalue(), lines=lines_of("meter card"), hashes=page_hash(image))


def replace_text(one: DocumentFeatures, text: str) -> DocumentFeatures:
    return replace(one, lines=tuple(lines_of(text)))


def labelled(one: DocumentFeatures, label: str) -> DocumentFeatures:
    return replace(one, document=replace(one.document, label=label))


@pytest.fixture(scope="module")
def pages() -> list[DocumentFeatures]:
    return [a_page(label, number) for label in WORDS for number in range(14)]


def planted_in(pages, *, every: int = 14) -> list[DocumentFeatures]:
    """The pages with a wrong label of every so many."""
    return [
        labelled(one, "letter" if one.document.label != "letter" else "resume")
        if number % every == 3
        else one
        for number, one in enumerate(pages)
    ]


def test_wrong_labels_are_suspects_with_the_right_ones_suggested(pages):
    suspects = audit_documents(planted_in(pages)).suspects
    assert {(one.document.name, one.suggested) for one in suspects} == {
        (f"{label}/3.png", label) for label in WORDS
    }
    assert all(one.probability >= MIN_PROBABILITY for one in suspects)


def test_a_set_without_errors_has_no_suspects(pages):
    audited = audit_documents(pages)
    assert (audited.suspects, audited.errors.high, audited.has_findings) == ((), 0, False)
    assert conclusion_of(audited) == "Nothing suspicious in 42 documents"
    assert notes_of(audited) == ["Estimated label errors: none of 42."]


def test_the_number_of_errors_is_estimated(pages):
    errors = audit_documents(planted_in(pages)).errors
    assert errors.low <= 3 <= errors.high


def test_a_suspect_never_has_its_own_label_suggested(pages):
    rng = random.Random(0)
    noisy = [
        one if number % 4 else labelled(one, rng.choice(list(WORDS))) for number, one in enumerate(pages)
    ]
    audited = audit_documents(noisy)
    assert audited.suspects
    assert all(one.suggested != one.document.label for one in audited.suspects)


def test_labels_that_pages_do_not_show_are_not_judged(pages):
    """Models that can only guess contradict half of them."""
    rng = random.Random(1)
    audited = audit_documents([labelled(one, rng.choice(["this", "that"])) for one in pages])
    assert (audited.judged, audited.suspects, audited.errors) == ((), (), None)
    assert conclusion_of(audited) == "No label can be judged"
    assert "no better than by guessing" in limits_of(audited)[0]


def test_every_document_is_judged_once_and_the_same_way_every_time(pages):
    first, second = audit_documents(planted_in(pages)), audit_documents(planted_in(pages))
    assert first == second
    assert sorted(one.document.name for one in first.judged) == sorted(one.document.name for one in pages)
    assert list(first.judged) == sorted(first.judged, key=lambda one: -one.probability)


def test_a_label_is_not_judged_by_its_own_document(pages):
    """What no other document has, its text and its look, says nothing about its label."""
    strange = replace_text(labelled(pages[3], "resume"), "zxq vwk jjq qqz xkcd")
    judged = {one.document.name: one for one in audit_documents([*pages[:3], strange, *pages[4:]]).judged}
    others = [one.probability for name, one in judged.items() if name != "invoice/3.png"]
    assert judged["invoice/3.png"].probability > max(others)


def test_a_label_that_is_common_is_not_suspected_for_it(pages):
    """Ten times as many invoices as others: the wrong one among the few is still the only suspect."""
    many = [a_page("invoice", number) for number in range(100, 180)]
    planted = [labelled(one, "resume") if number == 3 else one for number, one in enumerate([*pages, *many])]
    assert [one.document.name for one in audit_documents(planted).suspects] == ["invoice/3.png"]


def test_pages_themselves_are_not_kept(pages):
    """An audit holds all documents at once."""
    one = pages[0]
    assert len(one.appearance) == SIZE
    with Image.open(io.BytesIO(one.thumbnail)) as small:
        assert max(small.size) <= 400


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(max_size=40), min_size=6, max_size=6))
@example(texts=[""] * 6)
@example(texts=["!!! ???"] * 6)
def test_whatever_pages_say_each_document_is_judged(pages, texts):
    features = [replace_text(one, text) for one, text in zip(pages[:3] + pages[14:17], texts, strict=True)]
    audited = audit_documents(features)
    assert audited.reason or len(audited.judged) == len(features)
    assert all(0 <= one.probability <= 1 for one in audited.judged)


def test_copies_are_shown_together_those_with_two_labels_first(pages):
    again = [
        replace(pages[number], document=replace(pages[number].document, name=f"again-{number}", label=label))
        for number, label in ((0, "invoice"), (20, "resume"))
    ]
    copies = audit_documents([*pages, *again]).copies
    assert [one.labels for one in copies] == [("letter", "resume"), ("invoice",)]


def test_forms_of_one_layout_are_no_copies_and_one_that_was_scanned_twice_is(pages):
    values = [("Anna Berg", "1047723"), ("Otto Stone", "3385160"), ("Maria Ford", "9625048")]
    cards = [a_card(number, filled_form(*one)) for number, one in enumerate(values)]
    again = a_card(9, filled_form(*values[1]).resize((600, 800)))
    assert len(set(clusters([one.hashes for one in (*cards, again)]))) == 1  # alike from afar
    (copies,) = audit_documents([*pages, *cards, again]).copies
    assert [one.name for one in copies.documents] == ["card-1", "card-9"]


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
    assert audited.unjudged == {"resume": 1}
    assert len(audited.judged) == 28
    assert "Too few documents to judge the label, which takes 3: resume (1)." in limits_of(audited)


def test_a_single_type_cannot_be_judged(pages):
    audited = audit_documents(pages[:14])
    assert (audited.judged, audited.reason) == ((), "it takes two labels with 3 documents each")


@pytest.mark.parametrize("number", [0, 1, 2])
def test_hardly_any_documents_have_an_audit_that_finds_nothing(pages, number):
    """As when all others could not be read."""
    audited = audit_documents(pages[:number])
    assert (audited.documents, audited.suspects, audited.outliers) == (number, (), ())


def test_the_sheet_shows_what_is_doubtful_and_opens_it_at_full_size(pages, tmp_path):
    audited = audit_documents(planted_in(pages))
    shown = documents_on_sheet(audited)
    paths = {one.digest: f"pages/{one.digest}.webp" for one in shown}
    sheet = write_audit(audited, pages, tmp_path, source="papers", pages=paths)
    text = sheet.page.read_text()
    assert text.count("data:image/webp") == len(shown)
    assert all(f'href="{path}"' in text for path in paths.values())
    assert "http://" not in text
    assert "https://" not in text
    rows = list(csv.DictReader(sheet.corrections.open()))
    suspects = [one.document.name for one in audited.suspects]
    assert [row["name"] for row in rows][: len(suspects)] == suspects
    assert {row["decision"] for row in rows} == {""}


def test_the_sheet_of_a_set_without_errors_says_so(pages, tmp_path):
    sheet = write_audit(audit_documents(pages), pages, tmp_path, source="papers")
    text = sheet.page.read_text()
    assert "Nothing suspicious in 42 documents" in text
    assert "data:image/webp" not in text
    assert list(csv.DictReader(sheet.corrections.open())) == []


@pytest.mark.parametrize("kind", ["PNG", "PDF"])
def test_pages_at_full_size_lie_beside_the_sheet(tmp_path, kind):
    written_page("invoice 1", size=(600, 800)).save(tmp_path / "document", kind)
    document = Document(path=tmp_path / "document", label="a", digest="a" * 64, name="document")
    gone = replace(document, path=tmp_path / "gone", digest="b" * 64)
    paths = write_pages([document, gone], tmp_path / "audit")
    assert paths == {"a" * 64: f"pages/{'a' * 64}.webp"}
    with Image.open(tmp_path / "audit" / paths["a" * 64]) as page:
        assert max(page.size) >= 800
    mine = tmp_path / "audit" / "pages" / "mine.webp"
    mine.touch()
    write_pages([], tmp_path / "audit")
    assert list((tmp_path / "audit" / "pages").iterdir()) == [mine]  # what an earlier audit wrote is gone


def test_a_name_cannot_put_anything_into_the_sheet(pages, tmp_path):
    evil = "<script>alert(1)</script>.png"
    bad = replace(pages[0], document=replace(pages[0].document, name=evil, label="resume"))
    sheet = write_audit(audit_documents([bad, *pages[1:]]), [bad, *pages[1:]], tmp_path, source="papers")
    assert "<script>" not in sheet.page.read_text()


def written(pages, folder, *, source="papers") -> list[dict[str, str]]:
    """The rows of the file to decide in, after an audit of these pages that knows what was decided there.

    Three labels are wrong, so that there is something to decide.
    """
    pages = planted_in(pages)
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

"""Decisions change the documents that they are about, of the source that they are about, and no others."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from burnish.datasets.correction_files import Correction, Corrections
from burnish.datasets.corrections import apply_corrections
from burnish.datasets.documents import Document, Documents, SkippedDocument
from burnish.errors import InvalidDocuments

LABELS = ("letter", "memo")


def digest_of(content: str) -> str:
    return sha256(content.encode()).hexdigest()


def source(
    origin: str, *documents: tuple[str, str, str], skipped: tuple[SkippedDocument, ...] = ()
) -> Documents:
    """Documents by name, label and content."""
    return Documents(
        origin=origin,
        documents=tuple(
            Document(path=None, name=name, label=label, digest=digest_of(content))
            for name, label, content in documents
        ),
        skipped=skipped,
    )


def decisions(*rows: dict[str, str]) -> Corrections:
    """Rows of a file, the first of them in line 2."""
    return Corrections(
        name="mine.csv",
        rows=tuple(
            Correction(file="mine.csv", line=line, label="", **{"name": "", **row})
            for line, row in enumerate(rows, 2)
        ),
    )


def shape(one: Documents) -> list[tuple[str, str]]:
    return [(document.name, document.label) for document in one.documents]


TRAINING = source(
    "papers/training", ("a.png", "memo", "1"), ("b.png", "letter", "2"), ("c.png", "letter", "3")
)
HELD_OUT = source("papers/held-out", ("a.png", "memo", "4"), ("b.png", "letter", "5"))


def test_what_is_decided_is_done():
    given_rows = decisions({"name": "a.png", "decision": "letter"}, {"name": "b.png", "decision": " DROP "})
    (done,), applied = apply_corrections([TRAINING], given_rows)
    assert shape(done) == [("a.png", "letter"), ("c.png", "letter")]
    assert [str(one) for one in done.skipped] == ["b.png: left out by mine.csv"]
    assert str(applied) == "mine.csv: 2 decisions applied, 0 not applied"


@pytest.mark.parametrize("named", [{}, {"digest": digest_of("1")}, {"source": "papers/training"}])
def test_a_held_out_document_of_the_same_name_is_left_alone(named):
    rows = decisions({"name": "a.png", "decision": "drop", **named})
    (training, held_out), _ = apply_corrections([TRAINING, HELD_OUT], rows)
    assert [one.name for one in training.documents] == ["b.png", "c.png"]
    assert held_out == HELD_OUT


@pytest.mark.parametrize("named", [{"source": "held-out"}, {"source": "./papers/held-out/"}])
def test_a_decision_about_the_held_out_source_changes_that_alone(named):
    rows = decisions({"name": "a.png", "decision": "letter", "digest": digest_of("4"), **named})
    (training, held_out), applied = apply_corrections([TRAINING, HELD_OUT], rows)
    assert training == TRAINING
    assert shape(held_out)[0] == ("a.png", "letter")
    assert applied.changed == 1


def test_the_same_file_in_two_sources_is_changed_in_the_one_that_is_named():
    twin = source("papers/held-out", ("x.png", "letter", "1"), ("y.png", "memo", "9"))
    rows = decisions({"name": "a.png", "decision": "letter", "digest": digest_of("1"), "source": "training"})
    (training, held_out), _ = apply_corrections([TRAINING, twin], rows)
    assert shape(training)[0] == ("a.png", "letter")
    assert held_out == twin


def test_the_same_file_in_two_sources_of_one_name_is_doubtful():
    one = source("one/documents", ("a.png", "memo", "1"), ("b.png", "letter", "2"))
    other = source("other/documents", ("a.png", "memo", "1"))
    rows = decisions({"name": "a.png", "decision": "drop", "digest": digest_of("1"), "source": "documents"})
    with pytest.raises(InvalidDocuments, match=r"line 2: 'a\.png' could be any of 2 .*other/documents"):
        apply_corrections([one, other], rows)


def test_a_document_that_was_renamed_is_known_by_its_content():
    rows = decisions({"name": "old name.png", "decision": "letter", "digest": digest_of("1")})
    (done,), _ = apply_corrections([TRAINING], rows)
    assert shape(done)[0] == ("a.png", "letter")


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"name": "a.png", "digest": digest_of("0")}, "its content has changed since the decision"),
        ({"name": "z.png", "digest": digest_of("0")}, "no longer in 'papers/training'"),
        ({"name": "", "digest": digest_of("0")}, "no longer in 'papers/training'"),
        (
            {"name": "a.png", "source": "elsewhere"},
            "decided for the source 'elsewhere', which is not 'papers/t",
        ),
        ({"name": "twin.png"}, "it is left out already: the same file as a.png"),
    ],
)
def test_what_is_not_applied_is_listed_and_changes_nothing(row, why):
    left_out = (SkippedDocument(name="twin.png", reason="the same file as a.png"),)
    found = source("papers/training", ("a.png", "memo", "1"), ("b.png", "letter", "2"), skipped=left_out)
    (done,), applied = apply_corrections([found], decisions({"decision": "drop", **row}))
    assert done == found
    assert (applied.changed, len(applied.not_applied)) == (0, 1)
    assert why in applied.not_applied[0].reason


@pytest.mark.parametrize("decision", ["keep", "Keep", "memo", " memo", "action:keep"])
def test_a_decision_that_changes_nothing_is_a_confirmation(decision):
    (done,), applied = apply_corrections([TRAINING], decisions({"name": "a.png", "decision": decision}))
    assert done == TRAINING
    assert str(applied) == "mine.csv: 0 decisions applied and 1 confirm what is there, 0 not applied"


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([{"name": "z.png", "decision": "memo"}], r"line 2: 'papers/training' does not hold .* 'z\.png'"),
        (
            [{"name": "a.png", "decision": "leter"}],
            "line 2: no document has the label 'leter' .did you mean 'letter'",
        ),
        ([{"name": "a.png", "decision": "Letter"}], "line 2: no document has the label 'Letter'"),
        (
            [{"name": "a.png", "decision": "letter"}, {"name": "a.png", "decision": "drop"}],
            "line 2 and line 3 decide differently about 'a.png': 'letter' and 'drop'",
        ),
        (
            [{"name": "a.png", "decision": "drop"}, {"digest": digest_of("1"), "decision": "keep"}],
            "line 2 and line 3 decide differently",
        ),
    ],
)
def test_a_slip_of_the_pen_is_an_error_with_its_line(rows, says):
    with pytest.raises(InvalidDocuments, match=says):
        apply_corrections([TRAINING], decisions(*rows))


def test_the_same_decision_twice_is_one():
    row = {"name": "a.png", "decision": "letter"}
    _, applied = apply_corrections([TRAINING], decisions(row, {"name": "a.png", "decision": ""}, row))
    assert (applied.changed, applied.not_applied) == (1, ())


def test_a_name_of_several_documents_is_refused_with_the_candidates():
    found = source("papers", ("scan.png", "memo", "1"), ("scan.png", "letter", "2"))
    with pytest.raises(InvalidDocuments, match=f"'scan.png' could be any of 2 documents: .*{digest_of('2')}"):
        apply_corrections([found], decisions({"name": "scan.png", "decision": "drop"}))
    (done,), _ = apply_corrections(
        [found], decisions({"name": "scan.png", "decision": "drop", "digest": digest_of("2")})
    )
    assert shape(done) == [("scan.png", "memo")]


ACTIONS_AS_LABELS = source("papers", ("a", "memo", "1"), ("b", "Drop", "2"), ("c", "keep", "3"))


@pytest.mark.parametrize("decision", ["drop", "Drop", "keep"])
def test_a_label_that_is_called_as_an_action_must_be_told_apart(decision):
    with pytest.raises(InvalidDocuments, match=f"Write 'label:{decision}' for the label, or 'action:"):
        apply_corrections([ACTIONS_AS_LABELS], decisions({"name": "a", "decision": decision}))


@pytest.mark.parametrize(
    ("decision", "becomes"),
    [
        ("label:Drop", [("a", "Drop"), ("b", "Drop"), ("c", "keep")]),
        ("action:drop", [("b", "Drop"), ("c", "keep")]),
        ("Label: keep", [("a", "keep"), ("b", "Drop"), ("c", "keep")]),
    ],
)
def test_a_label_and_an_action_are_told_apart(decision, becomes):
    (done,), _ = apply_corrections([ACTIONS_AS_LABELS], decisions({"name": "a", "decision": decision}))
    assert shape(done) == becomes


@pytest.mark.parametrize("label", ["=cmd", " padded ", "a, b", "drop it", "label:x"])
def test_a_label_is_meant_as_it_is_written(label):
    found = source("papers", ("a", "memo", "1"), ("b", label, "2"))
    for written in (label, label.strip(), f"'{label}" if label.startswith("=") else label):
        (done,), _ = apply_corrections([found], decisions({"name": "a", "decision": written}))
        assert shape(done)[0] == ("a", label)


@settings(deadline=None)
@given(
    training=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(LABELS)), max_size=6),
    held_out=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(LABELS)), max_size=6),
    decided=st.dictionaries(st.integers(0, 5), st.sampled_from(["drop", "keep", *LABELS])),
)
def test_only_the_audited_documents_of_the_audited_source_change(training, held_out, decided):
    """Names, and contents, are shared within sources and between them."""
    first = source("one", *((name, label, str(at)) for at, (name, label) in enumerate(training)))
    second = source("two", *((name, label, str(at)) for at, (name, label) in enumerate(held_out)))
    audited = {digest_of(str(at)): decision for at, decision in decided.items()}
    rows = [{"decision": one, "digest": digest, "source": "two"} for digest, one in audited.items()]
    labels = {*first.labels, *second.labels}
    rows = [row for row in rows if row["decision"] in ("drop", "keep") or row["decision"] in labels]
    (unchanged, done), applied = apply_corrections([first, second], decisions(*rows))
    assert unchanged == first
    said = {row["digest"]: row["decision"] for row in rows}
    expected = [
        (one.name, one.digest, one.label if said.get(one.digest, "keep") == "keep" else said[one.digest])
        for one in second.documents
        if said.get(one.digest) != "drop"
    ]
    assert [(one.name, one.digest, one.label) for one in done.documents] == expected
    assert applied.changed + applied.confirmed + len(applied.not_applied) == len(rows)

"""A finished classification as items: from its table and its answers, as `burnish classify` writes them."""

from __future__ import annotations

import hashlib

import pytest

from burnish.classification.decisions import DecisionRules, ReviewThreshold
from burnish.classification.document_journal import DocumentJournal
from burnish.classification.outputs import ResultPlaces
from burnish.classification.page_answers import DocumentAnswers, PageAnswer
from burnish.classification.result_tables import row_of
from burnish.classification.rules import PageRule
from burnish.errors import InvalidInput, NotFound
from burnish.review import open_review
from burnish.review.classified import classified_items

LABELS = ("invoice", "letter", "memo")
THRESHOLD = ReviewThreshold(value=0.8, source="as given")


def page(number, label, probability, **more):
    rest = (1 - probability) / 2
    given = {one: probability if one == label else rest for one in LABELS}
    return PageAnswer(page=number, label=label, probabilities=given, **more)


@pytest.fixture
def classified(tmp_path):
    """Writes the answers and tables of a classification, and returns the path of its table."""

    def write(*answers: DocumentAnswers, name: str = "out.csv", split: bool = False) -> str:
        places = ResultPlaces(to=str(tmp_path / name))
        rules = DecisionRules(
            threshold=THRESHOLD, labels=LABELS, rule=PageRule.MEAN_LOG_PROBABILITY, split=split
        )
        with DocumentJournal(places.journal) as journal:
            for one in answers:
                journal.keep(one)
        verdicts = [verdict for one in answers for verdict in rules.of_document(one)]
        places.write(map(row_of, verdicts), [], [], lambda: None)
        return places.to

    return write


@pytest.fixture
def document(tmp_path):
    """A document with answers, whose file holds its name."""

    def make(name: str, *pages: PageAnswer, **more) -> DocumentAnswers:
        (tmp_path / name).write_text(name)
        digest = hashlib.sha256(name.encode()).hexdigest()
        given = {"key": digest, "digest": digest, "path": str(tmp_path / name), **more}
        return DocumentAnswers(document=name, pages=list(pages), **given)

    return make


@pytest.mark.parametrize("name", ["out.csv", "out.jsonl", "out.parquet"])
def test_an_item_is_its_row_with_the_file_its_digest_and_its_hashes(classified, document, name):
    answers = document(
        "=one.pdf", page(1, "memo", 0.6, is_unlike_training=True, typicality=0.02), looks=("0f",)
    )
    (item,) = classified_items(classified(answers, name=name)).items
    assert (item.document, item.digest, str(item.path)) == ("=one.pdf", answers.digest, answers.path)
    assert (item.label, item.probability, item.runner_up) == ("memo", 0.6, "letter")
    assert (item.is_for_review, item.is_unlike_training, item.typicality) == (True, True, 0.02)
    assert item.looks == (15,)
    assert "below the review threshold" in item.reason


def test_the_parts_of_a_bundle_are_items_of_their_own(classified, document):
    pages = [page(1, "memo", 0.95), page(2, "memo", 0.95), page(3, "invoice", 0.7)]
    table = classified(document("bundle.pdf", *pages, looks=("1", "", "3")), split=True)
    first, second = classified_items(table).items
    assert (first.pages, second.pages) == ((1, 2), (3, 3))
    assert (first.looks, second.looks) == ((1,), (3,))
    assert first.key != second.key


def test_answers_of_earlier_versions_are_known_by_the_file_and_a_file_that_is_gone_is_told(
    classified, document, tmp_path
):
    here, gone = (document(name, page(1, "memo", 0.6), digest="") for name in ("a.pdf", "b.pdf"))
    table = classified(here, gone)
    (tmp_path / "b.pdf").unlink()
    found = classified_items(table)
    assert [item.digest for item in found.items] == [hashlib.sha256(b"a.pdf").hexdigest()]
    assert found.unavailable == {"b.pdf": f"{tmp_path / 'b.pdf'} is gone"}


def test_what_could_not_be_read_is_told_with_the_reason(classified, document):
    found = classified_items(classified(document("a.pdf", reason="it is damaged or incomplete")))
    assert found.items == ()
    assert found.unavailable == {"a.pdf": "it is damaged or incomplete"}


def test_labels_are_those_that_the_model_gives_probabilities_for_or_that_are_given(classified, document):
    table = classified(document("a.pdf", page(1, "memo", 0.6)))
    with open_review(table, reviewer="Ada").journal as journal:
        assert journal.path.name == "out.csv.decisions.jsonl"
    queue = open_review(table, reviewer="Ada", labels=("memo", "note"))
    assert queue.labels == ("memo", "note")
    queue.journal.close()


def test_decisions_about_what_was_classified_again_still_count(classified, document):
    table = classified(document("a.pdf", page(1, "memo", 0.6)))
    with open_review(table, reviewer="Ada").journal as journal:
        journal.decide(classified_items(table).items[0], "letter")
    table = classified(document("a.pdf", page(1, "invoice", 0.7)))
    queue = open_review(table, reviewer="Ada")
    assert queue.next() is None
    assert queue.progress().labelled == 1
    queue.journal.close()


def test_what_is_no_classification_is_refused_with_the_way_to_one(classified, document, tmp_path):
    with pytest.raises(NotFound, match="keeps its answers"):
        open_review(str(tmp_path / "missing.csv"))
    table = classified(document("a.pdf", page(1, "memo", 0.6)))
    (tmp_path / "out.csv").write_text("document,decision\na.pdf,maybe\n")
    with pytest.raises(InvalidInput, match="row 1, is not as"):
        open_review(table)
    (tmp_path / "out.csv").unlink()
    with pytest.raises(NotFound, match="does not exist"):
        open_review(table)

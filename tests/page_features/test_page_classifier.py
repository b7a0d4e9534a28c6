"""A classifier of pages learns labels, answers the same after it was saved, and says what is damaged."""

from __future__ import annotations

import json

import numpy as np
import pytest
from read_pages import page_of, pages_of

from burnish.errors import InvalidRecords, ModelFailed
from burnish.page_features.page_classifier import ARRAYS, DESCRIPTION, fitted_classifier, load_classifier
from burnish.page_features.views import VIEWS

LABELS = ["invoice", "letter", "memo"] * 6
PAGES = pages_of(LABELS)
FIT = fitted_classifier(PAGES, LABELS)
BLANK = page_of("")


def likeliest(pages, classifier=FIT.classifier):
    return [classifier.labels[place] for place in classifier.probabilities(pages).argmax(axis=1)]


def test_it_reads_the_label_of_a_page_that_it_has_not_seen():
    assert likeliest(pages_of(LABELS, seed=1)) == LABELS


def test_a_saved_classifier_answers_the_same(tmp_path):
    FIT.classifier.save(tmp_path)
    found = load_classifier(tmp_path).probabilities(pages_of(LABELS, seed=1))
    assert found == pytest.approx(FIT.classifier.probabilities(pages_of(LABELS, seed=1)), abs=1e-3)


def test_the_same_pages_make_the_same_files(tmp_path):
    for name, fit in (("one", FIT), ("other", fitted_classifier(PAGES, LABELS))):
        (tmp_path / name).mkdir()
        fit.classifier.save(tmp_path / name)
    one, other = ((tmp_path / name / DESCRIPTION).read_bytes() for name in ("one", "other"))
    assert one == other
    with np.load(tmp_path / "one" / ARRAYS) as first, np.load(tmp_path / "other" / ARRAYS) as second:
        assert first.files == second.files
        assert all((first[name] == second[name]).all() for name in first.files)


@pytest.mark.parametrize("name", [ARRAYS, DESCRIPTION])
@pytest.mark.parametrize("damage", [lambda file: file.unlink(), lambda file: file.write_bytes(b"{}")])
def test_a_damaged_model_is_named_with_what_to_do(tmp_path, name, damage):
    FIT.classifier.save(tmp_path)
    damage(tmp_path / name)
    with pytest.raises(ModelFailed, match=f"{tmp_path.name} is damaged.*burnish backup"):
        load_classifier(tmp_path)


def test_a_model_of_another_layout_is_to_be_trained_again(tmp_path):
    FIT.classifier.save(tmp_path)
    description = json.loads((tmp_path / DESCRIPTION).read_text())
    (tmp_path / DESCRIPTION).write_text(json.dumps(description | {"layout": 1}))
    with pytest.raises(ModelFailed, match="train the model again"):
        load_classifier(tmp_path)


def test_two_labels_are_told_apart():
    labels = ["invoice", "letter"] * 4
    fit = fitted_classifier(pages_of(labels), labels)
    assert likeliest(pages_of(labels, seed=1), fit.classifier) == labels


def test_a_label_that_occurs_once_is_learned_from_its_page():
    labels = [*["invoice", "letter"] * 6, "memo"]
    fit = fitted_classifier(pages_of(labels), labels)
    assert likeliest(pages_of(["memo"]), fit.classifier) == ["memo"]
    assert np.isfinite(fit.loss)


def test_a_label_with_two_pages_and_one_with_one_make_a_classifier():
    labels = ["invoice", "invoice", "letter"]
    found = fitted_classifier(pages_of(labels), labels).classifier.probabilities(pages_of(labels))
    assert found.sum(axis=1) == pytest.approx(1)
    assert np.isfinite(found).all()


def test_blank_pages_get_probabilities_too():
    labels = ["folder", *LABELS]
    classifier = fitted_classifier([BLANK, *PAGES], labels).classifier
    found = classifier.probabilities([BLANK, *PAGES])
    assert found.sum(axis=1) == pytest.approx(1)
    blank = fitted_classifier([BLANK] * 4, ["a", "b"] * 2).classifier
    assert np.isfinite(blank.probabilities([BLANK])).all()


def test_where_each_label_has_one_page_there_is_nothing_to_weigh_models_by():
    labels = ["invoice", "letter", "memo"]
    with pytest.raises(InvalidRecords, match="No label has two pages"):
        fitted_classifier(pages_of(labels), labels)


def test_a_page_of_unknown_words_is_answered_with_less_confidence():
    known, unknown = FIT.classifier.probabilities(
        [page_of("dear sir\nyours sincerely"), page_of("dear qwxz vrkp\njhgf sdfg mnbv trewq")]
    )
    assert known.max() > unknown.max()


def test_a_page_without_appearance_is_judged_by_its_text():
    assert likeliest([page_of("total amount due\nnet payment vat 12")]) == ["invoice"]


def test_the_loss_of_each_view_is_told():
    losses = []
    fitted_classifier(PAGES, LABELS, on_view=losses.append)
    assert len(losses) == len(VIEWS)

"""A page that names a label, at the top or in large type, is told from one that does not."""

from __future__ import annotations

import numpy as np
import pytest
from read_pages import ReadText, page_of

from burnish.page_features.label_name_view import LabelNameView
from burnish.page_features.label_names import mentions_of, stems_of
from burnish.page_features.learners import SharedLearner
from burnish.pages.reading import Line


@pytest.mark.parametrize(
    ("label", "stems"),
    [
        ("invoice", ("invoic",)),
        ("scientific_report", ("scient", "report")),
        ("newsArticle", ("news", "articl")),
        ("Größe 3", ("grösse",)),
        ("17", ()),
    ],
)
def test_the_stems_of_a_label_are_the_beginnings_of_its_words(label, stems):
    assert stems_of(label) == stems


def test_a_word_in_the_head_counts_and_one_within_another_word_does_not():
    (in_head, count, *_) = mentions_of(page_of("INVOICES\nof May"), [stems_of("invoice")])
    assert (in_head, count) == (1, pytest.approx(np.log(2)))
    assert mentions_of(page_of("information"), [stems_of("form")]) == [0, 0, 0, 0]


def test_large_type_counts_more():
    lines = (*page_of("a memo\nb\nc").lines, Line("Memo", 0, 0.3, 1, 0.4))
    _, _, height, prominence = mentions_of(ReadText(lines), [stems_of("memo")])
    assert height > 3
    assert prominence == 1


def test_a_label_without_pages_is_known_by_its_name():
    """What mentions tell is learned from all labels: that of the third from the first two."""
    names = ["invoice", "letter", "memo"]
    pages = [page_of(f"{name}\nsome text\nmore") for name in ("invoice", "letter") * 4]
    view = LabelNameView(name="names")
    features = view.features(pages, names)
    learner = view.learner(features.rows(pages))
    assert isinstance(learner, SharedLearner)
    model = learner.fit(np.arange(8), np.arange(8) % 2, 3)
    assert model.log_probabilities(features.rows([page_of("memo\nsome text")])).argmax() == 2


def test_labels_without_a_name_have_no_mentions():
    assert mentions_of(page_of("7\ntext"), [stems_of("7")]) == [0, 0, 0, 0]

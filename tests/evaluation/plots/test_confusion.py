"""The confusion matrix as a picture: of every label while that can be read, and of the worst of many."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.figure import Figure
from PIL import Image

from burnish.appearance.colours import DARK, LIGHT, blend, contrast, readable_on
from burnish.evaluation.plots import plot_confusion_matrix


def texts(figure: Figure) -> list[str]:
    axes = figure.axes[0]
    ticks = [*axes.get_xticklabels(), *axes.get_yticklabels()]
    return [text.get_text() for text in (*axes.texts, *ticks)]


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


def chained(count: int) -> list[list[int]]:
    """Each label is right on eight pages and taken for the next one on two."""
    return [
        [8 * (row == column) + 2 * (column == row + 1) for column in range(count)] for row in range(count)
    ]


def test_the_confusion_matrix_shows_every_count_and_label(tmp_path: Path):
    figure = plot_confusion_matrix([[7, 0], [3, 12]], ["form", "memo"], "Tuned", tmp_path / "cm.png")
    assert isinstance(figure, Figure)
    shown = texts(figure)
    assert [text for text in shown if text.isdigit()] == ["7", "3", "12"]
    assert shown.count("form") == shown.count("memo") == 2
    assert min(size_of(tmp_path / "cm.png")) > 200


def test_a_column_more_than_labels_is_for_pages_without_an_answer():
    assert "(no answer)" in texts(plot_confusion_matrix([[7, 0, 1], [3, 12, 0]], ["form", "memo"], "Base"))
    assert "(no answer)" not in texts(plot_confusion_matrix([[7, 0], [3, 12]], ["form", "memo"], "Base"))


def test_counts_are_readable_on_every_cell():
    for theme in (LIGHT, DARK):
        for full in (theme.right, theme.wrong):
            for share in range(11):
                cell = blend(theme.empty, full, 0.16 + 0.084 * share)
                assert contrast(cell, readable_on(cell)) >= 4.5


@pytest.mark.parametrize("count", [1, 5, 20])
def test_the_figure_grows_with_the_labels(tmp_path: Path, count: int):
    labels = [f"document_type_{number}" for number in range(count)]
    cells = [[int(row == column) for column in range(count)] for row in range(count)]
    plot_confusion_matrix(cells, labels, "Tuned", tmp_path / "cm.png")
    assert size_of(tmp_path / "cm.png")[1] > count * 60


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "label",
    [
        *("cost $5 to $10", "$\\frac{$", "a_b^c", "", "x" * 300, "_leading", "a\nb", "<b>&", "100%"),
        *("請求書", "فاتورة", "हिन्दी", "\N{PAGE FACING UP} page", "\x07", "\u2028", "e\u0301"),
    ],
)
def test_a_label_is_text_whatever_it_contains(tmp_path: Path, label: str):
    for suffix in (".png", ".svg"):
        plot_confusion_matrix([[1]], [label], label, tmp_path / f"cm{suffix}")
    assert max(size_of(tmp_path / "cm.png")) < 2000


def test_a_label_that_is_called_like_no_answer_is_told_from_it():
    shown = texts(plot_confusion_matrix([[7, 0, 1], [3, 12, 0]], ["(no answer)", "memo"], "Base"))
    assert {"(no answer)", "(no answer)."} <= set(shown)


@pytest.mark.parametrize("count", [31, 154])
def test_of_many_labels_the_worst_are_shown_and_every_page_is_counted(tmp_path: Path, count: int):
    labels = [f"type {number:03}" for number in range(count)]
    cells = chained(count)
    figure = plot_confusion_matrix(cells, labels, "Tuned", tmp_path / "cm.png")
    shown = texts(figure)
    assert shown.count(f"({count - 24} other labels)") == 2
    assert len(set(shown) & set(labels)) == 24
    assert sum(int(text) for text in shown if text.isdigit()) == sum(map(sum, cells))
    assert max(size_of(tmp_path / "cm.png")) < 2600


def test_thirty_labels_are_all_shown():
    labels = [f"type {number:03}" for number in range(30)]
    assert set(labels) <= set(texts(plot_confusion_matrix(chained(30), labels, "Tuned")))


def test_labels_that_begin_alike_are_told_apart():
    labels = ["a long label of a document " * 3 + ending for ending in ("2020", "2021")] + [
        "x" * 60,
        "x" * 61,
    ]
    ticks = texts(plot_confusion_matrix([[1] * 4] * 4, labels, "Tuned"))[-4:]
    assert len(set(ticks)) == 4

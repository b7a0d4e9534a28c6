"""Reports with more labels than a picture holds, called whatever people call them."""

from __future__ import annotations

import csv
import random
import warnings
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from burnish.evaluation.evaluation import Evaluation
from burnish.evaluation.judgement import Candidate
from burnish.evaluation.predicting import Prediction
from burnish.evaluation.reports.folder import write_evaluation

#: What breaks plots, pages and tables where a label is taken for anything but a text.
SPECIAL = (
    *("請求書", "فاتورة", "हिन्दी बिल", "$cost$ report", "a & b <c>", "x" * 130, "100% sure", "a\\b"),
    *("_leading", "\N{PAGE FACING UP} page", "(no answer)", "label with 'quotes' \"double\"", "total", "50"),
)
LABELS = (*(f"type {number:03}" for number in range(60)), *SPECIAL)


def answered(rng: random.Random, label: str, number: int) -> Prediction:
    said = label if rng.random() < 0.6 else rng.choice(LABELS)
    return Prediction(page=f"{label}/{number}", label=label, answer=said, predicted=said, seconds=0.1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A report on many labels, made without a single warning."""
    rng = random.Random(0)
    answers = tuple(answered(rng, label, number) for label in LABELS for number in range(3))
    evaluation = Evaluation(
        title="Many",
        created=datetime(2026, 11, 24, tzinfo=UTC),
        dataset="s3://papers/set/manifest.json",
        labels=LABELS,
        candidates=(Candidate(name="_mine", predictions=answers),),
    )
    place = tmp_path_factory.mktemp("report")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_evaluation(evaluation, place)
    return place


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.open(encoding="utf-8", newline="")))


def test_the_page_says_that_it_shows_some_labels_and_which(folder: Path):
    html = (folder / "report.html").read_text(encoding="utf-8")
    assert f"Of {len(LABELS)} labels, the 24 most confused are shown" in html
    assert "a &amp; b &lt;c&gt;" in html
    assert html.count('class="bar wrong"') == 24


def test_the_worst_confusions_are_a_table(folder: Path):
    rows = rows_of(folder / "tables" / "confusions.csv")
    counts = [int(row["pages"]) for row in rows]
    assert counts == sorted(counts, reverse=True)
    labels = rows_of(folder / "tables" / "labels.csv")
    wrong = sum(round(int(row["pages"]) * (1 - float(row["recall"]))) for row in labels)
    assert sum(counts) == wrong


def test_tables_say_which_label_a_number_in_a_plot_is(folder: Path):
    numbers = {row["label"]: row["number"] for row in rows_of(folder / "tables" / "labels.csv")}
    assert numbers["請求書"] == str(sorted(LABELS).index("請求書") + 1)


def test_a_label_called_like_no_answer_has_a_column_of_its_own(folder: Path):
    header = next(csv.reader((folder / "tables" / "confusion-_mine.csv").open(encoding="utf-8")))
    assert header.count("(no answer)") == 1
    assert header[-1] == "(no answer)."


def test_pictures_stay_small(folder: Path):
    for path in (folder / "plots").glob("*.png"):
        with Image.open(path) as image:
            assert max(image.size) < 3000

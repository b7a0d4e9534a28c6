"""The report on extracted fields: what it shows, and the tables beside it."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO

import pytest
from evaluations import DATA, TRAINING
from PIL import Image

from burnish.evaluation import joined, read_evaluation, write_evaluation
from burnish.evaluation.evaluation import Evaluation
from burnish.evaluation.facts import StageTime
from burnish.evaluation.judgement import Candidate
from burnish.evaluation.predicting import Page, Prediction
from burnish.evaluation.reports.thumbnails import with_thumbnails

SCHEMA = json.dumps(
    {"type": "object", "properties": {"vendor": {"type": "string"}, "total": {"type": "number"}}}
)


def png() -> bytes:
    body = BytesIO()
    Image.new("L", (40, 60), 255).save(body, format="PNG")
    return body.getvalue()


def predictions(total: str) -> tuple[Prediction, ...]:
    true = json.dumps({"total": "12.5", "vendor": "a & <b>"})
    said = json.dumps({"total": total, "vendor": "a & <b>"})
    return tuple(
        Prediction(page=f"{n}.pdf", label=true, answer=said, predicted=said, seconds=0.5) for n in range(12)
    )


@pytest.fixture
def evaluation() -> Evaluation:
    made = Evaluation(
        title="Invoices",
        created=datetime(2026, 1, 2, tzinfo=UTC),
        dataset="s3://bucket/invoices/manifest.json",
        labels=(),
        schema=SCHEMA,
        candidates=(
            Candidate(name="base", predictions=predictions("99")),
            Candidate(name="tuned", predictions=predictions("12.5")),
        ),
        pages={f"{n}.pdf": str(n) for n in range(12)},
        prompt="digest",
    )
    return with_thumbnails(made, [Page(name="0.pdf", label="", png=png())])


def table(folder, name) -> list[dict[str, str]]:
    with (folder / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_page_says_what_to_do_and_shows_every_field(evaluation, tmp_path):
    page = write_evaluation(evaluation, tmp_path).read_text(encoding="utf-8")
    assert "Use tuned" in page
    assert "Entirely right" in page
    for name in ("vendor", "total"):
        assert f'<th scope="row">{name}</th>' in page
    assert "<b>" not in page.partition("<body")[2].replace("<body", "")
    assert (tmp_path / "plots" / "micro-f1.png").exists()


def test_wrong_values_are_shown_beside_their_pages(evaluation, tmp_path):
    alone = Evaluation(
        title="Invoices",
        created=evaluation.created,
        dataset=evaluation.dataset,
        labels=(),
        schema=SCHEMA,
        candidates=evaluation.candidates[:1],
    )
    shown = with_thumbnails(alone, [Page(name="0.pdf", label="", png=png())])
    page = write_evaluation(shown, tmp_path).read_text(encoding="utf-8")
    assert "total: 99" in page
    assert "is 12.5" in page


def test_tables_have_fields_and_wrong_values(evaluation, tmp_path):
    write_evaluation(evaluation, tmp_path)
    (row,) = [one for one in table(tmp_path, "fields") if (one["model"], one["field"]) == ("base", "total")]
    assert (row["documents"], row["correct"], row["f1"]) == ("12", "0", "0.0")
    wrong = table(tmp_path, "values")
    assert len(wrong) == 12
    assert (wrong[0]["field"], wrong[0]["value"], wrong[0]["predicted"]) == ("total", "12.5", "99")
    assert json.loads((tmp_path / "summary.json").read_text())["verdict"] == "Settled"


def test_a_saved_evaluation_is_read_and_joined(evaluation, tmp_path):
    write_evaluation(evaluation, tmp_path)
    read = read_evaluation(tmp_path)
    assert read.field_scores == evaluation.field_scores
    assert joined([read]).outcome.conclusion == evaluation.outcome.conclusion


def test_failed_calls_training_and_data_are_told(evaluation, tmp_path):
    tuned = evaluation.candidates[1]
    failed = replace(
        tuned.predictions[0], answer=None, predicted=None, error="slow down", error_code="ThrottlingException"
    )
    whole = replace(
        evaluation,
        candidates=(evaluation.candidates[0], replace(tuned, predictions=(failed, *tuned.predictions[1:]))),
        data=DATA,
        training={"tuned": TRAINING},
        stages=(StageTime(name="job", seconds=3.0),),
    )
    page = write_evaluation(whole, tmp_path).read_text(encoding="utf-8")
    for told in (
        "ThrottlingException: slow down",
        "42 documents",
        "learningRate",
        "Together",
    ):
        assert told in page
    assert (tmp_path / "plots" / "loss-tuned.png").exists()

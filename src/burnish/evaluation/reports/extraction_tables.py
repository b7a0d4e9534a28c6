"""The tables of an evaluation of extracted fields, for spreadsheets and scripts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from burnish.evaluation.evaluation import Evaluation
from burnish.evaluation.field_scoring import ExtractionScore, ExtractionScores
from burnish.evaluation.field_values import values_in
from burnish.evaluation.predicting import Prediction
from burnish.evaluation.reports.tables import Table


def extraction_tables(evaluation: Evaluation, scores: ExtractionScores) -> dict[str, Table]:
    """Each table by its name, its columns' names in the first row."""
    return {
        "models": _models(scores.scores),
        "fields": _fields(scores.scores),
        "comparisons": _comparisons(scores),
        "predictions": _predictions(evaluation),
        "values": _values(evaluation),
    }


def _models(scores: Iterable[ExtractionScore]) -> Table:
    rows: Table = [
        (
            *("model", "pages", "correct", "accuracy", "accuracy_low", "accuracy_high"),
            *("precision", "recall", "micro_f1", "micro_f1_low", "micro_f1_high", "macro_f1"),
            *("failed", "unparsed", "latency_p50", "latency_p90", "latency_p99"),
            *("input_tokens", "output_tokens", "usd_per_1000_pages"),
        )
    ]
    for one in scores:
        metrics, latency = one.metrics, one.latency
        rows.append(
            (
                *(one.model, metrics.pages, metrics.correct, metrics.accuracy, *metrics.accuracy_interval),
                *(metrics.precision, metrics.recall, metrics.micro_f1, *metrics.micro_f1_interval),
                *(metrics.macro_f1, metrics.failed, metrics.unparsed),
                *((latency.p50, latency.p90, latency.p99) if latency else (None, None, None)),
                *(one.input_tokens, one.output_tokens, one.usd_per_1000_pages),
            )
        )
    return rows


def _fields(scores: Iterable[ExtractionScore]) -> Table:
    rows: Table = [("model", "field", "documents", "correct", "precision", "recall", "f1")]
    for one in scores:
        for field in one.metrics.fields:
            figures = (field.documents, field.right, field.precision, field.recall, field.f1)
            rows.append((one.model, field.name, *figures))
    return rows


def _comparisons(scores: ExtractionScores) -> Table:
    rows: Table = [
        (
            *("first", "second", "pages", "only_first_correct", "only_second_correct", "difference"),
            *("difference_low", "difference_high", "p_value", "p_value_adjusted"),
        )
    ]
    for one in scores.comparisons:
        counts = (one.first, one.second, one.pages, one.only_first, one.only_second)
        rows.append((*counts, one.difference, *one.interval, one.p_value, one.adjusted_p_value))
    return rows


def _predictions(evaluation: Evaluation) -> Table:
    rows: Table = [
        ("model", "page", "fields", "predicted", "correct", "answer", "error_code", "error", "seconds")
    ]
    for candidate in evaluation.candidates:
        for one in candidate.predictions:
            said = (one.label, one.predicted, one.is_right, one.answer)
            rows.append((candidate.name, one.page, *said, one.error_code, one.error, one.seconds))
    return rows


def _values(evaluation: Evaluation) -> Table:
    rows: Table = [("model", "page", "field", "value", "predicted")]
    for candidate in evaluation.candidates:
        for one in candidate.predictions:
            rows.extend((candidate.name, one.page, *wrong) for wrong in wrong_values(one))
    return rows


def wrong_values(prediction: Prediction) -> Iterator[tuple[str, str, str]]:
    """The fields that differ, with what the document has there and what was read."""
    true, said = values_in(prediction.label), values_in(prediction.predicted)
    for name in [*true, *(name for name in said if name not in true)]:
        if true.get(name) != said.get(name):
            yield name, _listed(true, name), _listed(said, name)


def _listed(values: Mapping[str, Counter[str]], name: str) -> str:
    return ", ".join(str(json.loads(value)) for value in values.get(name, Counter[str]()).elements())

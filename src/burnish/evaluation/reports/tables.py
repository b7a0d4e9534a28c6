"""The tables of an evaluation, for spreadsheets and scripts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from burnish.evaluation.evaluation import Evaluation
from burnish.evaluation.metrics import no_answer_name
from burnish.evaluation.mistakes import confusions_of
from burnish.evaluation.reports.file_names import file_stem
from burnish.evaluation.review import Review
from burnish.evaluation.scoring import Score, Scores

Table = list[Sequence[object]]


def tables_of(evaluation: Evaluation, scores: Scores) -> dict[str, Table]:
    """Each table by its name, its columns' names in the first row."""
    tables = {
        "models": _models(scores.scores),
        "labels": _labels(scores.scores),
        "comparisons": _comparisons(scores),
        "confusions": _confusions(evaluation),
        "predictions": _predictions(evaluation),
        "risk-coverage": _risk_coverage(scores.scores),
    }
    confusions = {f"confusion-{file_stem(one.model)}": _confusion(one) for one in scores.scores}
    return tables | confusions


def _models(scores: Iterable[Score]) -> Table:
    rows: Table = [
        (
            *("model", "pages", "correct", "accuracy", "accuracy_low", "accuracy_high"),
            *("accuracy_uncalibrated", "accuracy_calibrated", "macro_precision", "macro_recall", "macro_f1"),
            *("weighted_precision", "weighted_recall", "weighted_f1", "failed", "unparsed"),
            *("latency_p50", "latency_p90", "latency_p99", "input_tokens", "output_tokens"),
            *("usd_per_1000_pages", "calibration_error_uncalibrated", "calibration_error_calibrated"),
            *("temperature", "validation_answers", "review_threshold", "auto_accepted"),
            *("coverage", "coverage_low", "coverage_high"),
            *("auto_accepted_precision", "auto_accepted_precision_low", "auto_accepted_precision_high"),
        )
    ]
    for one in scores:
        metrics, latency, fitted = one.metrics, one.latency, one.calibration
        before = one.confidence.uncalibrated if one.confidence else None
        after = one.confidence.calibrated if one.confidence else None
        rows.append(
            (
                *(one.model, metrics.pages, metrics.correct, metrics.accuracy, *metrics.accuracy_interval),
                *(one.uncalibrated.accuracy, one.calibrated.accuracy if one.calibrated else None),
                *(metrics.macro.precision, metrics.macro.recall, metrics.macro.f1),
                *(metrics.weighted.precision, metrics.weighted.recall, metrics.weighted.f1),
                *(metrics.failed, metrics.unparsed),
                *((latency.p50, latency.p90, latency.p99) if latency else (None, None, None)),
                *(one.input_tokens, one.output_tokens, one.usd_per_1000_pages),
                *(before and before.error, after and after.error),
                *((fitted.temperature, fitted.answers) if fitted else (None, None)),
                *_review(one.review),
            )
        )
    return rows


def _review(review: Review | None) -> tuple[object, ...]:
    if review is None:
        return (None,) * 8
    precision = review.precision_interval or (None, None)
    return (
        *(review.threshold, review.accepted, review.coverage, *review.coverage_interval),
        *(review.precision, *precision),
    )


def _labels(scores: Iterable[Score]) -> Table:
    """A row for each label of each model, with the number that stands for it where a plot cannot write it."""
    rows: Table = [("model", "label", "pages", "precision", "recall", "f1", "number")]
    for one in scores:
        for number, (label, score) in enumerate(one.metrics.per_label.items(), 1):
            rows.append((one.model, label, score.support, score.precision, score.recall, score.f1, number))
    return rows


def _comparisons(scores: Scores) -> Table:
    rows: Table = [
        (
            *("first", "second", "pages", "only_first_correct", "only_second_correct", "difference"),
            *("difference_low", "difference_high", "p_value", "p_value_adjusted", "pages_to_settle"),
        )
    ]
    for one in scores.comparisons:
        rows.append(
            (
                *(one.first, one.second, one.pages, one.only_first, one.only_second, one.difference),
                *(*one.interval, one.p_value, one.adjusted_p_value, one.pages_to_settle),
            )
        )
    return rows


def _predictions(evaluation: Evaluation) -> Table:
    rows: Table = [
        (
            *("model", "page", "label", "predicted", "correct", "confidence", "predicted_uncalibrated"),
            *("confidence_uncalibrated", "answer", "error_code", "error", "seconds"),
            *("typicality", "unlike_training"),
        )
    ]
    # Uncalibrated answers beside those that count, so that a reader can follow what calibration changes.
    for candidate in evaluation.candidates:
        counted = evaluation.judgement.answers[candidate.name]
        for one, before in zip(counted, candidate.predictions, strict=True):
            said = (one.predicted, one.is_right, one.probability, before.predicted, before.probability)
            failure = (one.error_code, one.error)
            unlike = (one.typicality, None if one.typicality is None else one.is_unlike_training)
            rows.append(
                (candidate.name, one.page, one.label, *said, one.answer, *failure, one.seconds, *unlike)
            )
    return rows


def _confusions(evaluation: Evaluation) -> Table:
    """What each model takes for what, the most frequent first; without a label named, for nothing."""
    rows: Table = [("model", "label", "predicted", "pages", "of_pages")]
    for name, answers in evaluation.judgement.answers.items():
        for one in confusions_of(answers):
            rows.append((name, one.label, one.predicted, one.pages, one.support))
    return rows


def _risk_coverage(scores: Iterable[Score]) -> Table:
    rows: Table = [("model", "threshold", "auto_accepted", "coverage", "precision")]
    for one in scores:
        for step in one.confidence.risk_coverage if one.confidence else ():
            rows.append((one.model, step.threshold, step.accepted, step.coverage, step.precision))
    return rows


def _confusion(score: Score) -> Table:
    labels = score.metrics.labels
    rows: Table = [("true label", *labels, no_answer_name(labels))]
    rows.extend((label, *counts) for label, counts in zip(labels, score.metrics.confusion, strict=True))
    return rows

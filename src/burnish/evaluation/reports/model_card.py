"""A model card: what a model is for, how good it is and on what, and where it must not be relied on.

In the shape of Hugging Face's model cards: YAML with the figures (``model-index``), then Markdown. After
Mitchell et al., arXiv 1810.03993.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from burnish.appearance.quantities import duration, percent, usd
from burnish.evaluation.evaluation import Evaluation
from burnish.evaluation.scoring import Score
from burnish.shown_texts import shown

#: What means something in Markdown. An underscore within a word does not.
_MARKS = re.compile(r"[\\`*\[\]|~]|(?<![^\W_])_|_(?![^\W_])")


def model_card(evaluation: Evaluation, score: Score) -> str:
    """The card of one of the evaluation's models."""
    parts = [_front_matter(evaluation, score), f"# {_cell(score.model)}", _purpose(evaluation)]
    parts += [_remarks(score), _quality(score)]
    parts += [_labels(score), _confidence(evaluation, score), _making(evaluation, score), _limits(score)]
    return "\n\n".join(filter(None, parts)) + "\n"


def _front_matter(evaluation: Evaluation, score: Score) -> str:
    metrics = score.metrics
    values = {"accuracy": metrics.accuracy, "f1": metrics.macro.f1}
    lines = [
        "---",
        "pipeline_tag: image-classification",
        "model-index:",
        # Strings of JSON are strings of YAML, whatever is in them.
        f"- name: {json.dumps(score.model)}",
        "  results:",
        "  - task:",
        "      type: image-classification",
        "    dataset:",
        f"      name: {json.dumps(evaluation.dataset)}",
        "      type: documents",
        "    metrics:",
    ]
    for name, value in values.items():
        lines += [f"    - type: {name}", f"      value: {value:.4f}"]
    return "\n".join([*lines, "---"])


def _purpose(evaluation: Evaluation) -> str:
    labels = ", ".join(map(_code, evaluation.labels))
    return (
        f"Tells the type of a scanned page, one of {len(evaluation.labels)}: {labels}. "
        f"Measured on held-out pages of {_code(evaluation.dataset)} on {evaluation.created:%d %B %Y}, with "
        "the prompt in that data set's manifest."
    )


def _remarks(score: Score) -> str:
    """What has to be known before the figures are."""
    return "\n".join(f"> {_cell(remark)}" for remark in score.remarks)


def _quality(score: Score) -> str:
    metrics, latency = score.metrics, score.latency
    low, high = metrics.accuracy_interval
    rows = [
        ("Accuracy", f"{percent(metrics.accuracy)} ({metrics.correct} of {metrics.pages} pages)"),
        ("95 % interval (Wilson)", f"{percent(low)} to {percent(high)}"),
        ("Accuracy, uncalibrated", percent(score.uncalibrated.accuracy)),
        ("Accuracy, calibrated", percent(score.calibrated.accuracy) if score.calibrated else "not known"),
        ("Macro F1", f"{metrics.macro.f1:.2f}"),
        ("Weighted F1", f"{metrics.weighted.f1:.2f}"),
        ("Calls that failed", str(metrics.failed)),
        ("Answers that name no label", str(metrics.unparsed)),
        (
            "Latency, p50 and p90",
            f"{duration(latency.p50)}, {duration(latency.p90)}" if latency else "not known",
        ),
        ("Price of 1,000 pages", usd(score.usd_per_1000_pages)),
    ]
    return "## How good it is\n\n" + _table(("", ""), rows)


def _labels(score: Score) -> str:
    rows = [
        (label, str(one.support), *(f"{value:.2f}" for value in (one.precision, one.recall, one.f1)))
        for label, one in score.metrics.per_label.items()
    ]
    return "## Each label\n\n" + _table(("label", "pages", "precision", "recall", "F1"), rows)


def _confidence(evaluation: Evaluation, score: Score) -> str:
    sure, fitted = score.confidence, score.calibration
    if sure is None:
        return "## Confidence\n\nIt gives no label probabilities, so its answers have no confidence."
    error = f"Expected calibration error: {percent(sure.uncalibrated.error)} uncalibrated"
    if sure.calibrated and fitted:
        error += (
            f", {percent(sure.calibrated.error)} calibrated (a bias for each label and a temperature of "
            f"{fitted.temperature:.2f}, fitted on {fitted.answers} validation answers)"
        )
    return f"## Confidence\n\n{error}. {_review(evaluation, score)}"


def _review(evaluation: Evaluation, score: Score) -> str:
    review, wanted = score.review, percent(evaluation.precision)
    if review is None:
        return (
            f"There is no threshold for auto-accepting at a precision of {wanted}. {_cell(score.no_review)}"
        )
    said = (
        f"Chosen on validation answers for a precision of {wanted}, a threshold of "
        f"{percent(review.threshold)} auto-accepts {review.accepted} of {review.pages} held-out pages"
    )
    if review.precision is None or review.precision_interval is None:
        return f"{said}."
    low, high = map(percent, review.precision_interval)
    return f"{said}, of which {percent(review.precision)} are right ({low} to {high} with 95 % confidence)."


def _making(evaluation: Evaluation, score: Score) -> str:
    facts = evaluation.training.get(score.model)
    if facts is None:
        return ""
    rows = [("Base model", facts.base_model), ("Job", facts.job_arn), *sorted(facts.hyperparameters.items())]
    return "## How it was made\n\n" + _table(("", ""), rows)


def _limits(score: Score) -> str:
    fewest = min(one.support for one in score.metrics.per_label.values())
    return (
        "## Limits\n\n"
        "- Every page was of one of the labels: how it answers for other documents was not measured.\n"
        "- Pages of another sender, scanner or year may look different; nothing was measured on them.\n"
        f"- The label with the fewest pages has {fewest}: little is known of it."
    )


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _cell(text: str) -> str:
    """A text that stays within its cell and is nothing but text, whatever a label is called."""
    plain = shown(text.replace("\n", " "))
    return _MARKS.sub(r"\\\g<0>", plain.replace("&", "&amp;").replace("<", "&lt;"))


def _code(text: str) -> str:
    """A text as code, between more backticks than it has in a row."""
    plain = shown(text.replace("\n", " "))
    fence = "`" * (1 + max(map(len, re.findall("`+", plain)), default=0))
    space = " " if "`" in plain else ""
    return f"{fence}{space}{plain}{space}{fence}"

"""A model card: what a model is for, how good it is and on what, and where it must not be relied on.

In the shape of Hugging Face's model cards: YAML with the figures (``model-index``), then Markdown. After
Mitchell et al., arXiv 1810.03993.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from burnish.evaluation.reports.evaluation import Evaluation
from burnish.evaluation.reports.pictures import duration, percent, usd
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
        ("F1, every label alike", f"{metrics.macro.f1:.2f}"),
        ("F1, weighed by pages", f"{metrics.weighted.f1:.2f}"),
        ("Calls that failed", str(metrics.failed)),
        ("Answers that name no label", str(metrics.unparsed)),
        (
            "Half of the calls, nine in ten",
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
    sure = score.confidence
    if sure is None:
        return "## How sure it is\n\nIt does not say: every answer counts alike."
    said = f"Its confidence is off by {percent(sure.as_said.error)} on average (expected calibration error)"
    if sure.mended and sure.temperature:
        said += (
            f", and by {percent(sure.mended.error)} with the temperature {sure.temperature.value:.2f}, "
            f"fitted on {sure.temperature.pages} validation pages"
        )
    wanted = percent(evaluation.precision)
    taken = f"No threshold gives answers of which {wanted} are right."
    if sure.review:
        threshold, right = percent(sure.review.threshold), percent(sure.review.precision)
        taken = (
            f"Answers at least {threshold} sure are right in {right} of cases; a person then looks at "
            f"{sure.review.reviewed} of {score.metrics.pages} pages."
        )
    return f"## How sure it is\n\n{said}. {taken}"


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
        "- Every page was of one of the labels: what it says about other documents was not asked.\n"
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

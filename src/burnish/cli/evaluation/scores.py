"""The scores of models, as the command line shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from burnish.cli.output import print_message, print_result, show_table

if TYPE_CHECKING:
    from burnish.evaluation import Evaluation, Score, Scores
    from burnish.evaluation.field_scoring import ExtractionScore, ExtractionScores

_COLUMNS = (
    *("model", "right", "accuracy", "95 %", "macro F1", "failed", "p50 s"),
    *("auto-accepted", "precision", "ECE", "$/1,000"),
)


_FIELD_COLUMNS = (
    *("model", "micro F1", "95 %", "macro F1", "entirely right", "no object", "failed"),
    *("p50 s", "$/1,000"),
)


def show_outcome(evaluation: Evaluation) -> None:
    """Print what follows from an evaluation, of labels or of fields."""
    if evaluation.schema:
        show_field_scores(evaluation.field_scores)
    else:
        show_scores(evaluation.scores)


def show_field_scores(scores: ExtractionScores) -> None:
    """Print a table of the models, one of the fields, how the models compare, and what to do."""
    show_table(_FIELD_COLUMNS, [_field_row(one) for one in scores.scores], compared=True)
    fields = [{field.name: field for field in one.metrics.fields} for one in scores.scores]
    names = dict.fromkeys(name for one in fields for name in one)
    rows = [(name, *(f"{one[name].f1:.2f}" if name in one else "-" for one in fields)) for name in names]
    show_table(("F1 of a field", *scores.models), rows, compared=True)
    for pair in scores.comparisons:
        low, high = pair.interval
        print_result(
            f"{pair.second} against {pair.first}: micro F1 {pair.difference:+.3f} "
            f"({low:+.3f} to {high:+.3f}), p = {pair.adjusted_p_value:.2g}"
        )
    for one in scores.scores:
        for remark in one.remarks:
            print_message(remark)
        if one.failures and not one.is_silent:
            print_message(f"{told_failures(one)}. Run the same command again to retry them")
    print_result(scores.conclusion)


def show_scores(scores: Scores) -> None:
    """Print a table of the models, how they compare, what is doubtful, and what to do."""
    from burnish.evaluation.reports.sentences import basis_of

    show_table(_COLUMNS, [_row(one) for one in scores.scores], compared=True)
    for pair in scores.comparisons:
        low, high = pair.interval
        print_result(
            f"{pair.second} against {pair.first}: {pair.difference:+.3f} ({low:+.3f} to {high:+.3f}), "
            f"p = {pair.adjusted_p_value:.2g}"
        )
    for one in scores.scores:
        for remark in one.remarks:
            print_message(remark)
        if one.failures and not one.is_silent:
            print_message(f"{told_failures(one)}. Run the same command again to retry them")
        if one.no_review and not one.is_silent:
            print_message(f"No review threshold for {one.model}. {one.no_review}")
    print_result(f"{scores.conclusion} {basis_of(scores)}")


def require_answers(scores: Scores | ExtractionScores) -> None:
    """Raise `NothingAnswered` where a model that was asked has answered no page."""
    from burnish.evaluation.failures import NothingAnswered

    if silent := [told_failures(one) for one in scores.scores if one.is_silent]:
        raise NothingAnswered(f"{'. '.join(silent)}. The report draws no conclusion")


def told_failures(score: Score | ExtractionScore) -> str:
    """How many of a model's calls failed, and why."""
    failed, pages = score.metrics.failed - score.unanswered, score.metrics.pages
    share = f"All {pages}" if failed == pages else f"{failed} of {pages}"
    reasons = [one.reason.rstrip(".") for one in score.failures]
    if len(reasons) > 1:
        counts = [f"{one.calls} call{'s' if one.calls > 1 else ''}" for one in score.failures]
        reasons = [f"{reason} ({count})" for reason, count in zip(reasons, counts, strict=True)]
    return f"{share} calls to {score.model} failed: {'; '.join(reasons)}"


def _row(one: Score) -> tuple[object, ...]:
    metrics = one.metrics
    low, high = metrics.accuracy_interval
    price = one.usd_per_1000_pages
    return (
        one.model,
        f"{metrics.correct}/{metrics.pages}",
        f"{metrics.accuracy:.3f}",
        f"{low:.3f} to {high:.3f}",
        f"{metrics.macro.f1:.3f}",
        metrics.failed,
        f"{one.latency.p50:.2f}" if one.latency else "-",
        f"{one.review.coverage:.0%}" if one.review else "-",
        f"{one.review.precision:.0%}" if one.review and one.review.precision is not None else "-",
        f"{one.confidence.error:.3f}" if one.confidence else "-",
        f"{price:.3g}" if price is not None else "-",
    )


def _field_row(one: ExtractionScore) -> tuple[object, ...]:
    metrics = one.metrics
    low, high = metrics.micro_f1_interval
    price = one.usd_per_1000_pages
    return (
        one.model,
        f"{metrics.micro_f1:.3f}",
        f"{low:.3f} to {high:.3f}",
        f"{metrics.macro_f1:.3f}",
        f"{metrics.correct}/{metrics.pages}",
        metrics.unparsed,
        metrics.failed,
        f"{one.latency.p50:.2f}" if one.latency else "-",
        f"{price:.3g}" if price is not None else "-",
    )

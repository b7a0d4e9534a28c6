"""The scores of models, as the command line shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from burnish.cli.output import print_message, print_result, show_table

if TYPE_CHECKING:
    from burnish.evaluation import Score, Scores

_COLUMNS = (
    *("model", "right", "accuracy", "95 %", "macro F1", "failed", "p50 s"),
    *("auto-accepted", "precision", "ECE", "$/1,000"),
)


def show_scores(scores: Scores) -> None:
    """Print a table of the models, how they compare, what is doubtful, and what to do."""
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
        if failed := one.metrics.failed - one.unanswered:
            print_message(f"{failed} calls to {one.model} failed: run the same command again to retry them")
        if one.no_review:
            print_message(f"No review threshold for {one.model}. {one.no_review}")
    print_result(f"{scores.conclusion} (Judged by {scores.basis} answers.)")


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

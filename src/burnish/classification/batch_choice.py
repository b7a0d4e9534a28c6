"""Whether pages are asked about one by one or in a batch, and why."""

from __future__ import annotations

from dataclasses import dataclass

from burnish.evaluation.prices import BATCH_SHARE

#: From so many pages on a batch is chosen: what fewer cost is not worth the wait of up to a day.
BATCH_PAGES = 300


@dataclass(frozen=True, kw_only=True)
class BatchChoice:
    """Whether to ask in a batch, and why, as users are told."""

    is_batch: bool
    reason: str


def batch_choice(
    given: bool | None, *, leads_to_aws: bool, pages: int | None, usd: float | None
) -> BatchChoice:
    """The way that is given, or else the one for about so many pages at this price of single calls."""
    if given is not None:
        return BatchChoice(is_batch=given, reason=_BATCH if given else "Pages are asked about one by one.")
    if not leads_to_aws:
        return BatchChoice(
            is_batch=False,
            reason="Pages are asked about one by one: a batch saves money on AWS alone (--batch to try one).",
        )
    count = pages or 0
    if count < BATCH_PAGES:
        return BatchChoice(
            is_batch=False,
            reason=f"About {count} pages are asked about one by one: answers come at once. A batch costs "
            f"half and may take a day; it is chosen from {BATCH_PAGES} pages on, or with --batch.",
        )
    saved = "" if usd is None else f", about ${usd * BATCH_SHARE:.3g} and not ${usd:.3g}"
    return BatchChoice(
        is_batch=True,
        reason=f"About {count} pages are asked about in a batch: half the price{saved}. {_WAIT} "
        "--no-batch asks one by one.",
    )


_WAIT = (
    "Answers come when all are there, within 24 hours as a rule; probabilities only from models whose "
    "replies carry them, which on AWS none does, one by one or not."
)
_BATCH = f"Pages are asked about in a batch, at half the price on AWS. {_WAIT}"

"""What a report shows otherwise where there are more labels than a picture holds."""

from __future__ import annotations

from collections.abc import Sequence

from burnish.evaluation.plots.confusion import EXCERPT, MAX_LABELS

_FEW_CONFUSIONS, _MANY_CONFUSIONS = 8, 24


def most_confusions(labels: Sequence[str]) -> int:
    """How many kinds of mistakes are listed."""
    return _FEW_CONFUSIONS if len(labels) <= MAX_LABELS else _MANY_CONFUSIONS


def excerpt_note(labels: Sequence[str]) -> str:
    """What a reader has to know of matrices that do not show every label; empty where they do."""
    if len(labels) <= MAX_LABELS:
        return ""
    return (
        f"Of {len(labels)} labels, the {EXCERPT} most confused are shown, those confused with each other "
        "side by side; the last row and column combine all others."
    )

"""Confidence of models that give no probabilities: how often several samples agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from burnish.errors import InvalidInput
from burnish.evaluation.predicting import Prediction


def agreement(samples: Sequence[Prediction]) -> Prediction:
    """One prediction of several samples for a page: the commonest label, and the share that says it.

    For models that give no probabilities. Samples without an answer count as disagreeing; tokens of all
    count.
    """
    if not samples or len({one.page for one in samples}) != 1:
        raise InvalidInput("Agreement is that of several samples for one page: give all samples of one page")
    counts = Counter(one.predicted for one in samples if one.predicted is not None)
    if not counts:
        return samples[0]
    # Of labels said equally often the first by name: the same samples must always give the same answer.
    label = min(counts, key=lambda name: (-counts[name], name))
    said = next(one for one in samples if one.predicted == label)
    return replace(
        said,
        probabilities={name: count / len(samples) for name, count in counts.items()},
        input_tokens=sum(one.input_tokens or 0 for one in samples),
        output_tokens=sum(one.output_tokens or 0 for one in samples),
    )

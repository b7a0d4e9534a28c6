"""Held-out answers beside the labels that the examples have: what a tuned model's confidence is judged by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from burnish.engine.answer_forms import form_and_label
from burnish.engine.conversations import Example, TrainingData
from burnish.engine.tunable_model import HeldOutAnswers


@dataclass(frozen=True, kw_only=True)
class HeldOutAnswer:
    """The probability of each label of an example, and the label that it has."""

    label: str
    probabilities: Mapping[str, float]

    @property
    def predicted(self) -> str:
        """The likeliest label."""
        return max(self.probabilities, key=self.probabilities.__getitem__)

    @property
    def probability(self) -> float:
        """The probability of the likeliest label."""
        return self.probabilities[self.predicted]

    @property
    def is_right(self) -> bool:
        """Whether the example's own label is the likeliest."""
        return self.predicted == self.label


def judged(found: HeldOutAnswers, data: TrainingData) -> list[HeldOutAnswer]:
    """The held-out answers to the examples of a training, each with the label that is right."""
    return [*_judged(found.training, data.training), *_judged(found.validation, data.validation)]


def how_made(found: HeldOutAnswers) -> str:
    """How it comes that what gave these answers had not seen them."""
    parts = {
        "training pages out of fold": len(found.training),
        "validation pages, each left out of every fit": len(found.validation),
    }
    return " and ".join(f"{count} {part}" for part, count in parts.items() if count)


def _judged(answers: Sequence[Mapping[str, float]], examples: Sequence[Example]) -> Iterator[HeldOutAnswer]:
    if not answers:
        return
    for probabilities, example in zip(answers, examples, strict=True):
        if taken := form_and_label(example.answer):
            yield HeldOutAnswer(label=taken[1], probabilities=probabilities)

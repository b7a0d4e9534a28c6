"""Answering with a pool: its members decide together, and one of them writes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from burnish.calibration.pooling import pooled
from burnish.engine.conversations import Conversation
from burnish.engine.inference_messages import Answer, Choice, Sampling
from burnish.engine.pages import Reading
from burnish.engine.pool.members import naming
from burnish.engine.pool.weighing import log_probabilities
from burnish.engine.tunable_model import AnsweringModel
from burnish.engine.writing import Text


@dataclass(frozen=True, kw_only=True)
class AnsweringMember:
    """A member that answers, what it is given of each page, and how much it counts."""

    name: str
    model: AnsweringModel
    reading: Reading
    weight: float = 1.0

    def decide(self, conversations: Sequence[Conversation], choice: Choice) -> list[Answer]:
        """Its own decisions."""
        with naming(self.name):
            return self.model.decide([one.within(self.reading) for one in conversations], choice)


class AnsweringPool:
    """Decides by all members among the labels that they have learned; ``writer`` answers anything else."""

    def __init__(
        self, writer: AnsweringMember, members: Sequence[AnsweringMember] = (), labels: Sequence[str] = ()
    ) -> None:
        self._writer = writer
        # Who counts for nothing need not be asked.
        self._members = [member for member in members if member.weight > 0]
        self._labels = frozenset(labels)

    def count_tokens(self, conversation: Conversation) -> int:
        """The number of tokens that the member is given which writes."""
        return self._writer.model.count_tokens(conversation.within(self._writer.reading))

    def decide(self, conversations: Sequence[Conversation], choice: Choice) -> list[Answer]:
        """One label for each conversation, with the probability of every label. Raises `InvalidInput`."""
        if not self._members or not self._labels.issuperset(choice.labels):
            return self._writer.decide(conversations, choice)
        answers = [member.decide(conversations, choice) for member in self._members]
        scores = log_probabilities(
            [[answer.probabilities for answer in one] for one in answers], choice.labels
        )
        found = pooled(scores, np.array([member.weight for member in self._members]))
        return [_pooled_answer(one, choice, row) for one, row in zip(answers[0], found.tolist(), strict=True)]

    def begin(
        self,
        conversation: Conversation,
        sampling: Sampling,
        *,
        schema: str | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> Text:
        """A text of the member that writes. Raises `InvalidInput` where none does."""
        mine = conversation.within(self._writer.reading)
        return self._writer.model.begin(mine, sampling, schema=schema, is_cancelled=is_cancelled)


def _pooled_answer(answer: Answer, choice: Choice, probabilities: Sequence[float]) -> Answer:
    """The answer of the first member, with the label and the probabilities of the pool."""
    found = dict(zip(choice.labels, probabilities, strict=True))
    label = max(found, key=found.__getitem__)
    return Answer(
        text=json.dumps({choice.name: label}, ensure_ascii=False),
        stop_reason=answer.stop_reason,
        input_tokens=answer.input_tokens,
        output_tokens=answer.output_tokens,
        label=label,
        probabilities=found,
    )

"""Closed sets of labels, as models that write no text learn them and decide among them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from burnish.engine.answer_forms import form_and_label
from burnish.engine.conversations import Conversation, Example
from burnish.engine.inference_messages import Answer, Choice
from burnish.engine.pages import PageContent, page_of_text
from burnish.engine.tunable_model import ExampleProblem
from burnish.errors import InvalidInput, InvalidRecords

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

UNLABELLED = 'the answer names no label: this model learns from answers such as {"type": "invoice"}'


def page_of(conversation: Conversation) -> PageContent:
    """The pages of a conversation as one; without any, its last text."""
    pages = conversation.pages
    if not pages:
        return page_of_text(conversation.turns[-1].text)
    lines = tuple(line for page in pages for line in page.lines)
    return PageContent(lines=lines, appearance=pages[0].appearance)


def label_of(example: Example) -> str:
    """The label of an example that `unlabelled` does not list."""
    found = form_and_label(example.answer)
    assert found  # noqa: S101 - `unlabelled` has refused the others
    return found[1]


def unlabelled(examples: Sequence[Example]) -> list[ExampleProblem]:
    """The examples whose answer names no label."""
    return [
        ExampleProblem(index=index, problem=UNLABELLED)
        for index, example in enumerate(examples)
        if form_and_label(example.answer) is None
    ]


def labels_to_learn(examples: Sequence[Example]) -> list[str]:
    """The label of each example. Raises `InvalidRecords` where all have the same one."""
    labels = [label_of(example) for example in examples]
    if len(set(labels)) < 2:
        raise InvalidRecords(f"All records have the label {labels[0]!r}: there is nothing to learn")
    return labels


def columns_of(choice: Choice, learned: Sequence[str]) -> list[int]:
    """Where the labels of a choice stand among those learned. Raises `InvalidInput` for any other."""
    unknown = sorted(set(choice.labels) - set(learned))
    if unknown:
        raise InvalidInput(f"The model has not learned {', '.join(unknown)}: it knows {', '.join(learned)}")
    return [learned.index(label) for label in choice.labels]


def loss_of(found: NDArray[np.float64], learned: Sequence[str], labels: Sequence[str]) -> float:
    """The cross-entropy of labels, in nats; of those that were not learned, as of the least likely."""
    import numpy as np

    given = [
        row[learned.index(label)] if label in learned else row.min()
        for row, label in zip(found, labels, strict=True)
    ]
    return float(-np.log(np.array(given) + np.finfo(float).tiny).mean())


def decisions(choice: Choice, found: NDArray[np.float64], *, input_tokens: Sequence[int]) -> list[Answer]:
    """The most probable label as the answer to each of several conversations.

    ``found`` is the probabilities of the choice's labels, (answers, labels), which are scaled to sum to 1.
    """
    shares = found / found.sum(axis=1, keepdims=True)
    return [
        _decided(choice, dict(zip(choice.labels, row, strict=True)), input_tokens=tokens)
        for row, tokens in zip(shares.tolist(), input_tokens, strict=True)
    ]


def writes_no_text(models: str) -> InvalidInput:
    """The error of models, such as "Sentence encoders", that are asked for text."""
    return InvalidInput(
        f"{models} write no text: name the labels in outputConfig, as a JSON schema with one enum"
    )


def _decided(choice: Choice, probabilities: Mapping[str, float], *, input_tokens: int) -> Answer:
    label = max(probabilities, key=probabilities.__getitem__)
    return Answer(
        text=json.dumps({choice.name: label}, ensure_ascii=False),
        stop_reason="end_turn",
        input_tokens=input_tokens,
        output_tokens=1,
        label=label,
        probabilities=dict(probabilities),
    )

"""Records as training examples: the tokens of a prompt and of its answer."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from burnish.engine.language_model.line_dropout import without_some_lines
from burnish.engine.language_model.network import Conversation, LanguageModel, Turn
from burnish.engine.language_model.training import Epochs, Example, LoraTraining
from burnish.records import Content, Record


def example_of(model: LanguageModel, record: Record, pages: Mapping[str, str]) -> Example:
    """A record as tokens, with the text of each page in place of its image."""
    conversation = Conversation(
        system="\n".join(block.text for block in record.system or ()),
        turns=tuple(_turn(message.role, message.content, pages) for message in record.messages[:-1]),
    )
    return Example(
        prompt=tuple(model.prompt_tokens(conversation)), answer=tuple(model.answer_tokens(record.answer))
    )


def epochs_of(
    model: LanguageModel,
    records: Sequence[Record],
    whole: Sequence[Example],
    pages: Mapping[str, str],
    settings: LoraTraining,
) -> Epochs:
    """The examples of each epoch, with other lines dropped each time; ``whole`` have all of their lines."""

    def examples_of(epoch: int) -> list[Example]:
        # One for each epoch, so that its lines do not depend on how often others were drawn.
        rng = random.Random(f"{settings.seed}/lines/{epoch}")  # noqa: S311 - not a secret
        varied = {uri: without_some_lines(text, settings.line_dropout, rng) for uri, text in pages.items()}
        return [example_of(model, record, varied) for record in records]

    return examples_of if settings.line_dropout > 0 and pages else lambda _: whole


def _turn(role: str, content: Sequence[Content], pages: Mapping[str, str]) -> Turn:
    images = [block.image.source.s3_location.uri for block in content if block.image]
    return Turn(
        role=role,
        text="\n".join(block.text for block in content if block.text),
        pages=tuple(pages[uri] for uri in images),
    )

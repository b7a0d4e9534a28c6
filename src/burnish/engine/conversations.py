"""Conversations: what a model is asked, and the examples that it learns from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from burnish.engine.pages import Page
from burnish.records import Content, Record


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One turn of a conversation: its text, and its pages."""

    role: str
    text: str = ""
    pages: tuple[Page, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """A prompt: system text and turns, of which the last is the user's."""

    system: str
    turns: tuple[Turn, ...]

    @property
    def pages(self) -> tuple[Page, ...]:
        """The pages of all turns."""
        return tuple(page for turn in self.turns for page in turn.pages)


@dataclass(frozen=True, kw_only=True)
class Example:
    """One example to learn from: a prompt and the answer to it."""

    conversation: Conversation
    answer: str


@dataclass(frozen=True, kw_only=True)
class TrainingData:
    """The examples of a training, and those that measure it as it goes."""

    training: tuple[Example, ...]
    validation: tuple[Example, ...] = ()


def example_of(record: Record, pages: Mapping[str, Page]) -> Example:
    """A record as an example, with the page of each image, by its URI."""
    turns = tuple(_turn(message.role, message.content, pages) for message in record.messages[:-1])
    system = "\n".join(block.text for block in record.system or ())
    return Example(conversation=Conversation(system=system, turns=turns), answer=record.answer)


def _turn(role: str, content: Sequence[Content], pages: Mapping[str, Page]) -> Turn:
    images = [block.image.source.s3_location.uri for block in content if block.image]
    return Turn(
        role=role,
        text="\n".join(block.text for block in content if block.text),
        pages=tuple(pages[uri] for uri in images),
    )

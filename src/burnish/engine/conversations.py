"""Conversations: what a model is asked, and the examples that it learns from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from burnish.engine.pages import PageContent, Reading
from burnish.records import Content, Record


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One turn of a conversation: its text, and its pages."""

    role: str
    text: str = ""
    pages: tuple[PageContent, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """A prompt: system text and turns, of which the last is the user's."""

    system: str
    turns: tuple[Turn, ...]

    @property
    def pages(self) -> tuple[PageContent, ...]:
        """The pages of all turns."""
        return tuple(page for turn in self.turns for page in turn.pages)

    def within(self, reading: Reading) -> Conversation:
        """The conversation as a model sees it that asks for less of each page than was read."""
        turns = (
            replace(turn, pages=tuple(page.within(reading) for page in turn.pages)) for turn in self.turns
        )
        return replace(self, turns=tuple(turns))


@dataclass(frozen=True, kw_only=True)
class Example:
    """One example to learn from: a prompt and the answer to it."""

    conversation: Conversation
    answer: str

    def within(self, reading: Reading) -> Example:
        """The example as a model sees it that asks for less of each page than was read."""
        return replace(self, conversation=self.conversation.within(reading))


@dataclass(frozen=True, kw_only=True)
class TrainingData:
    """The examples of a training, and those that measure it as it goes."""

    training: tuple[Example, ...]
    validation: tuple[Example, ...] = ()

    def within(self, reading: Reading) -> TrainingData:
        """The examples as a model sees them that asks for less of each page than was read."""
        return TrainingData(
            training=tuple(example.within(reading) for example in self.training),
            validation=tuple(example.within(reading) for example in self.validation),
        )


def example_of(record: Record, pages: Mapping[str, PageContent]) -> Example:
    """A record as an example, with the page of each image, by its URI."""
    turns = tuple(_turn(message.role, message.content, pages) for message in record.messages[:-1])
    system = "\n".join(block.text for block in record.system or ())
    return Example(conversation=Conversation(system=system, turns=turns), answer=record.answer)


def _turn(role: str, content: Sequence[Content], pages: Mapping[str, PageContent]) -> Turn:
    images = [block.image.source.s3_location.uri for block in content if block.image]
    return Turn(
        role=role,
        text="\n".join(block.text for block in content if block.text),
        pages=tuple(pages[uri] for uri in images),
    )

"""Conversations: what a model is asked, and the examples that it learns from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from burnish.engine.inference_messages import CachePoint, Tool, ToolCall, ToolResult
from burnish.engine.pages import PageContent, Reading
from burnish.records import Content, Message, Record


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One turn of a conversation: its text, its pages, tools that it calls, and what called ones answered."""

    role: str
    text: str = ""
    pages: tuple[PageContent, ...] = ()
    calls: tuple[ToolCall, ...] = ()
    results: tuple[ToolResult, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """A prompt: system text and turns. The last, where it is the assistant's, is to be continued."""

    system: str
    turns: tuple[Turn, ...]
    #: That the model is shown.
    tools: tuple[Tool, ...] = ()
    cache_point: CachePoint | None = None

    @property
    def is_continued(self) -> bool:
        """Whether the answer goes on with the last turn."""
        return self.turns[-1].role == "assistant"

    @property
    def texts(self) -> list[str]:
        """All texts but those of the pages."""
        turns = [
            text
            for turn in self.turns
            for text in (turn.text, *(one.input for one in turn.calls), *(one.text for one in turn.results))
        ]
        tools = [text for tool in self.tools for text in (tool.description, tool.schema)]
        return [self.system, *tools, *turns]

    @property
    def to_keep(self) -> Conversation | None:
        """The conversation up to its cache point. None where it has none."""
        point = self.cache_point
        if point is None:
            return None
        turns = self.turns[: point.turns]
        begun = self.turns[point.turns : point.turns + 1]
        cut = tuple(replace(turn, text=turn.text[: point.characters], pages=(), calls=()) for turn in begun)
        return replace(self, turns=(*turns, *cut), cache_point=None)

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
    """One example to learn from: a prompt and the answer to it. Of plain text, the prompt has no turns."""

    conversation: Conversation
    answer: str

    @property
    def is_plain_text(self) -> bool:
        """Whether nothing is asked: all of the text is to be learned."""
        return not self.conversation.turns

    def within(self, reading: Reading) -> Example:
        """The example as a model sees it that asks for less of each page than was read."""
        return replace(self, conversation=self.conversation.within(reading))


@dataclass(frozen=True, kw_only=True)
class TrainingData:
    """The examples of a training, and those that measure it as it goes."""

    training: tuple[Example, ...]
    validation: tuple[Example, ...] = ()

    @property
    def is_plain_text(self) -> bool:
        """Whether it is text alone, to go on with pre-training. All of it is, or none."""
        return all(example.is_plain_text for example in self.training)

    def within(self, reading: Reading) -> TrainingData:
        """The examples as a model sees them that asks for less of each page than was read."""
        return TrainingData(
            training=tuple(example.within(reading) for example in self.training),
            validation=tuple(example.within(reading) for example in self.validation),
        )


def example_of(record: Record, pages: Mapping[str, PageContent]) -> Example:
    """A record as an example, with the page of each image, by its URI."""
    return Example(conversation=_conversation_of(record, record.messages[:-1], pages), answer=record.answer)


def prompt_of(record: Record, pages: Mapping[str, PageContent]) -> Conversation:
    """A record without an answer as a prompt, with the page of each image, by its URI."""
    return _conversation_of(record, record.messages, pages)


def _conversation_of(
    record: Record, messages: Sequence[Message], pages: Mapping[str, PageContent]
) -> Conversation:
    system = "\n".join(block.text for block in record.system or ())
    turns = tuple(_turn(message.role, message.content, pages) for message in messages)
    return Conversation(system=system, turns=turns)


def _turn(role: str, content: Sequence[Content], pages: Mapping[str, PageContent]) -> Turn:
    images = [block.image.source.s3_location.uri for block in content if block.image]
    return Turn(
        role=role,
        text="\n".join(block.text for block in content if block.text),
        pages=tuple(pages[uri] for uri in images),
    )

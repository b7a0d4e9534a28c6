"""What the server and the inference process say to each other, each message on a line of its own.

The server sends a `Submission` for every request, and a `Cancellation` once nobody waits for the answer. The
process sends one `Completion` or one `Refusal` for every submission, a `StateReport` where requests get on,
and a `SignOfLife` every second. Where a submission asks for it, it sends a `Continuation` as the text grows.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal, TypeAlias

import msgspec

from burnish.processes.messages import MessageReader, ProcessMessage

#: For how long nobody asks a model before it leaves the memory, where the process is told nothing else.
IDLE_SECONDS = 15 * 60.0
#: Where a request is in the process: its pages are read, it waits for its turn, or the model computes.
RequestState: TypeAlias = Literal["reading", "waiting", "answering"]
#: Why a request is refused: it cannot be answered, it is too long, the model failed, or nobody waits.
RefusalKind: TypeAlias = Literal["validation", "too-long", "model", "cancelled"]

#: The stop reasons of a text that would have gone on: it has all the tokens that were asked for, or that fit.
CUT_OFF = ("max_tokens", "model_context_window_exceeded")


class ModelPlace(ProcessMessage, frozen=True, kw_only=True):
    """Where the files of a model are: its base weights and, for a tuned one, what its training has saved."""

    weights: Path
    tuned: Path | None = None


class Choice(ProcessMessage, frozen=True, kw_only=True):
    """The labels of a closed set to decide among; ``name`` is the JSON member that holds the label."""

    name: str
    labels: tuple[str, ...]


class Sampling(ProcessMessage, frozen=True, kw_only=True):
    """How free text is generated."""

    max_tokens: int = 512
    temperature: float = 0.0
    top_p: float = 1.0
    #: None leaves it to the model's own settings.
    top_k: int | None = None
    stop: tuple[str, ...] = ()


class Tool(ProcessMessage, frozen=True, kw_only=True):
    """A tool that a model may call, with the JSON schema of its input as text."""

    name: str
    description: str = ""
    schema: str


class ToolCall(ProcessMessage, frozen=True, kw_only=True):
    """A model's call of a tool, with its input, a JSON object as text."""

    name: str
    input: str


class ToolResult(ProcessMessage, frozen=True, kw_only=True):
    """What a called tool has answered."""

    name: str
    text: str


class InferenceTurn(ProcessMessage, frozen=True, kw_only=True):
    """One turn: the results of tools that were called, its text, its pages, and the tools that it calls.

    Pages are PNG, JPEG, GIF or WebP; a PDF is all of its pages.
    """

    role: str
    text: str
    pages: tuple[bytes, ...] = ()
    calls: tuple[ToolCall, ...] = ()
    results: tuple[ToolResult, ...] = ()


class CachePoint(ProcessMessage, frozen=True, kw_only=True):
    """Up to where a prompt is to be kept for the next: so many turns, and of the next so many characters.

    Before the turns stand tools and system text, which are kept with them.
    """

    turns: int = 0
    characters: int = 0


class InferenceRequest(ProcessMessage, frozen=True, kw_only=True):
    """A request to a model. With a ``choice`` it decides on one of the labels; without, it generates text.

    With a ``schema``, a JSON schema as text, what it generates is JSON that is valid by it. Where the last
    turn is the assistant's, its text is what the answer begins with, and only the rest is generated.
    Without turns it only loads the model. With ``counts_only`` its pages are read and its tokens counted.
    """

    place: ModelPlace
    system: str = ""
    turns: tuple[InferenceTurn, ...] = ()
    tools: tuple[Tool, ...] = ()
    cache_point: CachePoint | None = None
    choice: Choice | None = None
    schema: str | None = None
    sampling: Sampling = Sampling()
    counts_only: bool = False

    @property
    def size(self) -> int:
        """Its size in bytes, approximately."""
        return sum(len(turn.text) + sum(map(len, turn.pages)) for turn in self.turns)


class Answer(ProcessMessage, frozen=True, kw_only=True):
    """An answer, why it ended (in Bedrock's words: ``end_turn``, ``max_tokens`` …), and its token counts.

    Where tokens are only counted, the text is empty and ended by ``counted``.
    """

    text: str
    stop_reason: str
    input_tokens: int
    output_tokens: int
    label: str | None = None
    probabilities: dict[str, float] = msgspec.field(default_factory=dict)
    #: The p-value of the pages among those of the training; None where the model cannot tell.
    typicality: float | None = None
    #: Which one ended the text, where one did.
    stop_sequence: str | None = None
    #: Of the input tokens before a cache point: those that had been kept, and those kept from now on.
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0


class TextPiece(ProcessMessage, frozen=True, kw_only=True):
    """What was added to a text: whole characters, which nothing that follows takes back.

    ``output_tokens`` are those of the text so far.
    """

    text: str
    input_tokens: int
    output_tokens: int


class Submission(ProcessMessage, frozen=True, kw_only=True, tag="request"):
    """A request under a number. ``alone``: not in a batch, for it may have ended the process before.

    ``in_pieces``: its text is sent as it grows, and then whole.
    """

    id: int
    request: InferenceRequest
    alone: bool = False
    in_pieces: bool = False


class Cancellation(ProcessMessage, frozen=True, kw_only=True, tag="cancel"):
    """Nobody waits for a request any more."""

    id: int


class Completion(ProcessMessage, frozen=True, kw_only=True, tag="answer"):
    """A request has been answered, or its model loaded: then there is no answer."""

    id: int
    answer: Answer | None


class Continuation(ProcessMessage, frozen=True, kw_only=True, tag="piece"):
    """The text that answers a request has grown. Its last piece comes with the `Completion` alone."""

    id: int
    piece: TextPiece


class Refusal(ProcessMessage, frozen=True, kw_only=True, tag="refusal"):
    """A request is not answered, for a reason."""

    id: int
    kind: RefusalKind
    reason: str


class StateReport(ProcessMessage, frozen=True, kw_only=True, tag="state"):
    """The state that requests have come to."""

    state: RequestState
    ids: tuple[int, ...]


class SignOfLife(ProcessMessage, frozen=True, kw_only=True, tag="alive"):
    """The process runs, whatever its model computes."""


ToProcess: TypeAlias = Submission | Cancellation
FromProcess: TypeAlias = Completion | Continuation | Refusal | StateReport | SignOfLife

READER_OF_REQUESTS: Final[MessageReader[ToProcess]] = MessageReader(ToProcess)
READER_OF_OUTCOMES: Final[MessageReader[FromProcess]] = MessageReader(FromProcess)

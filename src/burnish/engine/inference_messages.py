"""What the server and the inference process say to each other, each message on a line of its own.

The server sends a `Submission` for every request, and a `Cancellation` once nobody waits for the answer. The
process sends one `Completion` or one `Refusal` for every submission, a `StateReport` where requests get on,
and a `SignOfLife` every second.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal, TypeAlias

import msgspec

from burnish.process_messages import MessageReader, ProcessMessage

#: Where a request is in the process: its pages are read, it waits for its turn, or the model computes.
RequestState: TypeAlias = Literal["reading", "waiting", "answering"]
#: Why a request is refused: it cannot be answered, the model failed, or nobody waits any more.
RefusalKind: TypeAlias = Literal["validation", "model", "cancelled"]


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
    stop: tuple[str, ...] = ()


class InferenceTurn(ProcessMessage, frozen=True, kw_only=True):
    """One turn: its text, and its page images as PNG, JPEG, GIF or WebP."""

    role: str
    text: str
    pages: tuple[bytes, ...] = ()


class InferenceRequest(ProcessMessage, frozen=True, kw_only=True):
    """A request to a model. With a ``choice`` it decides on one of the labels; without, it generates text.

    With a ``schema``, a JSON schema as text, what it generates is JSON that is valid by it.
    Without turns it only loads the model. With ``counts_only`` its pages are read and its tokens counted.
    """

    place: ModelPlace
    system: str = ""
    turns: tuple[InferenceTurn, ...] = ()
    choice: Choice | None = None
    schema: str | None = None
    sampling: Sampling = Sampling()
    counts_only: bool = False

    @property
    def size(self) -> int:
        """Its size in bytes, approximately."""
        return sum(len(turn.text) + sum(map(len, turn.pages)) for turn in self.turns)


class Answer(ProcessMessage, frozen=True, kw_only=True):
    """An answer, why it ended (``end_turn``, ``max_tokens``, ``stop_sequence``), and its token counts.

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


class Submission(ProcessMessage, frozen=True, kw_only=True, tag="request"):
    """A request under a number. ``alone``: not in a batch, for it may have ended the process before."""

    id: int
    request: InferenceRequest
    alone: bool = False


class Cancellation(ProcessMessage, frozen=True, kw_only=True, tag="cancel"):
    """Nobody waits for a request any more."""

    id: int


class Completion(ProcessMessage, frozen=True, kw_only=True, tag="answer"):
    """A request has been answered, or its model loaded: then there is no answer."""

    id: int
    answer: Answer | None


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
FromProcess: TypeAlias = Completion | Refusal | StateReport | SignOfLife

READER_OF_REQUESTS: Final[MessageReader[ToProcess]] = MessageReader(ToProcess)
READER_OF_OUTCOMES: Final[MessageReader[FromProcess]] = MessageReader(FromProcess)

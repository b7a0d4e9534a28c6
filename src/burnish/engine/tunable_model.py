"""What every kind of model promises: to be trained on examples, and to answer with what that has made.

The training worker and the inference process know models by these protocols alone; `burnish.engine.kinds`
says which kinds there are, and loads the one that a folder of weights is of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

from burnish.engine.checkpoints import NO_CHECKPOINTS, Checkpoints
from burnish.engine.conversations import Conversation, Example, TrainingData
from burnish.engine.inference_messages import Answer, Choice, Sampling
from burnish.engine.pages import Reading
from burnish.engine.writing import Text


class Cancelled(Exception):
    """No client is waiting for the answer any more."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of training. ``loss`` is a mean cross-entropy, in nats.

    A step that an earlier attempt has made is reported again, as one that ``is_repeated``.
    """

    number: int
    epoch: int
    total: int
    loss: float
    is_repeated: bool = False


@dataclass(frozen=True, kw_only=True)
class Validation:
    """The mean cross-entropy of the validation answers at the end of an epoch, in nats."""

    step: int
    epoch: int
    loss: float


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Callbacks for each step and each validation. `on_step` may raise to end the training without a model.

    ``is_to_end`` tells, after each step, whether to end the training with what was learned by then: it
    validates and calibrates as at its usual end. One that takes seconds may go on to its usual end instead.
    """

    on_step: Callable[[Step], None]
    on_validation: Callable[[Validation], None]
    is_to_end: Callable[[], bool] = lambda: False


@dataclass(frozen=True, kw_only=True)
class ExampleProblem:
    """Why an example, by its index, cannot be learned from."""

    index: int
    problem: str


@dataclass(frozen=True, kw_only=True)
class ChosenSetting:
    """A hyperparameter that nobody gave, the value that was chosen for it, and why."""

    name: str
    value: str
    reason: str


class TrainingSettings(Protocol):
    """A frozen dataclass of a kind's own."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def chosen(self) -> tuple[ChosenSetting, ...]:
        """What was chosen from the data."""

    def steps(self, examples: int) -> int:
        """The number of steps that a training on so many examples takes."""


@dataclass(frozen=True, kw_only=True)
class HeldOutAnswers:
    """The probabilities of labels for examples whose answers the model that gave them had not seen.

    One for each example of a training, or none where the model gives none. A label that is missing was not
    learned.
    """

    #: From models of the same kind that were trained without the example (out of fold).
    training: tuple[Mapping[str, float], ...] = ()
    validation: tuple[Mapping[str, float], ...] = ()


class AnsweringModel(Protocol):
    """A model that answers, tuned or not. One thread asks it at a time."""

    def count_tokens(self, conversation: Conversation) -> int:
        """The number of tokens that the model is given for a conversation. Raises `InvalidInput`."""

    def decide(self, conversations: Sequence[Conversation], choice: Choice) -> list[Answer]:
        """One label for each conversation, with the probability of every label. Raises `InvalidInput`."""

    def begin(
        self,
        conversation: Conversation,
        sampling: Sampling,
        *,
        schema: str | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> Text:
        """A text that is begun; with a ``schema`` JSON that is valid by it, unless ``max_tokens`` cuts it.

        Raises `InvalidInput` where the model writes no text or cannot follow the schema. The text ends with
        `Cancelled` once ``is_cancelled`` is true.
        """


class TunedModel(Protocol):
    """What a training has made."""

    @property
    def reading(self) -> Reading:
        """What the model is to be given of each page: the same as in its training."""

    @property
    def held_out(self) -> HeldOutAnswers:
        """What is known of its answers to examples that it had not seen."""

    def save(self, folder: Path) -> None:
        """Write the model into a folder that is there and empty. Raises `DiskFull`."""


class TunableModel(Protocol):
    """A base model, loaded. It is trained once at most: a training may change it."""

    def reading_for(self, hyperparameters: Mapping[str, str]) -> Reading:
        """What a training with these hyperparameters is to be given of each page."""

    def settings(self, hyperparameters: Mapping[str, str], data: TrainingData) -> TrainingSettings:
        """How to train, with what was not given chosen from the data."""

    def problems(self, examples: Sequence[Example]) -> list[ExampleProblem]:
        """Why examples cannot be learned from; empty where they can."""

    def train(
        self,
        data: TrainingData,
        settings: Any,
        *,
        progress: Progress,
        starting_from: Path | None = None,
        checkpoints: Checkpoints = NO_CHECKPOINTS,
    ) -> TunedModel:
        """A model trained on the data, ``starting_from`` what an earlier training has saved in a folder.

        It goes on from the latest checkpoint where there is one, and reports again what was done by then.
        What takes seconds may be done again instead.
        """

    def answering(self, tuned: Path | None = None) -> AnsweringModel:
        """The model that answers with what was saved in a folder; without one, as it was before training."""

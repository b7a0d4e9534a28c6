"""What a report can tell beside the answers: the data, how a model was tuned, where the time went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from burnish.datasets.documents import SkippedDocument


@dataclass(frozen=True, kw_only=True)
class DataFacts:
    """What went in. ``split`` says in a sentence how it was decided what is held out."""

    documents: int
    train_records: int
    validation_records: int
    split: str
    skipped: tuple[SkippedDocument, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LossPoint:
    """The loss at a step of the training."""

    step: int
    loss: float


@dataclass(frozen=True, kw_only=True)
class TrainingFacts:
    """What was trained, and how. Names are empty where an earlier version has saved none."""

    base_model: str
    job_arn: str
    custom_model_arn: str
    hyperparameters: Mapping[str, str] = field(default_factory=dict)
    training_losses: tuple[LossPoint, ...] = ()
    validation_losses: tuple[LossPoint, ...] = ()
    job_name: str = ""
    custom_model_name: str = ""


@dataclass(frozen=True, kw_only=True)
class ReadingTime:
    """How long a server took to read the text of pages, before any model was asked about them."""

    pages: int
    seconds: float

    @property
    def sentence(self) -> str:
        """What a reader of the models' times has to know."""
        return (
            f"The server read {self.pages} pages in {self.seconds:.1f} s, once for all models and before any "
            "was asked: their times do not include reading."
        )


@dataclass(frozen=True, kw_only=True)
class StageTime:
    """How long one stage of the whole took."""

    name: str
    seconds: float

"""Counted features of pages as a model that can be tuned: no weights, no torch, trained in seconds.

It decides among the labels that it has learned, and writes no free text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from burnish.disk import reporting_full_disk
from burnish.engine.checkpoints import NO_CHECKPOINTS, Checkpoints
from burnish.engine.closed_sets import (
    columns_of,
    decisions,
    label_of,
    labels_to_learn,
    loss_of,
    page_of,
    unlabelled,
    writes_no_text,
)
from burnish.engine.conversations import Conversation, Example, TrainingData
from burnish.engine.inference_messages import Answer, Choice, Sampling
from burnish.engine.pages import Reading
from burnish.engine.tunable_model import (
    ChosenSetting,
    ExampleProblem,
    HeldOutAnswers,
    Progress,
    Step,
    Validation,
)
from burnish.engine.writing import Text
from burnish.errors import InvalidInput, InvalidRecords
from burnish.page_features.page_classifier import (
    Fit,
    PageClassifier,
    fitted_classifier,
    load_classifier,
)
from burnish.page_features.views import VIEWS
from burnish.pages.reading import WHOLE_PAGE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

READING = Reading(text=WHOLE_PAGE, appearance=True)


@dataclass(frozen=True, kw_only=True)
class PageFeaturesTraining:
    """How to train: nothing is left to choose. The penalties of the views are part of the model."""

    views: tuple[str, ...] = tuple(view.name for view in VIEWS)
    chosen: tuple[ChosenSetting, ...] = ()

    def steps(self, examples: int) -> int:
        """One for each view, whatever the number of examples, and one for their pool."""
        return len(self.views) + 1


@dataclass(frozen=True, kw_only=True)
class TunedPageFeatures:
    """A fitted classifier."""

    fit: Fit
    held_out: HeldOutAnswers
    reading: Reading = READING

    def save(self, folder: Path) -> None:
        """Write the classifier into a folder. Raises `DiskFull`."""
        with reporting_full_disk(folder):
            self.fit.classifier.save(folder)


class TunablePageFeatures:
    """Page features before any training. There is nothing in their folder but what says so."""

    def __init__(self, weights: Path) -> None:
        self._weights = weights

    def reading_for(self, hyperparameters: Mapping[str, str]) -> Reading:
        """The whole text of each page, where its lines stand, and its appearance."""
        return READING

    def settings(self, hyperparameters: Mapping[str, str], data: TrainingData) -> PageFeaturesTraining:
        """How to train."""
        return PageFeaturesTraining()

    def problems(self, examples: Sequence[Example]) -> list[ExampleProblem]:
        """The examples whose answer names no label."""
        return unlabelled(examples)

    def train(
        self,
        data: TrainingData,
        settings: PageFeaturesTraining,
        *,
        progress: Progress,
        starting_from: Path | None = None,
        checkpoints: Checkpoints = NO_CHECKPOINTS,
    ) -> TunedPageFeatures:
        """A classifier of the training examples. Raises `InvalidRecords` where they have one label only.

        It takes seconds, and has no checkpoints. Each view is a step, whose loss is that of its out-of-fold
        answers; the last step is their pool.
        """
        if starting_from:
            raise InvalidRecords(
                "Page features are not tuned further: start the job from the base model, with all records"
            )
        labels = labels_to_learn(data.training)
        losses: list[float] = []

        def add_step(loss: float) -> None:
            losses.append(loss)
            total = settings.steps(len(labels))
            step = Step(number=len(losses) - 1, epoch=0, total=total, loss=loss)
            progress.on_step(step)

        fit = fitted_classifier(
            [page_of(one.conversation) for one in data.training], labels, on_view=add_step
        )
        add_step(fit.loss)
        held_out = _held_out(fit, data.validation)
        if data.validation:
            loss = _validation_loss(fit.classifier, data.validation)
            progress.on_validation(Validation(step=len(losses) - 1, epoch=0, loss=loss))
        return TunedPageFeatures(fit=fit, held_out=held_out)

    def answering(self, tuned: Path | None = None) -> AnsweringPageFeatures:
        """The classifier in a folder. Raises `ModelFailed` where it is damaged."""
        return AnsweringPageFeatures(load_classifier(tuned) if tuned else None)


class AnsweringPageFeatures:
    """Decides among the labels of a classifier; without one, refuses to."""

    def __init__(self, classifier: PageClassifier | None) -> None:
        self._classifier = classifier

    def count_tokens(self, conversation: Conversation) -> int:
        """The number of words: what features are counted in comes closest to tokens."""
        return len(page_of(conversation).text.split())

    def decide(self, conversations: Sequence[Conversation], choice: Choice) -> list[Answer]:
        """One label for each conversation, with the probability of every label.

        Raises `InvalidInput` for a label that the classifier has not learned, or where there is none.
        """
        if self._classifier is None:
            raise InvalidInput(
                "Page features know no label before they are trained: call a model tuned from them"
            )
        columns = columns_of(choice, self._classifier.labels)
        pages = [page_of(conversation) for conversation in conversations]
        found = self._classifier.probabilities(pages)[:, columns]
        return decisions(choice, found, input_tokens=[len(page.text.split()) for page in pages])

    def begin(
        self,
        conversation: Conversation,
        sampling: Sampling,
        *,
        schema: str | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> Text:
        """Nothing: raises `InvalidInput`."""
        raise writes_no_text("Page features")


def _held_out(fit: Fit, validation: Sequence[Example]) -> HeldOutAnswers:
    pages = [page_of(example.conversation) for example in validation]
    return HeldOutAnswers(
        training=_by_label(fit, fit.out_of_fold),
        validation=_by_label(fit, fit.classifier.probabilities(pages)) if pages else (),
    )


def _by_label(fit: Fit, probabilities: NDArray[np.float64]) -> tuple[dict[str, float], ...]:
    return tuple(dict(zip(fit.classifier.labels, row, strict=True)) for row in probabilities.tolist())


def _validation_loss(classifier: PageClassifier, examples: Sequence[Example]) -> float:
    found = classifier.probabilities([page_of(one.conversation) for one in examples])
    return loss_of(found, classifier.labels, [label_of(one) for one in examples])

"""A sentence encoder as a model that can be tuned: it decides among labels, and writes no free text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from burnish.disk import reporting_full_disk
from burnish.engine.adapters import AdaptedNetwork
from burnish.engine.checkpoints import NO_CHECKPOINTS, Checkpoints
from burnish.engine.closed_sets import label_of, labels_to_learn, loss_of, unlabelled
from burnish.engine.conversations import Example, TrainingData
from burnish.engine.pages import Reading
from burnish.engine.sentence_encoder.answering import ADAPTER, AnsweringEncoder
from burnish.engine.sentence_encoder.contrastive import AdapterTraining
from burnish.engine.sentence_encoder.fitting import LabelledPages, fitted
from burnish.engine.sentence_encoder.head import HeadFit
from burnish.engine.sentence_encoder.hyperparameters import adapter_training
from burnish.engine.sentence_encoder.label_texts import descriptions_of, label_text
from burnish.engine.sentence_encoder.network import SentenceEncoder, load_sentence_encoder
from burnish.engine.tensor_errors import system_errors
from burnish.engine.tunable_model import ExampleProblem, HeldOutAnswers, Progress, Step, Validation
from burnish.errors import InvalidRecords
from burnish.pages.reading import WHOLE_PAGE

READING = Reading(text=WHOLE_PAGE)


@dataclass(frozen=True, kw_only=True)
class TunedEncoder:
    """An encoder, with an adapter or without, and the head on it."""

    encoder: SentenceEncoder
    fit: HeadFit
    held_out: HeldOutAnswers
    has_adapter: bool
    reading: Reading = READING

    def save(self, folder: Path) -> None:
        """Write the head, and the adapter where there is one, into a folder. Raises `DiskFull`."""
        with reporting_full_disk(folder), system_errors():
            self.fit.head.save(folder)
            if self.has_adapter:
                self.encoder.network.save_pretrained(folder / ADAPTER)


class TunableEncoder:
    """The sentence encoder in a folder of weights."""

    def __init__(self, weights: Path) -> None:
        self._encoder = load_sentence_encoder(weights)
        self._network = AdaptedNetwork(self._encoder)

    def reading_for(self, hyperparameters: Mapping[str, str]) -> Reading:
        """The whole text of each page."""
        return READING

    def settings(self, hyperparameters: Mapping[str, str], data: TrainingData) -> AdapterTraining:
        """How to train."""
        return adapter_training(hyperparameters)

    def problems(self, examples: Sequence[Example]) -> list[ExampleProblem]:
        """The examples whose answer names no label."""
        return unlabelled(examples)

    def train(
        self,
        data: TrainingData,
        settings: AdapterTraining,
        *,
        progress: Progress,
        starting_from: Path | None = None,
        checkpoints: Checkpoints = NO_CHECKPOINTS,
    ) -> TunedEncoder:
        """A head on the training examples. Raises `InvalidRecords` where they have one label only.

        The steps are those of the adapters, if there are any, and of embedding, with the loss of deciding by
        what labels are called; the last step is the head, with the loss of its out-of-fold answers.
        """
        if starting_from:
            raise InvalidRecords(
                "Sentence encoders are not tuned further: start the job from the base model, with all records"
            )
        pages = self._labelled(data.training)
        steps = _StepCounter(progress, total=settings.steps(len(data.training)))
        encoder, fit = fitted(self._encoder, pages, settings, steps.progress, checkpoints)
        held_out = _held_out(encoder, fit, data.validation)
        if data.validation:
            labels = [label_of(one) for one in data.validation]
            found = np.array([[*one.values()] for one in held_out.validation])
            loss = loss_of(found, fit.head.labels, labels)
            epoch = max(0, settings.epochs - 1)
            progress.on_validation(Validation(step=steps.count - 1, epoch=epoch, loss=loss))
        return TunedEncoder(encoder=encoder, fit=fit, held_out=held_out, has_adapter=settings.epochs > 0)

    def answering(self, tuned: Path | None = None) -> AnsweringEncoder:
        """The model in a folder. Raises `ModelFailed` where it is damaged."""
        return AnsweringEncoder(self._network, tuned)

    def _labelled(self, examples: Sequence[Example]) -> LabelledPages:
        labels = labels_to_learn(examples)
        names = sorted(set(labels))
        descriptions = descriptions_of(one.conversation for one in examples)
        encoder = self._encoder
        return LabelledPages(
            pages=[encoder.chunks_of(one.conversation) for one in examples],
            labels=np.array([names.index(label) for label in labels]),
            names=names,
            label_texts=[encoder.chunk_of(label_text(name, descriptions)) for name in names],
        )


def _held_out(encoder: SentenceEncoder, fit: HeadFit, validation: Sequence[Example]) -> HeldOutAnswers:
    pages = [encoder.chunks_of(one.conversation) for one in validation]
    found = fit.head.probabilities(encoder.page_vectors(pages)) if pages else np.empty((0, 0))
    return HeldOutAnswers(training=_by_label(fit, fit.out_of_fold), validation=_by_label(fit, found))


def _by_label(fit: HeadFit, probabilities: NDArray[np.float64]) -> tuple[dict[str, float], ...]:
    return tuple(dict(zip(fit.head.labels, row, strict=True)) for row in probabilities.tolist())


class _StepCounter:
    """Numbers the steps of a training as they come."""

    def __init__(self, progress: Progress, *, total: int) -> None:
        self._progress = progress
        self._total = total
        self.count = 0

    @property
    def progress(self) -> Progress:
        """What counts the steps that it is told of."""
        return replace(self._progress, on_step=self._add)

    def _add(self, step: Step) -> None:
        numbered = replace(step, number=self.count, total=self._total)
        self.count += 1
        self._progress.on_step(numbered)

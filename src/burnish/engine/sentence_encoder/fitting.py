"""Fitting a head to pages, on an encoder as it is or with an adapter, calibrated by cross-fitting."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from burnish.engine.sentence_encoder.chunks import Chunk
from burnish.engine.sentence_encoder.contrastive import (
    FOLDS,
    AdapterTraining,
    LabelledPage,
    with_trained_adapter,
    without_adapter,
)
from burnish.engine.sentence_encoder.head import HeadFit, fitted_head, fitted_model, floored, vector_learner
from burnish.engine.sentence_encoder.network import SentenceEncoder
from burnish.page_features.out_of_fold import predicted

#: Takes the epoch and the loss of a step.
OnStep = Callable[[int, float], None]


@dataclass(frozen=True, kw_only=True)
class LabelledPages:
    """Pages by their chunks, and the place of each one's label among the names; each name has a text."""

    pages: Sequence[Sequence[Chunk]]
    labels: NDArray[np.int_]
    names: Sequence[str]
    label_texts: Sequence[Chunk]

    def some(self, places: NDArray[np.int_]) -> LabelledPages:
        """The pages at these places."""
        return replace(self, pages=[self.pages[place] for place in places], labels=self.labels[places])


def fitted(
    encoder: SentenceEncoder, data: LabelledPages, settings: AdapterTraining, on_step: OnStep
) -> tuple[SentenceEncoder, HeadFit]:
    """The encoder, with an adapter where the settings have epochs, and the head on it."""
    if settings.epochs:
        out_of_fold = _adapted_out_of_fold(encoder, data, settings, on_step)
        encoder = _adapted(encoder, data, settings, on_step)
        vectors = encoder.page_vectors(data.pages)
    else:
        vectors = encoder.page_vectors(data.pages)
        out_of_fold = predicted(vector_learner(vectors), data.labels)
    fit = fitted_head(vectors, data.names, data.labels, out_of_fold)
    on_step(max(0, settings.epochs - 1), fit.loss)
    return encoder, fit


def _adapted(
    encoder: SentenceEncoder, data: LabelledPages, settings: AdapterTraining, on_step: OnStep
) -> SentenceEncoder:
    pages = [
        LabelledPage(chunks=chunks, label=int(label))
        for chunks, label in zip(data.pages, data.labels, strict=True)
    ]
    return with_trained_adapter(encoder, pages, data.label_texts, settings=settings, on_step=on_step)


def _adapted_out_of_fold(
    encoder: SentenceEncoder, data: LabelledPages, settings: AdapterTraining, on_step: OnStep
) -> NDArray[np.float64]:
    """The log-probabilities of each label, (pages, labels), for pages that were not trained on.

    An adapter moves the pages that it has learned to where their labels are: a head that is fitted to these
    knows nothing of how sure it may be of others. So each fold has an adapter of its own, and a head on it.
    """
    found = np.zeros((len(data.labels), len(data.names)))
    for training, held_out in _folds(data.labels, settings.seed):
        learned = data.some(training)
        tuned = _adapted(encoder, learned, settings, on_step)
        model = fitted_model(tuned.page_vectors(learned.pages), learned.labels, len(data.names))
        found[held_out] = model.log_probabilities(tuned.page_vectors(data.some(held_out).pages))
        encoder = without_adapter(tuned)
    return floored(found)


def _folds(labels: NDArray[np.int_], seed: int) -> Iterator[tuple[NDArray[np.int_], NDArray[np.int_]]]:
    """The places of the training pages and of the held-out ones, for each fold.

    The pages of each label are dealt out in turn, so that the folds' sizes are known before the labels are.
    """
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    order = shuffled[np.argsort(labels[shuffled], kind="stable")]
    for fold in range(FOLDS):
        held_out = np.sort(order[fold::FOLDS])
        yield np.setdiff1d(order, held_out), held_out

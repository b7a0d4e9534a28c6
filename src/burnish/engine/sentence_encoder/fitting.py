"""Fitting a head to pages, on an encoder as it is or with an adapter, calibrated by cross-fitting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from burnish.engine.checkpoints import NO_CHECKPOINTS, Checkpoints
from burnish.engine.closed_sets import loss_of
from burnish.engine.sentence_encoder.chunks import Chunk, mean_part
from burnish.engine.sentence_encoder.contrastive import (
    FOLDS,
    PAGES_OF_A_STEP,
    AdapterTraining,
    LabelledPage,
    with_trained_adapter,
    without_adapter,
)
from burnish.engine.sentence_encoder.head import HeadFit, fitted_head, fitted_model, floored, vector_learner
from burnish.engine.sentence_encoder.network import SentenceEncoder
from burnish.engine.sentence_encoder.similarity import probabilities_by_similarity
from burnish.engine.tunable_model import Progress, Step
from burnish.page_features.out_of_fold import predicted


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
    encoder: SentenceEncoder,
    data: LabelledPages,
    settings: AdapterTraining,
    progress: Progress,
    checkpoints: Checkpoints = NO_CHECKPOINTS,
) -> tuple[SentenceEncoder, HeadFit]:
    """The encoder, with an adapter where the settings have epochs, and the head on it."""
    last_epoch = max(0, settings.epochs - 1)
    if settings.epochs:
        out_of_fold = _adapted_out_of_fold(encoder, data, settings, progress, checkpoints)
        encoder = _adapted(encoder, data, settings, progress, checkpoints.within("all"))
        vectors = _embedded(encoder, data, last_epoch, progress)
    else:
        vectors = _embedded(encoder, data, last_epoch, progress)
        out_of_fold = predicted(vector_learner(vectors), data.labels)
    fit = fitted_head(vectors, data.names, data.labels, out_of_fold)
    progress.on_step(_step(last_epoch, fit.loss))
    return encoder, fit


def _embedded(
    encoder: SentenceEncoder, data: LabelledPages, epoch: int, progress: Progress
) -> NDArray[np.float64]:
    """The vectors of the pages. Each batch is a step, with the loss of deciding by what labels are called."""
    label_texts = encoder.vectors_of(data.label_texts)[0]
    found = []
    for start in range(0, len(data.pages), PAGES_OF_A_STEP):
        places = slice(start, start + PAGES_OF_A_STEP)
        vectors = encoder.page_vectors(data.pages[places])
        shares = probabilities_by_similarity(mean_part(vectors), label_texts)
        labels = [data.names[label] for label in data.labels[places]]
        found.append(vectors)
        progress.on_step(_step(epoch, loss_of(shares, data.names, labels)))
    return np.concatenate(found)


def _step(epoch: int, loss: float) -> Step:
    return Step(number=0, epoch=epoch, total=0, loss=loss)


def _adapted(
    encoder: SentenceEncoder,
    data: LabelledPages,
    settings: AdapterTraining,
    progress: Progress,
    checkpoints: Checkpoints,
) -> SentenceEncoder:
    pages = [
        LabelledPage(chunks=chunks, label=int(label))
        for chunks, label in zip(data.pages, data.labels, strict=True)
    ]
    return with_trained_adapter(
        encoder, pages, data.label_texts, settings=settings, progress=progress, checkpoints=checkpoints
    )


def _adapted_out_of_fold(
    encoder: SentenceEncoder,
    data: LabelledPages,
    settings: AdapterTraining,
    progress: Progress,
    checkpoints: Checkpoints,
) -> NDArray[np.float64]:
    """The log-probabilities of each label, (pages, labels), for pages that were not trained on.

    An adapter moves the pages that it has learned to where their labels are: a head that is fitted to these
    knows nothing of how sure it may be of others. So each fold has an adapter of its own, and a head on it.
    """
    found = np.zeros((len(data.labels), len(data.names)))
    for fold, (training, held_out) in enumerate(_folds(data.labels, settings.seed)):
        mine = checkpoints.within(f"without-{fold}")
        tuned = _adapted(encoder, data.some(training), settings, progress, mine)
        vectors = _embedded(tuned, data, max(0, settings.epochs - 1), progress)
        model = fitted_model(vectors[training], data.labels[training], len(data.names))
        found[held_out] = model.log_probabilities(vectors[held_out])
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

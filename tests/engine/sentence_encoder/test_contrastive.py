"""Contrastive training: pages move towards their label and away from the others."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_engine import UNWATCHED

from burnish.engine.sentence_encoder.contrastive import (
    PAGES_OF_A_STEP,
    AdapterTraining,
    LabelledPage,
    contrastive_loss,
    with_trained_adapter,
    without_adapter,
)
from burnish.engine.sentence_encoder.network import SentenceEncoder, load_sentence_encoder

SETTINGS = AdapterTraining(epochs=40, batch_size=8, learning_rate=0.01, rank=4, seed=3)
TEXTS = ("total due", "dear sir", "total 12", "dear madam", "due 1998", "yours sir", "total sum", "dear you")


@pytest.fixture
def encoder(tiny_encoder) -> SentenceEncoder:
    return load_sentence_encoder(tiny_encoder)


def trained(
    encoder: SentenceEncoder, settings: AdapterTraining = SETTINGS
) -> tuple[SentenceEncoder, list[float]]:
    losses: list[float] = []
    pages = [
        LabelledPage(chunks=[encoder.chunk_of(text)], label=place % 2) for place, text in enumerate(TEXTS)
    ]
    names = [encoder.chunk_of(name) for name in ("invoice", "letter")]
    tuned = with_trained_adapter(
        encoder,
        pages,
        names,
        settings=settings,
        progress=replace(UNWATCHED, on_step=lambda step: losses.append(step.loss)),
    )
    return tuned, losses


def means(encoder: SentenceEncoder) -> np.ndarray:
    return encoder.vectors_of([encoder.chunk_of(text) for text in TEXTS])[0]


def test_the_loss_is_that_of_finding_what_has_the_same_label():
    pages = torch.eye(2)
    one_text_each = contrastive_loss(pages, torch.tensor([0, 1]), torch.eye(2), torch.tensor([0, 1]))
    # Each page finds its text with a score of 1 / 0.1, and two others with a score of 0.
    assert one_text_each.item() == pytest.approx(math.log(1 + 2 * math.exp(-10)), rel=1e-3)
    exchanged = contrastive_loss(pages, torch.tensor([0, 1]), torch.eye(2), torch.tensor([1, 0]))
    assert exchanged.item() == pytest.approx(10, abs=0.01)


def test_training_draws_pages_of_one_label_together(encoder):
    before = means(encoder)
    tuned, losses = trained(encoder)
    assert np.mean(losses[-4:]) < 0.95 * np.mean(losses[:4])
    assert separation(means(tuned)) > separation(before)


def separation(vectors: np.ndarray) -> float:
    """How much nearer pages are to those of their label than to the others."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    near = unit @ unit.T
    same = np.equal.outer(np.arange(len(unit)) % 2, np.arange(len(unit)) % 2)
    return float(near[same].mean() - near[~same].mean())


def test_the_same_seed_trains_the_same_adapter_and_another_one_another(tiny_encoder):
    settings = (SETTINGS, SETTINGS, replace(SETTINGS, seed=4))
    first, again, other = (means(trained(load_sentence_encoder(tiny_encoder), one)[0]) for one in settings)
    assert first == pytest.approx(again, abs=1e-5)
    assert first != pytest.approx(other, abs=1e-3)


def test_without_its_adapter_an_encoder_is_what_it_was(encoder):
    before = means(encoder)
    tuned, _ = trained(encoder)
    assert means(tuned) != pytest.approx(before, abs=1e-3)
    assert means(without_adapter(tuned)) == pytest.approx(before, abs=1e-6)


@pytest.mark.parametrize("examples", [2, 7, 48])
def test_the_number_of_steps_is_known_before(examples):
    embedding = math.ceil(examples / PAGES_OF_A_STEP)
    assert replace(SETTINGS, epochs=0).steps(examples) == embedding + 1
    assert SETTINGS.adapter_steps(17) == 120

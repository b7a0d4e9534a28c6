"""The figures of a training that a tuned model is handed out with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from burnish.engine.closed_sets import label_of, unlabelled
from burnish.engine.conversations import TrainingData
from burnish.tuned_models.model_manifest import TrainingFigures

#: More labels than this are no closed set, but values that happen to stand alone in their answers.
MOST_LABELS = 200


def training_figures(
    data: TrainingData, hyperparameters: Mapping[str, str], losses: tuple[float, float | None]
) -> TrainingFigures:
    """The sizes of a training's data, its labels, how it was done, and the losses that it came to."""
    training_loss, validation_loss = losses
    return TrainingFigures(
        training_records=len(data.training),
        validation_records=len(data.validation),
        labels=_labels_in(data),
        hyperparameters=hyperparameters,
        training_loss=training_loss,
        validation_loss=validation_loss,
    )


def _labels_in(data: TrainingData) -> dict[str, int]:
    if unlabelled(data.training):
        return {}
    counts = Counter(label_of(one) for one in data.training)
    return dict(sorted(counts.items())) if len(counts) <= MOST_LABELS else {}

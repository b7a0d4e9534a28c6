"""A job's hyperparameters as the settings of a training."""

from __future__ import annotations

from collections.abc import Mapping

from burnish.engine.language_model.training import LoraTraining


def lora_training(given: Mapping[str, str]) -> LoraTraining:
    """The settings that hyperparameters give, and defaults for what their family does not have."""
    usual = LoraTraining()
    return LoraTraining(
        epochs=int(float(given.get("epochCount", usual.epochs))),
        batch_size=int(float(given.get("batchSize", usual.batch_size))),
        learning_rate=float(given.get("learningRate", usual.learning_rate)),
        warmup_steps=int(float(given.get("learningRateWarmupSteps", usual.warmup_steps))),
        rank=int(float(given.get("loraRank", usual.rank))),
        seed=int(float(given.get("seed", usual.seed))),
        patience=int(float(given.get("earlyStoppingPatience", usual.patience))),
        max_minutes=float(given.get("maxTrainingMinutes", usual.max_minutes)),
        line_dropout=float(given.get("lineDropout", usual.line_dropout)),
    )

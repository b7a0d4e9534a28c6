"""How a job trains: its hyperparameters as the trainer's settings, and what is said about them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict

from burnish.engine.language_model.training import LoraTraining
from burnish.server.resources import Job
from burnish.server.stand_ins import ASKED, TRAINED


def settings_of(given: Mapping[str, str]) -> LoraTraining:
    """The settings that hyperparameters give, and defaults for what their family does not have."""
    usual = LoraTraining()
    return LoraTraining(
        epochs=int(float(given.get("epochCount", usual.epochs))),
        batch_size=int(float(given.get("batchSize", usual.batch_size))),
        learning_rate=float(given.get(TRAINED, given.get(ASKED, usual.learning_rate))),
        warmup_steps=int(float(given.get("learningRateWarmupSteps", usual.warmup_steps))),
        rank=int(float(given.get("loraRank", usual.rank))),
        seed=int(float(given.get("seed", usual.seed))),
        line_dropout=float(given.get("lineDropout", usual.line_dropout)),
    )


def manner_of(job: Job, settings: LoraTraining) -> str:
    """How the job trains, as a predicate for its log."""
    at = f"trains {job.weights_id or 'its model'} at a learning rate of {settings.learning_rate:g}"
    if TRAINED not in job.hyperparameters:
        return at
    return (
        f"{at}: it asked for {job.hyperparameters[ASKED]}, which is meant for {job.base_model_id}, "
        "and this model stands in for that one"
    )


def settings_file(job: Job, settings: LoraTraining) -> bytes:
    """JSON for a person: the weights that were trained, what was asked for, and what was done."""
    told = {
        "baseModel": job.base_model_id,
        "weights": job.weights_id,
        "hyperParameters": dict(job.hyperparameters),
        "settings": asdict(settings),
    }
    return f"{json.dumps(told, indent=2)}\n".encode()

"""How a job trains: its hyperparameters as the model takes them, and what is said about them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict

from burnish.engine.tunable_model import TrainingSettings
from burnish.server.resources import Job
from burnish.server.stand_ins import ASKED, TRAINED


def trained_hyperparameters(given: Mapping[str, str]) -> dict[str, str]:
    """The hyperparameters at which the model trains: a stand-in has a learning rate of its own."""
    return {**given, ASKED: given[TRAINED]} if TRAINED in given else dict(given)


def manner_of(job: Job) -> str:
    """How the job trains, as a predicate for its log."""
    trains = f"trains {job.weights_id or 'its model'}"
    rate = trained_hyperparameters(job.hyperparameters).get(ASKED)
    at = f"{trains} at a learning rate of {float(rate):g}" if rate else trains
    if TRAINED not in job.hyperparameters:
        return at
    return (
        f"{at}: it asked for {job.hyperparameters[ASKED]}, which is meant for {job.base_model_id}, "
        "and this model stands in for that one"
    )


def settings_file(job: Job, settings: TrainingSettings) -> bytes:
    """JSON for a person: the weights that were trained, what was asked for, and what was done."""
    told = {
        "baseModel": job.base_model_id,
        "weights": job.weights_id,
        "hyperParameters": dict(job.hyperparameters),
        "settings": asdict(settings),
    }
    return f"{json.dumps(told, indent=2)}\n".encode()

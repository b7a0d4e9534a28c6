"""How a job trains: its hyperparameters as the model takes them, and what is said about them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict

from burnish.engine.tunable_model import ChosenSetting, TrainingSettings
from burnish.server.job_folder.spec import JobSpec
from burnish.server.stand_ins import ASKED, trained_instead

#: Before the names under which a job keeps what was chosen for it.
CHOSEN = "chosen"
#: Under which it keeps the reasons.
REASONS = "chosenBecause"


def trained_hyperparameters(given: Mapping[str, str]) -> dict[str, str]:
    """The hyperparameters at which the model trains: a stand-in has some of its own."""
    return {**given, **trained_instead(given)}


def with_chosen(hyperparameters: Mapping[str, str], settings: TrainingSettings) -> dict[str, str]:
    """A job's hyperparameters as they were given, and what was chosen from the data, with the reasons."""
    if not settings.chosen:
        return dict(hyperparameters)
    values = {_chosen_name(one.name): one.value for one in settings.chosen}
    reasons = "; ".join(f"{one.name}: {one.reason}" for one in settings.chosen)
    return {**hyperparameters, **values, REASONS: reasons}


def manner_of(job: JobSpec, settings: TrainingSettings) -> Iterator[str]:
    """How the job trains, as lines for its log."""
    yield f"trains {job.weights_id or 'its model'}"
    instead = trained_instead(job.hyperparameters).get(ASKED)
    if instead and _is_number(instead):
        yield (
            f"trains at a learning rate of {float(instead):g}: it asked for {job.hyperparameters[ASKED]}, "
            f"which is meant for {job.base_model_id}, and this model stands in for that one"
        )
    yield from map(_said, settings.chosen)
    if kept := job.request.without_effect:
        yield f"keeps {' and '.join(kept)}, without effect on this server"


def settings_file(job: JobSpec, settings: TrainingSettings) -> bytes:
    """JSON for a person: the weights that were trained, what was asked for, and what was done."""
    told = {
        "baseModel": job.base_model_id,
        "weights": job.weights_id,
        "hyperParameters": dict(job.hyperparameters),
        "chosen": [asdict(one) for one in settings.chosen],
        "settings": asdict(settings),
    }
    return f"{json.dumps(told, indent=2)}\n".encode()


def _said(choice: ChosenSetting) -> str:
    return f"trains with {choice.name} {choice.value}, chosen from the data ({choice.reason})"


def _chosen_name(name: str) -> str:
    return f"{CHOSEN}{name[0].upper()}{name[1:]}"


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True

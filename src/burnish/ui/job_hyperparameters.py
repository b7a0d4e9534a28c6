"""What a job trains with, and where each value is from: the request, a default, or the data."""

from __future__ import annotations

import re
from dataclasses import dataclass

from burnish.types import FinetuningJobResult

#: What a server of one's own chose from the data goes by such names, and its reasons by the last.
_CHOSEN, _REASONS = "chosen", "chosenBecause"


@dataclass(frozen=True, kw_only=True)
class HyperparameterLine:
    """A hyperparameter, its value and where that is from."""

    name: str
    value: str
    source: str


def hyperparameter_lines(job: FinetuningJobResult) -> list[HyperparameterLine]:
    """The hyperparameters of a job, as far as the service tells them."""
    told = job.trained_hyperparameters or job.hyperparameters
    return [_line(job, name) for name in told if not name.startswith(_CHOSEN)]


def reasons_of(job: FinetuningJobResult) -> list[str]:
    """Why values were chosen so from the data; empty where none were, or nobody says."""
    told = job.trained_hyperparameters.get(_REASONS, "")
    # Each begins with the name of its hyperparameter, and may have semicolons of its own.
    return [reason for reason in re.split(r"; (?=\w+: )", told) if reason]


def _line(job: FinetuningJobResult, name: str) -> HyperparameterLine:
    told = job.trained_hyperparameters or job.hyperparameters
    chosen = told.get(f"{_CHOSEN}{name[0].upper()}{name[1:]}")
    if chosen is not None:
        return HyperparameterLine(name=name, value=chosen, source="chosen from the data")
    source = "the request" if name in job.hyperparameters else "default"
    return HyperparameterLine(name=name, value=told[name], source=source)

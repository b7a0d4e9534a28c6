"""The losses of a job that trains: what its attempts report while they work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from burnish.server.job_folder.events import EventReader, JobEvent
from burnish.server.job_folder.paths import job_folder


@dataclass(frozen=True, kw_only=True)
class StepLoss:
    """The training loss after so many steps, and when it was reported."""

    step: int
    loss: float
    at: datetime


def losses_so_far(data: Path, job_id: str) -> list[StepLoss]:
    """The losses by their steps. Of a step that was trained again after a crash, the later one."""
    reports = sorted(
        job_folder(data, job_id).path.glob("attempts/*/events.jsonl"), key=lambda path: int(path.parent.name)
    )
    found = [loss for report in reports for event in EventReader(report).new() for loss in _loss_of(event)]
    return sorted({one.step: one for one in found}.values(), key=lambda one: one.step)


def _loss_of(event: JobEvent) -> list[StepLoss]:
    changes = event.changes().get("phases")
    training = changes.get("training") if isinstance(changes, dict) else None
    if training is None or training.loss is None or not training.done:
        return []
    return [StepLoss(step=training.done, loss=training.loss, at=datetime.fromtimestamp(event.at, UTC))]

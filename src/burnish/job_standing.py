"""Where a job stands, in a few words: its phase, how far that is where the service tells, and its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from burnish.pace import rough_duration

if TYPE_CHECKING:
    from burnish.types import FinetuningJobResult

#: What a server of one's own counts in a phase.
COUNTED = {"validation": "checking pages", "data processing": "reading pages"}


def outlook(job: FinetuningJobResult) -> str:
    """What a server of one's own tells of an unfinished job, on one line; empty where it tells nothing.

    Such as ``training 12 of 60, about 4 min left``.
    """
    if job.schedule is None:
        return ""
    phase = COUNTED.get(job.phase, job.phase) if job.phase else ""
    counted = f"{phase} {job.progress.count}" if job.progress else phase
    return ", ".join(filter(None, [counted, str(job.schedule)]))


def standing(job: FinetuningJobResult) -> str:
    """The phase that the job is in, or its status, and once it is over how long it took and its losses."""
    if job.waits_for_its_turn:
        return str(job.schedule or "queued")
    if not job.status.is_final:
        return job.phase or str(job.status)
    losses = {"training": job.training_loss, "validation": job.validation_loss}
    told = [f"{name} loss {loss:.3f}" for name, loss in losses.items() if loss is not None]
    return ", ".join([_end_of(job), *told])


def _end_of(job: FinetuningJobResult) -> str:
    if job.creation_time is None or job.end_time is None:
        return str(job.status)
    return f"{job.status} after {rough_duration((job.end_time - job.creation_time).total_seconds())}"

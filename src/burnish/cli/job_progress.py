"""What a display shows of a job: its phase, how far that is where the service tells, and its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from burnish.pace import rough_duration

if TYPE_CHECKING:
    from burnish.cli.display import Display
    from burnish.types import FinetuningJobResult

#: What a server of one's own counts in a phase.
COUNTED = {"validation": "checking pages", "data processing": "reading pages"}


def show_job(job: FinetuningJobResult, display: Display) -> None:
    """Show where the job stands. Amazon Bedrock tells its phase alone; a server of one's own counts, too."""
    phase, progress = job.phase, job.progress
    if phase and progress:
        loss = "" if progress.loss is None else f", loss {progress.loss:.3f}"
        display.show(f"{COUNTED.get(phase, phase)}{loss}", done=progress.done, total=progress.total)
    else:
        display.show(standing(job))


def standing(job: FinetuningJobResult) -> str:
    """The phase that the job is in, or its status, and once it is over how long it took and its losses."""
    if job.waits_for_its_turn:
        return "queued"
    if not job.status.is_final:
        return job.phase or str(job.status)
    losses = {"training": job.training_loss, "validation": job.validation_loss}
    told = [f"{name} loss {loss:.3f}" for name, loss in losses.items() if loss is not None]
    return ", ".join([_end_of(job), *told])


def _end_of(job: FinetuningJobResult) -> str:
    if job.creation_time is None or job.end_time is None:
        return str(job.status)
    return f"{job.status} after {rough_duration((job.end_time - job.creation_time).total_seconds())}"

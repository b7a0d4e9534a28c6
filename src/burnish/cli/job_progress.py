"""What a display shows of a job that is waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from burnish.job_standing import COUNTED, standing

if TYPE_CHECKING:
    from burnish.cli.display import Display
    from burnish.types import FinetuningJobResult


def show_job(job: FinetuningJobResult, display: Display) -> None:
    """Show where the job stands. Amazon Bedrock tells its phase alone; a server of one's own counts, too."""
    phase, progress = job.phase, job.progress
    if phase and progress:
        loss = "" if progress.loss is None else f", loss {progress.loss:.3f}"
        display.show(f"{COUNTED.get(phase, phase)}{loss}", done=progress.done, total=progress.total)
    else:
        display.show(standing(job))

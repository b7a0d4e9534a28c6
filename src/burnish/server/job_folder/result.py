"""How an attempt at a job ended: the last file that it writes."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from burnish.disk import replace_file
from burnish.server.job_folder.paths import AttemptFolder
from burnish.server.resources import JobPhase


class JobResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``Completed`` with the losses of a model, ``Failed`` with a message, or ``Stopped``; a Unix time."""

    status: str
    phases: Mapping[str, JobPhase]
    ended_at: float
    failure_message: str | None = None
    training_loss: float | None = None
    validation_loss: float | None = None


def write_result(folder: AttemptFolder, result: JobResult) -> None:
    """Write how an attempt ended."""
    replace_file(folder.result, msgspec.json.encode(result))


def read_result(folder: AttemptFolder) -> JobResult | None:
    """How an attempt ended; None where it has not, or did not come to say so."""
    try:
        return msgspec.json.decode(folder.result.read_bytes(), type=JobResult)
    # As a `ValueError`: msgspec raises `UnicodeDecodeError` for bytes that are no text.
    except (FileNotFoundError, ValueError):
        return None

"""Where an attempt at a job finds what it takes: written by the server when the attempt begins."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from burnish.disk import replace_file
from burnish.engine.inference_messages import ModelPlace
from burnish.policies.evaluation import Grants
from burnish.processes.messages import MessageReader, ProcessMessage, encoded
from burnish.server.job_folder.paths import AttemptFolder


class RemoteTeacher(ProcessMessage, frozen=True, kw_only=True):
    """A teacher at an endpoint, and how many prompts it is asked at most; who asks is in the environment."""

    model: str
    url: str
    region: str
    profile: str | None = None
    max_prompts: int


class AttemptInput(ProcessMessage, frozen=True, kw_only=True):
    """What an attempt is given beside the job's spec.

    ``sources`` names the weights as they are known on other machines: of a pool those of each member.
    ``tuned_before`` is what the custom model has learned that the job tunes further; None for a base model.
    ``teacher`` answers the prompts of a distillation, or ``remote_teacher`` does. ``credentials`` is the
    folder with the access key of the S3 server, ``grants`` are the policies of the role that say what of it
    the job may see.
    """

    weights: Path
    sources: Mapping[str, str]
    tuned_before: Path | None
    objects_endpoint: str
    credentials: Path
    grants: Grants
    checkpoint_seconds: float
    teacher: ModelPlace | None = None
    remote_teacher: RemoteTeacher | None = None


_READER: Final[MessageReader[AttemptInput]] = MessageReader(AttemptInput)


def write_input(folder: AttemptFolder, given: AttemptInput) -> None:
    """Write what an attempt is given."""
    replace_file(folder.input, encoded(given))


def read_input(folder: AttemptFolder) -> AttemptInput:
    """What an attempt is given. Raises `OSError` and `InvalidMessage`."""
    return _READER.read(folder.input.read_bytes())

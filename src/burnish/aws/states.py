"""The states of resources as the service reports them. An unknown state is an error, never a guess."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

import msgspec

from burnish.errors import NotFound, ServiceError
from burnish.names import HYPERPARAMETERS_HEADER, PROGRESS_HEADER, SCHEDULE_HEADER, WEIGHTS_HEADER
from burnish.types import JobProgress, JobSchedule
from burnish.waiting import Clock, wait_until

State = TypeVar("State", bound=StrEnum)
Resource = TypeVar("Resource")
Said = TypeVar("Said")


def state_of(kind: type[State], said: str, *, what: str) -> State:
    """The reported state of ``what`` as an enum member."""
    try:
        return kind(said)
    except ValueError as error:
        # Not a default: a wait would go on for ever, or take for success what is none.
        raise ServiceError(
            f"The {what} has the status {said!r}, which this version of Burnish does not know: "
            "check it in the console, and install a newer version"
        ) from error


def weights_of(response: Mapping[str, Any]) -> str | None:
    """An identifier of the weights that answer, which only Burnish's own server sends, in a header."""
    headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    said: str | None = headers.get(WEIGHTS_HEADER)
    return said


def progress_of(response: Mapping[str, Any]) -> JobProgress | None:
    """How far a job's phase is, which only Burnish's own server sends, in a header."""
    return _said(response, PROGRESS_HEADER, JobProgress)


def schedule_of(response: Mapping[str, Any]) -> JobSchedule | None:
    """When a job begins and ends, which only Burnish's own server sends, in a header."""
    return _said(response, SCHEDULE_HEADER, JobSchedule)


def trained_hyperparameters_of(response: Mapping[str, Any]) -> dict[str, str]:
    """What a job trains with: Burnish's own server says in a header what it chose beside what was given."""
    given: dict[str, str] = response.get("hyperParameters", {})
    return _said(response, HYPERPARAMETERS_HEADER, dict[str, str]) or given


def told_of(page: Mapping[str, Any], job_arn: str) -> dict[str, Any]:
    """The same of a job in an answer that lists jobs: ``progress`` and ``schedule``."""
    job_id = job_arn.rpartition("/")[2]
    progress = _said(page, PROGRESS_HEADER, dict[str, JobProgress]) or {}
    schedules = _said(page, SCHEDULE_HEADER, dict[str, JobSchedule]) or {}
    return {"progress": progress.get(job_id), "schedule": schedules.get(job_id)}


def _said(response: Mapping[str, Any], header: str, kind: type[Said]) -> Said | None:
    headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    if header not in headers:
        return None
    try:
        return msgspec.json.decode(headers[header], type=kind)
    except msgspec.DecodeError:  # of another version
        return None


def wait_until_gone(
    poll: Callable[[], Resource], *, interval: float = 5, timeout: float = 600, clock: Clock | None = None
) -> None:
    """Return once polling finds the resource gone. Raises `WaitTimeout` with its last state."""

    def poll_if_there() -> Resource | None:
        try:
            return poll()
        except NotFound:
            return None

    wait_until(poll_if_there, lambda found: found is None, interval=interval, timeout=timeout, clock=clock)

"""What services say of their resources: a state that is not known is an error, never a guess."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from burnish.errors import NotFound, ServiceError
from burnish.names import WEIGHTS_HEADER
from burnish.waiting import Clock, wait_until

State = TypeVar("State", bound=StrEnum)
Resource = TypeVar("Resource")


def state_of(kind: type[State], said: str, *, what: str) -> State:
    """The state that the service has said of ``what``."""
    try:
        return kind(said)
    except ValueError as error:
        raise ServiceError(
            f"The {what} has the status {said!r}, which this version of Burnish does not know: "
            "look at it in the console, and install a newer version"
        ) from error


def weights_of(response: Mapping[str, Any]) -> str | None:
    """Which weights answer, where a server of one's own says so beside its answer."""
    headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    said: str | None = headers.get(WEIGHTS_HEADER)
    return said


def wait_until_gone(
    poll: Callable[[], Resource], *, interval: float, timeout: float, clock: Clock | None = None
) -> None:
    """Return once polling finds the resource gone. Raises `WaitTimeout` with its last state."""

    def poll_if_there() -> Resource | None:
        try:
            return poll()
        except NotFound:
            return None

    wait_until(poll_if_there, lambda found: found is None, interval=interval, timeout=timeout, clock=clock)

"""Waiting for a resource that the service makes, as commands do."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from burnish.cli.display import Display, waiting_for
from burnish.cli.options import polling_seconds
from burnish.errors import JobFailed


class _HasStatus(Protocol):
    @property
    def status(self) -> StrEnum: ...


Resource = TypeVar("Resource", bound=_HasStatus)


def _show_status(seen: _HasStatus, display: Display) -> None:
    display.show(str(seen.status))


def waited(
    what: str,
    wait: Callable[..., Resource],
    wanted: StrEnum,
    *,
    goes_on: str,
    remedy: str,
    polling: tuple[float | None, float],
    quiet: bool,
    show: Callable[[Any, Display], None] = _show_status,
) -> Resource:
    """The resource once it has the wanted status. Raises `JobFailed` with the remedy if it ends otherwise.

    ``polling`` is the interval, None for the usual one, and the timeout, in seconds. ``show`` shows what a
    poll has found.
    """
    interval, timeout = polling
    with waiting_for(what, quiet=quiet, goes_on=goes_on) as display:
        done = wait(
            polling_interval=polling_seconds(interval),
            max_wait_time=timeout,
            on_poll=lambda seen: show(seen, display),
        )
        # Within the block: the display must not mark as done what has failed.
        if done.status is not wanted:
            raise JobFailed(f"The {str(done).rstrip('.')}.", remedy=remedy)
    return done

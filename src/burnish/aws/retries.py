"""Retries of API calls: after throttling, a failure of the service, or a lost response.

Only idempotent calls go through here: reads, creations that carry an idempotency token, and calls that have
the same effect when made twice. Pauses grow exponentially, and half of each is random, so that clients that
failed together do not come back together ("equal jitter", AWS Architecture Blog, "Exponential Backoff And
Jitter").
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from burnish.aws.error_translation import NO_ANSWER, translated_errors
from burnish.errors import BurnishError, NotFound, ServiceError, ServiceUnavailable, Throttled
from burnish.waiting import Clock

#: Errors that tend to go away by themselves.
TRANSIENT_ERRORS = (Throttled, ServiceUnavailable)
#: How often in all a request is made that nobody answers: each takes as long as one is waited for.
MOST_SILENT = 2


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """How often a call is made, and the pauses between; the n-th is at most ``first * 2 ** n`` seconds."""

    attempts: int = 6
    first: float = 0.5
    longest: float = 20.0
    clock: Clock = field(default_factory=Clock)

    def pause(self, attempt: int) -> None:
        """Sleep after the failed attempt of this number, counted from 0."""
        most = min(self.first * 2**attempt, self.longest)
        self.clock.sleep(random.uniform(most / 2, most))  # noqa: S311  # nothing secret


USUAL = Backoff()


def call(
    operation: Callable[..., Any], action: str, /, *, backoff: Backoff | None = None, **arguments: Any
) -> Any:
    """What an operation of botocore answers. Its errors come out as ours: "Could not <action>: …"."""
    return _repeated(operation, action, arguments, backoff or USUAL, already=())


def create(
    operation: Callable[..., Any], action: str, /, *, find: Callable[[], object], **arguments: Any
) -> Any:
    """What a creation answers; ``arguments`` hold its token.

    Where no answer came in all attempts it may have been done all the same: the error says what ``find``,
    which looks for it by name, has found. Nothing that costs money goes unmentioned.
    """
    try:
        return call(operation, action, **arguments)
    except TRANSIENT_ERRORS as error:
        message = f"{error} {_what_is_there(find)}"
        raise type(error)(
            message, code=error.code, operation=error.operation, service_message=error.service_message
        ) from error


def _what_is_there(find: Callable[[], object]) -> str:
    try:
        return f"It was created all the same: the {find()}."
    except NotFound:
        return "It was not created."
    except BurnishError:
        return "It may have been created all the same: look for its name before you try again."


def call_to_end(
    operation: Callable[..., Any],
    action: str,
    /,
    *,
    already: type[ServiceError],
    backoff: Backoff | None = None,
    **arguments: Any,
) -> None:
    """Have an operation reach its end, e.g. a deletion.

    ``already`` is the error by which the service says that the end is reached. It is one for the first
    attempt, but not once an answer was lost: then it was our own lost request that did it.
    """
    _repeated(operation, action, arguments, backoff or USUAL, already=(already,))


def _repeated(
    operation: Callable[..., Any],
    action: str,
    arguments: dict[str, Any],
    backoff: Backoff,
    already: tuple[type[ServiceError], ...],
) -> Any:
    silent = 0
    for attempt in range(backoff.attempts):
        try:
            with translated_errors(action):
                return operation(**arguments)
        except TRANSIENT_ERRORS as error:
            silent += error.code == NO_ANSWER
            if attempt == backoff.attempts - 1 or silent >= MOST_SILENT:
                raise
        except already:
            if attempt == 0:
                raise
            return None
        backoff.pause(attempt)
    raise AssertionError("a call is made at least once")


def listed(operation: Callable[..., Any], action: str, members: str, /, **arguments: Any) -> Iterator[Any]:
    """The members of a list of Bedrock's, page by page as asked for. Filters that are None are left out."""
    given = {name: value for name, value in arguments.items() if value is not None}
    page = call(operation, action, **given)
    yield from page.get(members, [])
    while token := page.get("nextToken"):
        page = call(operation, action, **given, nextToken=token)
        yield from page.get(members, [])

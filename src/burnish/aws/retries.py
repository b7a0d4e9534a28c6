"""Retries of API calls: after throttling, a failure of the service, or a lost response.

Only idempotent calls go through here: reads, creations that carry an idempotency token, and calls that have
the same effect when made twice. Pauses grow exponentially, and half of each is random, so that clients that
failed together do not come back together ("equal jitter", AWS Architecture Blog, "Exponential Backoff And
Jitter").
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from burnish.aws.error_translation import TIMEOUT_CODE, translated_errors
from burnish.errors import BurnishError, NotFound, ServiceError, ServiceUnavailable, Throttled
from burnish.waiting import Clock

#: Errors that tend to go away by themselves.
TRANSIENT_ERRORS = (Throttled, ServiceUnavailable)
#: How many attempts may time out. Fewer than others: each of them costs the whole response timeout.
MAX_TIMEOUTS = 2


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """The number of attempts, and the pauses between; the n-th is at most ``first * 2 ** n`` seconds."""

    attempts: int = 6
    first: float = 0.5
    longest: float = 20.0
    clock: Clock = field(default_factory=Clock)

    def pause(self, attempt: int) -> None:
        """Sleep after a failed attempt; attempts are counted from 0."""
        most = min(self.first * 2**attempt, self.longest)
        self.clock.sleep(random.uniform(most / 2, most))  # noqa: S311  # nothing secret


DEFAULT_BACKOFF = Backoff()


def call(operation: Callable[..., Any], action: str, /, **arguments: Any) -> Any:
    """Call an operation of botocore, with retries. Its errors come out as ours: "Could not <action>: …"."""
    return _retried(operation, action, arguments, gone=())


def create(
    operation: Callable[..., Any], action: str, /, *, find: Callable[[], object], **arguments: Any
) -> Any:
    """Call a creating operation; ``arguments`` hold its idempotency token.

    If every attempt fails, the resource may exist all the same. So ``find`` looks it up by name, and the
    error reports the result: nothing that costs money goes unmentioned.
    """
    try:
        return call(operation, action, **arguments)
    except TRANSIENT_ERRORS as error:
        raise type(error)(
            f"{error.message} {_creation_outcome(find)}",
            remedy=error.remedy,
            code=error.code,
            operation=error.operation,
            service_message=error.service_message,
        ) from error


def _creation_outcome(find: Callable[[], object]) -> str:
    try:
        return f"It was created nevertheless: the {find()}."
    except NotFound:
        return "It was not created."
    except BurnishError:
        return "It may have been created nevertheless: check for its name before you retry."


def call_deletion(operation: Callable[..., Any], action: str, /, **arguments: Any) -> None:
    """Call a deleting operation. Raises `NotFound` where there was nothing to delete."""
    # Only the first attempt raises it: after a lost response it means that our own request has deleted the
    # resource.
    _retried(operation, action, arguments, gone=(NotFound,))


def _retried(
    operation: Callable[..., Any],
    action: str,
    arguments: dict[str, Any],
    gone: tuple[type[ServiceError], ...],
) -> Any:
    backoff, timeouts = DEFAULT_BACKOFF, 0
    for attempt in range(backoff.attempts):
        try:
            with translated_errors(action):
                return operation(**arguments)
        except TRANSIENT_ERRORS as error:
            # Counted over all attempts: each may cost a minute, whatever fails in between.
            timeouts += error.code == TIMEOUT_CODE
            if attempt == backoff.attempts - 1 or timeouts >= MAX_TIMEOUTS:
                raise
        except gone:
            if attempt == 0:
                raise
            return None
        backoff.pause(attempt)
    raise AssertionError("there is at least one attempt")


def newest_first(
    operation: Callable[..., Any], action: str, members: str, /, **filters: Any
) -> Iterator[Any]:
    """The members of a list of Bedrock's, the newest first, fetched page by page when consumed.

    Filters that are None are left out.
    """
    for page in pages_newest_first(operation, action, **filters):
        yield from page.get(members, [])


def pages_newest_first(operation: Callable[..., Any], action: str, /, **filters: Any) -> Iterator[Any]:
    """The answers that a list of Bedrock's comes in."""
    given = {name: value for name, value in filters.items() if value is not None}
    # Said in every request, so that "newest first" does not hang on a default of the service.
    given |= {"sortBy": "CreationTime", "sortOrder": "Descending"}
    page = call(operation, action, **given)
    yield page
    while token := page.get("nextToken"):
        page = call(operation, action, **given, nextToken=token)
        yield page


def without_empty(members: Mapping[str, Any]) -> dict[str, Any]:
    """The members of a request that say something."""
    # botocore refuses None, and texts such as a description that are shorter than their shape allows.
    return {name: value for name, value in members.items() if value not in (None, "", [], {})}

"""Errors of the service that are botocore's `ClientError` too, which callers of upstream's module catch."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from burnish.errors import ServiceError

P = ParamSpec("P")
R = TypeVar("R")


def raising_client_errors(method: Callable[P, R]) -> Callable[P, R]:
    """The method, whose errors of the service can be caught as Burnish's own and as botocore's."""

    @wraps(method)
    def calling(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(*args, **kwargs)
        except ServiceError as error:
            raise as_client_error(error) from error.__cause__

    return calling


def as_client_error(error: ServiceError) -> ServiceError:
    """The same error, which has the ``response`` and the ``operation_name`` of a `ClientError`."""
    both = _both(type(error))(
        error.message,
        remedy=error.remedy,
        code=error.code,
        operation=error.operation,
        service_message=error.service_message,
    )
    said = {"Code": error.code, "Message": error.service_message or error.message}
    response = getattr(error.__cause__, "response", None) or {"Error": said}
    both.__dict__.update(response=response, operation_name=error.operation)
    return both


def _both(kind: type[ServiceError]) -> type[ServiceError]:
    # Made when there is an error, and not before: botocore takes long to load.
    from botocore.exceptions import ClientError

    return type(kind.__name__, (kind, ClientError), {"__module__": kind.__module__, "__doc__": kind.__doc__})

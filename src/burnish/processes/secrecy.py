"""Keeping secrets out of the environments of child processes and out of core dumps."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping

#: The environment variables that hold credentials of AWS.
SECRETS = frozenset(
    {
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_SECURITY_TOKEN",
        "AWS_BEARER_TOKEN_BEDROCK",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    }
)


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for a child process that does not call AWS."""
    return {name: value for name, value in environment.items() if name not in SECRETS}


def secrets_in(environment: Mapping[str, str]) -> dict[str, str]:
    """The credentials of AWS in an environment."""
    return {name: value for name, value in environment.items() if name in SECRETS}


def forget_secrets() -> None:
    """Remove credentials from this process's environment, and so from those of its future children."""
    for name in SECRETS:
        os.environ.pop(name, None)


def leave_no_core_dump() -> None:
    """Disable core dumps of this process and its children: their memory holds keys."""
    # Windows has no such limits, and no core dumps.
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, most))

"""Secrets stay where they are needed: not in the environments of children, and not in core dumps."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping

#: What the environment may hold of AWS that nobody else should have.
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
    """An environment for a child that calls nobody at AWS."""
    return {name: value for name, value in environment.items() if name not in SECRETS}


def forget_secrets() -> None:
    """Take them out of this process's environment, and so of every child's to come."""
    for name in SECRETS:
        os.environ.pop(name, None)


def leave_no_core_dump() -> None:
    """Have this process and its children leave no image of their memory where they crash: it holds keys."""
    # Not every system knows limits.
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, most))

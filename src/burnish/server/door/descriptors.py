"""How many connections fit into the files that the system lets this process open."""

from __future__ import annotations

import contextlib
import resource

#: More connections than these take memory and serve nobody.
MAX_CONNECTIONS = 4096
MAX_DESCRIPTORS = 65_536

#: What the server itself opens: databases, logs, pipes to its children.
OWN_DESCRIPTORS = 256
#: A connection, and the connection to the S3 server or the file of a body that its request may need.
DESCRIPTORS_OF_A_CONNECTION = 2
MIN_CONNECTIONS = 16


def raise_descriptor_limit() -> None:
    """Let this process open as many files as it may, up to `MAX_DESCRIPTORS`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    possible = MAX_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MAX_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < possible:
        # Where that is not allowed fewer connections fit, which `connection_limit` counts.
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (possible, hard))


def connection_limit() -> int:
    """The number of connections to hold open at most, so that descriptors are left for the server's work."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MAX_CONNECTIONS
    possible = (soft - OWN_DESCRIPTORS) // DESCRIPTORS_OF_A_CONNECTION
    return max(MIN_CONNECTIONS, min(possible, MAX_CONNECTIONS))

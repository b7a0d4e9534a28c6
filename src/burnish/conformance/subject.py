"""The server that is examined, and what has been made there so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar
from uuid import uuid4

from burnish.aws.clients import AccessKey, Clients, open_clients
from burnish.conformance.expectations import FAILURES

#: A base model that can be tuned, and one that answers: ids of AWS, which other servers know as well.
BASE_MODEL = "amazon.nova-micro-v1:0:128k"
MODEL = "amazon.nova-micro-v1:0"

Made = TypeVar("Made")


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A server, by clients of it. What checks share is made there on first use, and deleted at the end."""

    clients: Clients
    endpoint_url: str | None = None
    base_model: str = BASE_MODEL
    model: str = MODEL
    #: What the names of everything made here begin with.
    prefix: str = field(default_factory=lambda: f"conformance-{uuid4().hex[:8]}")
    _made: dict[str, Any] = field(default_factory=dict)
    _undoing: list[Callable[[], object]] = field(default_factory=list)

    def name(self, what: str) -> str:
        """A name that nothing else at the server has."""
        return f"{self.prefix}-{what}"

    def once(self, what: str, make: Callable[[], Made]) -> Made:
        """What ``make`` returns, called once. A failure is remembered as well, and raised each time."""
        if what not in self._made:
            try:
                self._made[what] = make()
            except FAILURES as error:
                self._made[what] = error
        made = self._made[what]
        if isinstance(made, Exception):
            raise made
        return made  # type: ignore[no-any-return]

    def at_the_end(self, undo: Callable[..., object], **arguments: object) -> None:
        """Call this when all checks are done, before what was registered earlier."""
        self._undoing.append(partial(undo, **arguments))

    def clean_up(self) -> list[str]:
        """Delete what was made. What could not be deleted, and why."""
        left = []
        while self._undoing:
            undo = self._undoing.pop()
            try:
                undo()
            except FAILURES as error:
                left.append(str(error))
        return left

    def with_key(self, key: AccessKey) -> Clients:
        """Clients of the same server that sign with another key."""
        return open_clients(region=self.clients.region, endpoint_url=self.endpoint_url, credentials=key)

    def with_wrong_secret(self) -> Clients:
        """Clients whose access key exists, and whose signatures are wrong."""
        known = self.clients.s3._request_signer._credentials  # noqa: SLF001  botocore shows it nowhere else
        return self.with_key(AccessKey(access_key_id=known.access_key, secret_access_key="w" * 40))

    def with_unknown_key(self) -> Clients:
        """Clients of an access key that does not exist."""
        return self.with_key(AccessKey(access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key="w" * 40))

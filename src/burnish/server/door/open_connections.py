"""The connections that are open: how many there may be, and which go when others need the room."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Protocol

from burnish.server.door.descriptors import connection_limit


class OpenConnection(Protocol):
    """What is counted: a connection of a client, which is None for this machine itself."""

    @property
    def client_group(self) -> str | None: ...

    @property
    def has_asked(self) -> bool:
        """Whether it has sent a whole request since it was opened."""

    def drop(self) -> None:
        """Close it at once."""

    def check(self, now: float) -> None:
        """End it if its client is too slow."""


@dataclass(frozen=True, kw_only=True)
class ConnectionLimits:
    """How many connections may be open, in all and of one client elsewhere.

    Programs of this machine share its address and are not told apart; they are limited together.
    """

    most: int
    most_of_a_client: int


def limits_of_this_process() -> ConnectionLimits:
    """Limits that leave descriptors to the server itself, and to other clients most of the connections."""
    most = connection_limit()
    return ConnectionLimits(most=most, most_of_a_client=max(8, most // 4))


class OpenConnections:
    """All open connections.

    Idle ones make room for new ones: first those that have not asked for anything yet, and the oldest first.
    """

    def __init__(self, limits: ConnectionLimits) -> None:
        self._limits = limits
        self._open: dict[OpenConnection, None] = {}
        self._silent: dict[OpenConnection, None] = {}
        self._resting: dict[OpenConnection, None] = {}
        self._of_client: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._open)

    def has_room_for(self, client: str | None) -> bool:
        """Whether one more of this client may be opened, for which an idle one may be closed."""
        if client is not None and self._of_client[client] >= self._limits.most_of_a_client:
            return False
        return len(self._open) < self._limits.most or self.drop_an_idle_one()

    def drop_an_idle_one(self) -> bool:
        """Close the connection that is missed least; False where all are being answered."""
        idle = self._silent or self._resting
        if not idle:
            return False
        connection = next(iter(idle))
        self.remove(connection)
        connection.drop()
        return True

    def add(self, connection: OpenConnection) -> None:
        """Count a connection, idle as yet."""
        self._open[connection] = self._silent[connection] = None
        if connection.client_group is not None:
            self._of_client[connection.client_group] += 1

    def replace(self, connection: OpenConnection, successor: OpenConnection) -> None:
        """Count another in the place of a connection, of the same client."""
        self.remove(connection)
        self.add(successor)

    def set_busy(self, connection: OpenConnection) -> None:
        """Keep a connection open: a request is being answered."""
        self._silent.pop(connection, None)
        self._resting.pop(connection, None)

    def set_idle(self, connection: OpenConnection) -> None:
        """Let a connection make room when others need it."""
        if connection in self._open:
            self._resting[connection] = None

    def remove(self, connection: OpenConnection) -> None:
        """Count a connection no longer."""
        # Whoever drops a connection removes it, and so does it itself once it is lost: it may be gone.
        self.set_busy(connection)
        if self._open.pop(connection, self) is self or connection.client_group is None:
            return
        self._of_client[connection.client_group] -= 1
        if not self._of_client[connection.client_group]:
            del self._of_client[connection.client_group]

    def snapshot(self) -> list[OpenConnection]:
        """The connections that are open now."""
        return list(self._open)

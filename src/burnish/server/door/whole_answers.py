"""Answers in HTTP/1.1 of which the head goes out with the first piece of the body."""

from __future__ import annotations

import h11


class WholeAnswers(h11.Connection):
    """What h11 reads and writes, but that a head waits for what follows it: most answers are one write.

    ASGI has it so: a server sends nothing before it has the first piece of a body, be it empty.
    """

    def __init__(self) -> None:
        super().__init__(h11.SERVER)
        self._head: list[bytes] = []

    def send_with_data_passthrough(self, event: h11.Event) -> list[bytes] | None:
        """The bytes to be sent now. The name is h11's, whose `send` joins them."""
        pieces = super().send_with_data_passthrough(event)
        if pieces is None:
            return None
        if type(event) is h11.Response:
            self._head = pieces
            return []
        head, self._head = self._head, []
        return head + pieces

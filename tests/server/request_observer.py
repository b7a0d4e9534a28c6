"""Somebody who is told of every request of a server."""

from burnish.server.request_record import EndedRequest


class Observer:
    """Keeps what it is told of requests."""

    def __init__(self) -> None:
        self.in_progress = 0
        self.requests: list[EndedRequest] = []

    def began(self) -> None:
        self.in_progress += 1

    def ended(self, request: EndedRequest) -> None:
        self.in_progress -= 1
        self.requests.append(request)

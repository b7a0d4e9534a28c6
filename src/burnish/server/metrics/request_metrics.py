"""What is counted of requests: how many, how they end, and how long they take.

Labels have only names of operations and codes of errors: nothing that a client chooses, of which there would
be no end.
"""

from __future__ import annotations

from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from burnish.server.request_record import EndedRequest

#: In seconds: reads take milliseconds, answers of models up to minutes.
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class RequestMetrics:
    """The counters of requests in a registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        operation = ("service", "operation")
        self._requests = Counter(
            "burnish_requests", "Requests, by how they ended.", (*operation, "outcome"), registry=registry
        )
        self._seconds = Histogram(
            "burnish_request_seconds",
            "Seconds to an answer; of a stream, to its first event.",
            operation,
            buckets=BUCKETS,
            registry=registry,
        )
        self._in_progress = Gauge(
            "burnish_requests_in_progress", "Requests that are being answered.", registry=registry
        )
        self._unread = Counter(
            "burnish_unread_requests",
            "Requests that ended before anybody could tell what they ask for.",
            ("reason",),
            registry=registry,
        )
        # Kept for as long as the registry keeps them: `labels` takes as long as counting.
        self._counter = cache(self._requests.labels)
        self._histogram = cache(self._seconds.labels)

    def began(self) -> None:
        """Count a request as being answered."""
        self._in_progress.inc()

    def ended(self, request: EndedRequest) -> None:
        """Count a request by how it has ended."""
        self._in_progress.dec()
        self._counter(request.service, request.operation, request.outcome).inc()
        self._histogram(request.service, request.operation).observe(request.seconds_to_answer)

    def unread(self, reason: str) -> None:
        """Count a request of which the head could not be read, or a connection that was not taken."""
        self._unread.labels(reason).inc()

"""Requests as records of the log, where a log is kept of them: `burnish serve --log-format json`."""

from __future__ import annotations

import logging

from burnish.server.request_record import EndedRequest

#: Below warnings it says nothing unless somebody gives it a level: a line a request is too much to read.
REQUEST_LOG = "burnish.server.requests"
#: The attribute of a record that has its further fields.
FIELDS = "fields"

_log = logging.getLogger(REQUEST_LOG)


class RequestLog:
    """Logs each request once it is over: who asked for what, and what came of it.

    Paths, queries, headers and bodies are not among it: they can hold secrets.
    """

    def began(self) -> None:
        """Nothing: a request is one record."""

    def ended(self, request: EndedRequest) -> None:
        """Log a request."""
        if not _log.isEnabledFor(logging.INFO):
            return
        fields = {
            "request_id": request.request_id,
            "service": request.service,
            "operation": request.operation,
            "status": request.status,
            "outcome": request.outcome,
            "duration": round(request.seconds, 6),
            "principal": request.principal,
        }
        _log.info("%s %s: %s", request.service, request.operation, request.outcome, extra={FIELDS: fields})

"""S3's errors, as its clients know them: a status, a code, and XML that says what to do."""

from __future__ import annotations

from uuid import uuid4
from xml.sax.saxutils import escape

from starlette.responses import Response


class S3Fault(Exception):
    """A request is refused: ``code`` is S3's own name of the error."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status = status
        self.code = code
        self.message = message
        super().__init__(f"{code}: {message}")


def denied(message: str) -> S3Fault:
    """What is asked for is not for whoever asks, or no longer."""
    return S3Fault(403, "AccessDenied", message)


def invalid_argument(message: str) -> S3Fault:
    """What is asked for cannot be."""
    return S3Fault(400, "InvalidArgument", message)


def fault_response(fault: S3Fault) -> Response:
    """The answer that says why. It ends the connection, of which the body may not have been read."""
    request_id = uuid4().hex
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{fault.code}</Code><Message>{escape(fault.message)}</Message>"
        f"<RequestId>{request_id}</RequestId></Error>"
    )
    # Another request on this connection would be taken for the body.
    headers = {"x-amz-request-id": request_id, "connection": "close"}
    return Response(body, status_code=fault.status, media_type="application/xml", headers=headers)

"""A refusal of a request that no service has seen, in the words of the service that it is for."""

from __future__ import annotations

from uuid import uuid4
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from burnish.server.wire import query, rest_json
from burnish.server.wire.call import ServiceFault
from burnish.server.wire.dispatch import service_meant
from burnish.server.wire.schema import error_status


def refusal_response(scope: Scope, code: str, message: str) -> Response:
    """The response that boto3 raises as an exception of this code, whichever client asks."""
    service = service_meant(Request(scope))
    fault = ServiceFault(code, message)
    if service in ("iam", "sts"):
        return query.fault_response(service, fault, request_id=str(uuid4()))
    if service == "s3":
        return _s3_response(fault)
    return rest_json.fault_response("bedrock", fault)


def _s3_response(fault: ServiceFault) -> Response:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{fault.code}</Code><Message>{escape(fault.message)}</Message></Error>"
    )
    status = error_status("bedrock", fault.code)
    return Response(body, status_code=status, media_type="application/xml")

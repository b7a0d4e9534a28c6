"""Error responses for requests that are refused before dispatch, in the format of the service meant."""

from __future__ import annotations

from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from burnish.server.request_record import record_of
from burnish.server.s3.faults import S3Fault
from burnish.server.s3.faults import fault_response as s3_fault_response
from burnish.server.wire import query, rest_json
from burnish.server.wire.call import ServiceFault
from burnish.server.wire.dispatch import service_meant
from burnish.server.wire.schema import error_status


def refusal_response(scope: Scope, code: str, message: str) -> Response:
    """The response that boto3 raises as an exception of this code, whichever client asks."""
    service = service_meant(Request(scope))
    record = record_of(scope)
    record.service, record.error = service, code
    if service == "s3":
        return s3_fault_response(S3Fault(error_status("bedrock", code), code, message))
    fault = ServiceFault(code, message)
    if service in ("iam", "sts"):
        return query.fault_response(service, fault, request_id=str(uuid4()))
    return rest_json.fault_response("bedrock", fault)

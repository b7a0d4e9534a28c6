"""The services' own models, as botocore ships them: operations, shapes, errors."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeAlias

from botocore.loaders import Loader
from botocore.model import ServiceModel

# botocore publishes no types for its models; a value is whatever its shape describes.
Service: TypeAlias = Any
Operation: TypeAlias = Any
Shape: TypeAlias = Any
Value: TypeAlias = Any


@cache
def service_model(service: str) -> Service:
    """botocore's model of a service, e.g. of ``bedrock-runtime``."""
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


@cache
def operation_model(service: str, operation: str) -> Operation:
    """botocore's model of one operation."""
    return service_model(service).operation_model(operation)


@cache
def error_shapes(service: str) -> dict[str, Shape]:
    """The shape of each error that a service declares, by the code that travels on the wire."""
    return {shape.error_code: shape for shape in service_model(service).error_shapes}


def error_status(service: str, code: str) -> int:
    """The HTTP status of an error: as the service declares it, else as AWS's common errors have it."""
    shape = error_shapes(service).get(code)
    if shape is None:
        return _COMMON_ERRORS.get(code, 400)
    declared = shape.metadata.get("error", {}).get("httpStatusCode")
    return int(declared or (500 if shape.metadata.get("fault") else 400))


# Errors that every service knows and no model declares, in the spelling of either protocol.
_COMMON_ERRORS = {
    "AccessDenied": 403,
    "ExpiredToken": 403,
    "ExpiredTokenException": 403,
    "InternalFailure": 500,
    "InternalServerException": 500,
    "InvalidClientTokenId": 403,
    "InvalidSignatureException": 403,
    "MisdirectedRequestException": 421,
    "MissingAuthenticationToken": 403,
    "MissingAuthenticationTokenException": 403,
    "RequestEntityTooLargeException": 413,
    "RequestTimeout": 408,
    "ServiceUnavailable": 503,
    "SignatureDoesNotMatch": 403,
    "UnknownOperationException": 404,
    "UnrecognizedClientException": 403,
    "UnsupportedOperation": 501,
}


@cache
def members_at(shape: Shape | None, location: str | None) -> Mapping[str, Shape]:
    """The members of a structure that travel in ``location`` (None: in the body)."""
    if shape is None:
        return {}
    return {name: member for name, member in shape.members.items() if _location(member) == location}


def payload_of(shape: Shape | None) -> str | None:
    """The name of the member that is the whole body, where there is one."""
    return None if shape is None else shape.serialization.get("payload")


def wire_name(name: str, shape: Shape) -> str:
    """A member's name on the wire."""
    return str(shape.serialization.get("name", name))


def is_document(shape: Shape) -> bool:
    """Whether any JSON value may stand here."""
    return bool(getattr(shape, "is_document_type", False))


def _location(member: Shape) -> str | None:
    location: str | None = member.serialization.get("location")
    return location

"""The faults that most operations of Bedrock have in common, by what they mean."""

from __future__ import annotations

from burnish.server.wire.call import ServiceFault


def invalid(message: str) -> ServiceFault:
    """What is asked for cannot be."""
    return ServiceFault("ValidationException", message)


def conflict(message: str) -> ServiceFault:
    """What is asked for cannot be while other things are as they are."""
    return ServiceFault("ConflictException", message)


def not_found(message: str) -> ServiceFault:
    """What is asked about is not there."""
    return ServiceFault("ResourceNotFoundException", message)

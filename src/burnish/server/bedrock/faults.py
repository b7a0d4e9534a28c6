"""The faults that most operations of Bedrock have in common, by what they mean."""

from __future__ import annotations

from burnish.server.wire.call import ServiceFault


def invalid(message: str) -> ServiceFault:
    """What is asked for cannot be."""
    return ServiceFault("ValidationException", message)


class InputDoesNotFit(ServiceFault):
    """What a model is to read is longer than its context."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message)


class TooMuchOutput(ServiceFault):
    """More tokens are asked for than a model ever gives. The message is Bedrock's."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            "ValidationException",
            f"The maximum tokens you requested exceeds the model limit of {limit}. Try again with a maximum "
            f"tokens value that is lower than {limit}.",
        )


def conflict(message: str) -> ServiceFault:
    """What is asked for cannot be while other things are as they are."""
    return ServiceFault("ConflictException", message)


def not_found(message: str) -> ServiceFault:
    """What is asked about is not there."""
    return ServiceFault("ResourceNotFoundException", message)

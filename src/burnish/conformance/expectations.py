"""What a check expects of an answer, and how it says that it got another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from burnish.errors import BurnishError

#: What servers answer for an operation that they do not have.
_UNKNOWN_OPERATION_CODES = frozenset(
    {
        "InvalidAction",
        "NotImplemented",
        "NotImplementedException",
        "UnknownOperation",
        "UnknownOperationException",
        "UnsupportedOperation",
    }
)


class Unmet(Exception):
    """An answer is not what AWS would give."""


def expect(holds: object, otherwise: str) -> None:
    """Raise `Unmet` with this message where something does not hold."""
    if not holds:
        raise Unmet(otherwise)


def expect_equal(found: object, wanted: object, *, of: str) -> None:
    """Raise `Unmet` where two values differ."""
    expect(found == wanted, f"{of} is {found!r}, not {wanted!r}")


#: What a check ends in where a statement does not hold: a refusal, a broken answer, or one that lacks a part.
FAILURES = (
    ClientError,
    BotoCoreError,
    ResponseParserError,
    BurnishError,
    Unmet,
    LookupError,
    OSError,
    TypeError,
    ValueError,
)


@contextmanager
def refused(*codes: str) -> Iterator[None]:
    """Expect the call inside to be refused with one of these error codes."""
    wanted = " or ".join(codes)
    try:
        yield
    except ClientError as error:
        if is_unanswered(error):
            raise
        code, message = code_of(error), error.response["Error"].get("Message", "")
        expect(code in codes, f"refused with {code}, not {wanted}: {message}")
    else:
        raise Unmet(f"accepted, where AWS refuses it with {wanted}")


def code_of(error: ClientError) -> str:
    """The code of an error, such as ``ValidationException``."""
    return str(error.response["Error"].get("Code", ""))


def is_unanswered(error: BaseException) -> bool:
    """Whether an error says that the server has no such operation."""
    if isinstance(error, ResponseParserError):
        return True
    if not isinstance(error, ClientError):
        return False
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    message = error.response["Error"].get("Message", "")
    # moto sends a web page, of whose status botocore makes the code; MiniStack says that there is no route.
    is_page = code_of(error) == str(status) and "<html" in message
    return (
        status == 501
        or code_of(error) in _UNKNOWN_OPERATION_CODES
        or is_page
        or message.startswith("No route for ")
    )

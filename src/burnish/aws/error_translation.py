"""Foreign errors in our own words: what botocore raises becomes `burnish.errors`, with what to do next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from burnish.errors import (
    AccessDenied,
    BurnishError,
    CannotConnect,
    Conflict,
    InvalidConfig,
    NotFound,
    QuotaExceeded,
    Rejected,
    ServiceError,
    ServiceUnavailable,
    Throttled,
)

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError

#: Which class an error code of Bedrock, S3, IAM or STS belongs to.
CODES: Mapping[type[ServiceError], frozenset[str]] = {
    AccessDenied: frozenset(
        {
            "AccessDenied",
            "AccessDeniedException",
            "ExpiredToken",
            "ExpiredTokenException",
            "IncompleteSignature",
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "InvalidSignatureException",
            "MissingAuthenticationTokenException",
            "SignatureDoesNotMatch",
            "UnrecognizedClientException",
        }
    ),
    NotFound: frozenset(
        {"NoSuchBucket", "NoSuchEntity", "NoSuchKey", "NoSuchUpload", "NotFound", "ResourceNotFoundException"}
    ),
    Conflict: frozenset(
        {
            "BucketAlreadyExists",
            "BucketAlreadyOwnedByYou",
            "BucketNotEmpty",
            "ConcurrentModification",
            "ConflictException",
            "DeleteConflict",
            "EntityAlreadyExists",
            "InvalidObjectState",
            "OperationAborted",
            "ResourceInUseException",
            "UnmodifiableEntity",
        }
    ),
    Rejected: frozenset(
        {
            "EncryptionTypeMismatch",
            "InvalidInput",
            "InvalidRequest",
            "InvalidWriteOffset",
            "MalformedPolicyDocument",
            "ModelErrorException",
            "TooManyParts",
            "UnsupportedOperation",
            "ValidationError",
            "ValidationException",
        }
    ),
    QuotaExceeded: frozenset(
        {"InsufficientStorage", "LimitExceeded", "ServiceQuotaExceededException", "TooManyTagsException"}
    ),
    Throttled: frozenset(
        {"SlowDown", "Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded"}
    ),
    ServiceUnavailable: frozenset(
        {
            "InternalError",
            "InternalServerException",
            "ModelNotReadyException",
            "ModelTimeoutException",
            "PolicyEvaluation",
            "ServiceFailure",
            "ServiceUnavailable",
            "ServiceUnavailableException",
        }
    ),
}

#: The code of an error that stands for an answer that did not come.
NO_ANSWER = "ReadTimeout"

REMEDIES: Mapping[type[ServiceError], str] = {
    AccessDenied: "Check the credentials and their rights; a server of your own has its own: `burnish env`.",
    NotFound: "Check the name and the region.",
    Conflict: "Choose another name, or wait until what is under way has ended.",
    Rejected: "Correct the request as the message says.",
    QuotaExceeded: "Free what is no longer needed, or ask for a higher quota.",
    Throttled: "Wait a little and try again, with fewer calls at a time.",
    ServiceUnavailable: "Try again in a little while; the request itself may be fine.",
}


@contextmanager
def translated_errors(action: str) -> Iterator[None]:
    """Errors of botocore inside the block come out as `burnish.errors`: "Could not <action>: …"."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError
    from s3transfer.exceptions import RetriesExceededError

    try:
        yield
    except ClientError as error:
        raise _from_answer(error, action) from error
    except BotoCoreError as error:
        raise _from_failure(error, action) from error
    except RetriesExceededError as error:
        raise ServiceUnavailable(
            f"Could not {action}: the connection was lost again and again ({error.last_exception}). Check "
            "the network and try again.",
            code="ConnectionLost",
        ) from error
    except ResponseParserError as error:
        raise ServiceUnavailable(
            f"Could not {action}: what answered does not speak AWS's language. Check AWS_ENDPOINT_URL and "
            "any proxy on the way.",
            code="UnreadableAnswer",
        ) from error


def class_of(code: str, status: int) -> type[ServiceError]:
    """The class of an error code; for a code we do not know, what its HTTP status says."""
    for kind, codes in CODES.items():
        if code in codes:
            return kind
    by_status: dict[int, type[ServiceError]] = {
        401: AccessDenied,
        403: AccessDenied,
        404: NotFound,
        409: Conflict,
    }
    by_status |= {429: Throttled}
    return by_status.get(status, ServiceUnavailable if status >= 500 else Rejected)


def _from_answer(error: ClientError, action: str) -> ServiceError:
    details = error.response.get("Error", {})
    code = str(details.get("Code", ""))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    kind = class_of(code, status)
    said = str(details.get("Message") or "")
    reason = said.rstrip(".") or "no reason was given"
    return kind(
        f"Could not {action}: {reason} ({code}). {REMEDIES[kind]}",
        code=code,
        operation=error.operation_name,
        service_message=said,
    )


def _from_failure(error: BotoCoreError, action: str) -> BurnishError:
    from botocore import exceptions as foreign

    kinds: list[tuple[tuple[type[BotoCoreError], ...], Callable[[BotoCoreError, str], BurnishError]]] = [
        ((foreign.ReadTimeoutError,), _too_slow),
        ((foreign.ConnectionError, foreign.SSLError, foreign.ProxyConnectionError), _nobody_there),
        ((foreign.HTTPClientError, foreign.IncompleteReadError), _lost),
        ((foreign.ParamValidationError,), _malformed),
        ((foreign.NoRegionError,), _no_region),
        (
            (
                foreign.NoCredentialsError,
                foreign.PartialCredentialsError,
                foreign.CredentialRetrievalError,
                foreign.ProfileNotFound,
                foreign.SSOError,
                foreign.TokenRetrievalError,
            ),
            _no_credentials,
        ),
    ]
    for types, explain in kinds:
        if isinstance(error, types):
            return explain(error, action)
    return InvalidConfig(f"The request to {action}", [str(error)])


def _too_slow(error: BotoCoreError, action: str) -> BurnishError:
    return ServiceUnavailable(
        f"Could not {action}: {_host_of(error)} takes connections and does not answer. See whether the "
        "server hangs, and a proxy on the way. It may still have been done: look before trying again.",
        code=NO_ANSWER,
    )


def _lost(error: BotoCoreError, action: str) -> BurnishError:
    return ServiceUnavailable(
        f"Could not {action}: the connection to {_host_of(error)} was lost before the answer came. It may "
        "still have been done: look before trying again.",
        code="ConnectionLost",
    )


def _nobody_there(error: BotoCoreError, action: str) -> BurnishError:
    host = _host_of(error)
    remedy = "check the network and the region" if "amazonaws.com" in host else _START_A_SERVER
    return CannotConnect(f"Could not {action}. Nobody answers at {host}: {remedy}.")


_START_A_SERVER = "start the server with `burnish serve`, or unset AWS_ENDPOINT_URL to reach AWS"


def _malformed(error: BotoCoreError, action: str) -> BurnishError:
    return InvalidConfig(f"The request to {action}", str(error.kwargs["report"]).splitlines())


def _no_region(error: BotoCoreError, action: str) -> BurnishError:
    return InvalidConfig(f"The request to {action}", ["no region is known: pass region=… or set AWS_REGION"])


def _no_credentials(error: BotoCoreError, action: str) -> BurnishError:
    return AccessDenied(
        f"Could not {action}: {str(error).rstrip('.')}. Set credentials of AWS (`aws configure`), or those "
        "of a server of your own, which `burnish env` prints.",
        code="NoCredentials",
    )


def _host_of(error: BotoCoreError) -> str:
    """The scheme and host a request went to; botocore gives the whole URL, or nothing."""
    parts = urlsplit(str(error.kwargs.get("endpoint_url", "")))
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else "the endpoint"

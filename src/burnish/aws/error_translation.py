"""Translation of botocore's exceptions to `burnish.errors`, each with what to do next."""

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

#: The error codes of Bedrock, S3, IAM and STS that each class stands for.
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

#: For codes that none of them knows: the services add some without notice.
STATUSES: Mapping[int, type[ServiceError]] = {
    **dict.fromkeys((401, 403), AccessDenied),
    404: NotFound,
    409: Conflict,
    429: Throttled,
}

#: The code of the error for a response that did not arrive in time.
TIMEOUT_CODE = "ReadTimeout"

REMEDIES: Mapping[type[ServiceError], str] = {
    AccessDenied: "Check the credentials and their permissions; your own server has its own: `burnish env`.",
    NotFound: "Check the name and the region.",
    Conflict: "Choose another name, or wait until the operation in progress has finished.",
    Rejected: "Correct the request as the message says.",
    QuotaExceeded: "Free what is no longer needed, or ask for a higher quota.",
    Throttled: "Wait a moment and retry with fewer calls at a time.",
    ServiceUnavailable: "Retry in a while; the request itself may be fine.",
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
            f"Could not {action}: the connection was lost repeatedly ({error.last_exception}). Check "
            "the network and retry.",
            code="ConnectionLost",
        ) from error
    except ResponseParserError as error:
        raise ServiceUnavailable(
            f"Could not {action}: the response is not one of AWS's protocols. Check AWS_ENDPOINT_URL and "
            "any proxy on the way.",
            code="UnreadableAnswer",
        ) from error


def error_class_of(code: str, status: int) -> type[ServiceError]:
    """The class for an error code; for an unknown code, the class for its HTTP status."""
    # The code before the status: Bedrock answers 400 for conflicts and quotas too.
    for kind, codes in CODES.items():
        if code in codes:
            return kind
    return STATUSES.get(status, ServiceUnavailable if status >= 500 else Rejected)


def _from_answer(error: ClientError, action: str) -> ServiceError:
    details = error.response.get("Error", {})
    code = str(details.get("Code", ""))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    kind = error_class_of(code, status)
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

    # Ordered: a read timeout is also an HTTPClientError, and the first match wins.
    kinds: list[tuple[tuple[type[BotoCoreError], ...], Callable[[BotoCoreError, str], BurnishError]]] = [
        ((foreign.ReadTimeoutError,), _timed_out),
        ((foreign.ConnectionError, foreign.SSLError, foreign.ProxyConnectionError), _connection_refused),
        ((foreign.HTTPClientError, foreign.IncompleteReadError), _connection_lost),
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


def _timed_out(error: BotoCoreError, action: str) -> BurnishError:
    return ServiceUnavailable(
        f"Could not {action}: {_host_of(error)} accepts connections but does not answer. Check whether the "
        "server, or a proxy on the way, hangs. The request may have succeeded: check before you retry.",
        code=TIMEOUT_CODE,
    )


def _connection_lost(error: BotoCoreError, action: str) -> BurnishError:
    return ServiceUnavailable(
        f"Could not {action}: the connection to {_host_of(error)} was lost before the response "
        "arrived. The request may have succeeded: check before you retry.",
        code="ConnectionLost",
    )


def _connection_refused(error: BotoCoreError, action: str) -> BurnishError:
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
    """The scheme and host of a request: the query of its URL may hold a signature."""
    parts = urlsplit(str(error.kwargs.get("endpoint_url", "")))
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else "the endpoint"

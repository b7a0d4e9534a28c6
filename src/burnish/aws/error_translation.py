"""Translation of botocore's exceptions to `burnish.errors`, with what to do about known causes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from burnish.aws.remedies import BAD_CREDENTIALS, DENIED, EXPIRED, Responder, ServiceRefusal, remedy_for
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
from burnish.names import SERVER_NAME
from burnish.phrasing import Phrasing

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError

#: The error codes of Bedrock, S3, IAM and STS that each class stands for.
CODES: Mapping[type[ServiceError], frozenset[str]] = {
    AccessDenied: DENIED | EXPIRED | BAD_CREDENTIALS,
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
            "InvalidAction",
            "InvalidRequest",
            "InvalidWriteOffset",
            "MalformedPolicyDocument",
            "ModelErrorException",
            "TooManyParts",
            "UnknownOperationException",
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

NO_REGION = Phrasing(
    command="none is set: set AWS_REGION", call="none is set: pass region=… or set AWS_REGION"
)

#: The code of the error for a response that did not arrive in time.
TIMEOUT_CODE = "ReadTimeout"


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
            f"Could not {action}: the connection was lost repeatedly ({error.last_exception}).",
            remedy="Check the network and retry.",
            code="ConnectionLost",
        ) from error
    except ResponseParserError as error:
        raise ServiceUnavailable(
            f"Could not {action}: the response is not in a protocol of AWS.",
            remedy="Check AWS_ENDPOINT_URL and any proxy on the way.",
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
    details, metadata = error.response.get("Error", {}), error.response.get("ResponseMetadata", {})
    code, said = str(details.get("Code", "")), str(details.get("Message") or "")
    reason = said.rstrip(".") or "no reason was given"
    is_own = metadata.get("HTTPHeaders", {}).get("server") == SERVER_NAME
    refusal = ServiceRefusal(
        operation=error.operation_name,
        code=code,
        said=said,
        responder=Responder.OWN_SERVER if is_own else Responder.AWS,
    )
    kind = error_class_of(code, metadata.get("HTTPStatusCode", 0))
    return kind(
        f"Could not {action}: {reason} ({code}).",
        remedy=remedy_for(refusal),
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
        f"Could not {action}: {_host_of(error)} accepts connections but does not answer.",
        remedy=(
            "Check whether the server, or a proxy on the way, hangs. The request may have succeeded: check "
            "before you retry."
        ),
        code=TIMEOUT_CODE,
    )


def _connection_lost(error: BotoCoreError, action: str) -> BurnishError:
    return ServiceUnavailable(
        f"Could not {action}: the connection to {_host_of(error)} was lost before the response arrived.",
        remedy="The request may have succeeded: check before you retry.",
        code="ConnectionLost",
    )


def _connection_refused(error: BotoCoreError, action: str) -> BurnishError:
    host = _host_of(error)
    remedy = "Check the network and the region." if "amazonaws.com" in host else _START_A_SERVER
    return CannotConnect(f"Could not {action}: nobody answers at {host}.", remedy=remedy)


_START_A_SERVER = Phrasing(
    command="Start the server with `burnish serve`, or unset AWS_ENDPOINT_URL to reach AWS.",
    call="Start the server with `burnish serve`, or use AWS without endpoint_url and AWS_ENDPOINT_URL.",
)


def _malformed(error: BotoCoreError, action: str) -> BurnishError:
    return InvalidConfig(f"The request to {action}", str(error.kwargs["report"]).splitlines())


def _no_region(error: BotoCoreError, action: str) -> BurnishError:
    return InvalidConfig(f"The request to {action}", [NO_REGION])


def _no_credentials(error: BotoCoreError, action: str) -> BurnishError:
    return AccessDenied(
        f"Could not {action}: {str(error).rstrip('.')}.",
        remedy=(
            "Set AWS credentials (`aws configure`), or those of your own server, which `burnish env` prints."
        ),
        code="NoCredentials",
    )


def _host_of(error: BotoCoreError) -> str:
    """The scheme and host of a request: the query of its URL may hold a signature."""
    parts = urlsplit(str(error.kwargs.get("endpoint_url", "")))
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else "the endpoint"

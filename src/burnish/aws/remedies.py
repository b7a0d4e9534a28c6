"""What to do about an error of a service. A remedy belongs to one cause; for an unknown cause there is none.

AWS's messages mostly name the cause, and never a command of ours. A server of one's own says itself what to
do, except where that is a command or a function of the client.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from burnish.phrasing import Phrasing, Text


class Responder(Enum):
    """Who answered."""

    AWS = auto()
    OWN_SERVER = auto()


@dataclass(frozen=True, kw_only=True)
class ServiceRefusal:
    """An error that a service answered with: the operation, the error's code, and the service's own words."""

    operation: str
    code: str
    said: str
    responder: Responder


@dataclass(frozen=True, kw_only=True)
class Cause:
    """A cause, told by what is common to its refusals, and its remedy. What is empty may be anything."""

    codes: frozenset[str]
    operations: frozenset[str] = frozenset()
    #: A pattern in the service's words.
    says: str = ""
    #: AWS where a server of one's own would say itself what to do.
    responder: Responder | None = None
    remedy: Text | None

    def explains(self, refusal: ServiceRefusal) -> bool:
        """Whether a refusal has this cause."""
        return (
            refusal.code in self.codes
            and (not self.operations or refusal.operation in self.operations)
            and re.search(self.says, refusal.said) is not None
            and self.responder in (None, refusal.responder)
        )


def remedy_for(refusal: ServiceRefusal) -> Text | None:
    """What to do about a refusal; None where nobody can tell."""
    return next((cause.remedy for cause in CAUSES if cause.explains(refusal)), None)


_NOT_FOUND = frozenset({"ResourceNotFoundException", "NoSuchEntity", "NoSuchBucket", "NoSuchKey", "404"})
_CONFLICT = frozenset({"ConflictException"})
_CREATE_JOB = frozenset({"CreateModelCustomizationJob"})
_CHANGED_MEANWHILE = frozenset({"ConcurrentModification", "OperationAborted"})
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException"})
BAD_CREDENTIALS = frozenset(
    {
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
DENIED = frozenset({"AccessDenied", "AccessDeniedException"})
_QUOTA = frozenset({"LimitExceeded", "ServiceQuotaExceededException"})
_THROTTLED = frozenset(
    {"RequestLimitExceeded", "SlowDown", "Throttling", "ThrottlingException", "TooManyRequestsException"}
)
_DOWN = frozenset(
    {
        "InternalError",
        "InternalServerException",
        "ServiceFailure",
        "ServiceUnavailable",
        "ServiceUnavailableException",
    }
)
_UNSUPPORTED = frozenset({"InvalidAction", "UnknownOperationException", "UnsupportedOperation"})


def _listed_by(command: str, function: str, what: str, operations: set[str]) -> Cause:
    """What is not found is looked for in a list."""
    return Cause(
        codes=_NOT_FOUND,
        operations=frozenset(operations),
        remedy=Phrasing(
            command=f"`burnish {command}` lists {what} in this account and region.",
            call=f"`{function}()` lists {what} in this account and region.",
        ),
    )


#: The first one that explains a refusal counts.
CAUSES = (
    _listed_by(
        "job list", "list_jobs", "the jobs", {"GetModelCustomizationJob", "StopModelCustomizationJob"}
    ),
    _listed_by(
        *("model list", "list_custom_models", "the custom models"),
        {"GetCustomModel", "DeleteCustomModel", "CreateCustomModelDeployment"},
    ),
    _listed_by(
        *("throughput list", "list_provisioned_throughputs", "the throughputs"),
        {
            "DeleteProvisionedModelThroughput",
            "GetProvisionedModelThroughput",
            "UpdateProvisionedModelThroughput",
        },
    ),
    _listed_by(
        *("deployment list", "list_custom_model_deployments", "the deployments"),
        {"DeleteCustomModelDeployment", "GetCustomModelDeployment", "UpdateCustomModelDeployment"},
    ),
    _listed_by("import list", "list_model_import_jobs", "the import jobs", {"GetModelImportJob"}),
    _listed_by("import models", "list_imported_models", "the imported models", {"DeleteImportedModel"}),
    Cause(
        codes=_NOT_FOUND,
        operations=frozenset({"CreateProvisionedModelThroughput"}),
        remedy=Phrasing(
            command="Give a base model's id, or the ARN of a custom model: `burnish model list`.",
            call="Give a base model's id, or the ARN of a custom model: `list_custom_models()`.",
        ),
    ),
    Cause(
        codes=_NOT_FOUND,
        operations=frozenset({"Converse", "GetFoundationModel", "InvokeModel"}),
        remedy="Check the model's id and the region.",
    ),
    Cause(codes=frozenset({"NoSuchBucket"}), remedy="Check the bucket's name, or create the bucket."),
    Cause(
        codes=_CONFLICT,
        operations=_CREATE_JOB,
        says="model name",
        remedy=Phrasing(
            command="Give the model another name with --model-name.", call="Give another model_name."
        ),
    ),
    Cause(
        codes=_CONFLICT,
        operations=_CREATE_JOB,
        says="job name",
        remedy=Phrasing(
            command="Give another --name: job names can never be reused.",
            call="Give another job_name: job names can never be reused.",
        ),
    ),
    Cause(
        codes=_CONFLICT, operations=frozenset({"CreateModelImportJob"}), remedy="Give the job another name."
    ),
    Cause(
        codes=_CONFLICT,
        operations=frozenset({"DeleteCustomModel"}),
        responder=Responder.AWS,
        remedy=Phrasing(
            command=(
                "Delete what serves the model first: `burnish deployment list` and `burnish throughput list`."
            ),
            call=(
                "Delete what serves the model first: `list_custom_model_deployments()` and "
                "`list_provisioned_throughputs()`."
            ),
        ),
    ),
    Cause(
        codes=frozenset({"BucketAlreadyExists"}),
        remedy="Choose another bucket name: all AWS accounts share them.",
    ),
    Cause(codes=_CHANGED_MEANWHILE, remedy="Something else is changing it: retry in a moment."),
    Cause(codes=frozenset({"InvalidObjectState"}), remedy="Restore the object from its archive first."),
    Cause(
        codes=frozenset({"ValidationException"}),
        operations=frozenset({"CreateModelCustomizationJob", "CreateModelImportJob"}),
        says="Could not assume provided IAM role",
        remedy=Phrasing(
            command="`burnish role create` creates a role that works.",
            call="`create_or_update_model_customization_role()` creates a role that works.",
        ),
    ),
    Cause(
        codes=EXPIRED,
        responder=Responder.AWS,
        remedy="Renew the credentials, for example with `aws sso login`.",
    ),
    Cause(
        codes=BAD_CREDENTIALS,
        responder=Responder.AWS,
        remedy="Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the AWS profile.",
    ),
    Cause(
        codes=DENIED,
        operations=frozenset({"Converse", "InvokeModel"}),
        responder=Responder.AWS,
        remedy=(
            "Allow bedrock:InvokeModel to these credentials, and request access to the model in the Bedrock "
            "console."
        ),
    ),
    Cause(
        codes=DENIED,
        responder=Responder.AWS,
        remedy="Grant this permission to the credentials in use, or use others.",
    ),
    Cause(
        codes=frozenset({"403"}),
        remedy="Check the credentials in use.",
    ),
    Cause(codes=frozenset({"TooManyTagsException"}), remedy="Use fewer tags."),
    Cause(
        codes=_QUOTA,
        responder=Responder.AWS,
        remedy="Delete what is no longer needed, or request a higher quota in the Service Quotas console.",
    ),
    Cause(
        codes=_THROTTLED,
        responder=Responder.AWS,
        remedy="Wait a moment, then retry with fewer calls at a time.",
    ),
    Cause(
        codes=frozenset({"ModelNotReadyException"}),
        responder=Responder.AWS,
        remedy="Wait until the model is ready, then retry.",
    ),
    Cause(
        codes=frozenset({"ModelTimeoutException"}),
        responder=Responder.AWS,
        remedy="Ask for fewer tokens, or retry.",
    ),
    Cause(codes=_DOWN, responder=Responder.AWS, remedy="AWS failed, not the request: retry in a while."),
    Cause(
        codes=_UNSUPPORTED,
        responder=Responder.OWN_SERVER,
        remedy=Phrasing(
            command="Unset AWS_ENDPOINT_URL to use AWS, which supports it.",
            call="Use AWS, which supports it: leave out endpoint_url and AWS_ENDPOINT_URL.",
        ),
    ),
)

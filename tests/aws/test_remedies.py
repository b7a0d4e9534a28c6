"""What people read when a service says no: in a terminal, and in Python."""

import re

import pytest
from botocore.exceptions import ClientError
from botocore.session import get_session

from burnish.aws.error_translation import CODES, error_class_of, translated_errors
from burnish.aws.remedies import CAUSES
from burnish.cli.app import app
from burnish.errors import ServiceError
from burnish.names import SERVER_NAME
from burnish.phrasing import Phrasing
from burnish.service import ModelFinetuningService

AWS, OWN = {}, {"server": SERVER_NAME}
COMMAND = re.compile(r"`burnish ([a-z]+(?: [a-z]+)?)")
CALL = re.compile(r"`([a-z_]+)\(")

#: Who answered, operation, code, the service's words; what is added for a terminal, and for Python.
CASES = [
    (OWN, "StopModelCustomizationJob", "ConflictException", "The job a is Completed", "", ""),
    (AWS, "StopModelCustomizationJob", "ConflictException", "The job is in a terminal state", "", ""),
    (
        *(OWN, "StopModelCustomizationJob", "ResourceNotFoundException", "There is no job 'a'"),
        "`burnish job list` lists the jobs in this account and region.",
        "`list_jobs()` lists the jobs in this account and region.",
    ),
    (
        *(AWS, "DeleteCustomModel", "ResourceNotFoundException", "Could not find the model"),
        "`burnish model list` lists the custom models in this account and region.",
        "`list_custom_models()` lists the custom models in this account and region.",
    ),
    (OWN, "DeleteCustomModel", "ConflictException", "The model m is served by d: delete that first", "", ""),
    (
        *(AWS, "DeleteCustomModel", "ConflictException", "The model is in use"),
        "Delete what serves the model first: `burnish deployment list` and `burnish throughput list`.",
        (
            "Delete what serves the model first: `list_custom_model_deployments()` and "
            "`list_provisioned_throughputs()`."
        ),
    ),
    (
        *(OWN, "CreateModelCustomizationJob", "ConflictException", "The provided model name m is in use"),
        "Give the model another name with --model-name.",
        "Give another model_name.",
    ),
    (
        *(AWS, "CreateModelCustomizationJob", "ConflictException", "The provided job name j is in use"),
        "Give another --name: job names can never be reused.",
        "Give another job_name: job names can never be reused.",
    ),
    (
        *(AWS, "CreateModelCustomizationJob", "ValidationException", "Could not assume provided IAM role"),
        "`burnish role create` creates a role that works.",
        "`create_or_update_model_customization_role()` creates a role that works.",
    ),
    (AWS, "CreateModelCustomizationJob", "ValidationException", "Value 'x' at 'jobName' failed", "", ""),
    (
        *(OWN, "ListModelImportJobs", "UnsupportedOperation", "ListModelImportJobs is not supported here"),
        "Unset AWS_ENDPOINT_URL to use AWS, which supports it.",
        "Use AWS, which supports it: leave out endpoint_url and AWS_ENDPOINT_URL.",
    ),
    (OWN, "Converse", "ThrottlingException", "80 requests are waiting: try again later", "", ""),
    (
        *(AWS, "Converse", "ThrottlingException", "Too many requests"),
        "Wait a moment, then retry with fewer calls at a time.",
        "Wait a moment, then retry with fewer calls at a time.",
    ),
    (OWN, "Converse", "AccessDeniedException", "This link has expired: make a new one", "", ""),
    (
        *(AWS, "GetRole", "AccessDenied", "User u is not authorized to perform: iam:GetRole"),
        "Grant this permission to the credentials in use, or use others.",
        "Grant this permission to the credentials in use, or use others.",
    ),
    (
        *(AWS, "GetCallerIdentity", "ExpiredToken", "The security token is expired"),
        "Renew the credentials, for example with `aws sso login`.",
        "Renew the credentials, for example with `aws sso login`.",
    ),
    (OWN, "ListCustomModels", "UnrecognizedClientException", "`burnish env` prints the key to use", "", ""),
    (
        *(AWS, "CreateCustomModelDeployment", "ServiceQuotaExceededException", "Limit reached"),
        "Delete what is no longer needed, or request a higher quota in the Service Quotas console.",
        "Delete what is no longer needed, or request a higher quota in the Service Quotas console.",
    ),
    (OWN, "CreateRole", "TooManyTagsException", "At most 50", "Use fewer tags.", "Use fewer tags."),
    (OWN, "GetCustomModel", "InternalServerException", "Internal error: see the server's log", "", ""),
    (
        *(AWS, "GetCustomModel", "InternalServerException", "Internal error"),
        "AWS failed, not the request: retry in a while.",
        "AWS failed, not the request: retry in a while.",
    ),
    (AWS, "DeleteProvisionedModelThroughput", "ConflictException", "The commitment has not ended", "", ""),
    (AWS, "GetRole", "NoSuchEntity", "The role with name r cannot be found", "", ""),
    (
        *(AWS, "CreateBucket", "BucketAlreadyExists", "The requested bucket name is not available"),
        "Choose another bucket name: all AWS accounts share them.",
        "Choose another bucket name: all AWS accounts share them.",
    ),
]


def refused(headers, operation, code, said):
    response = {
        "Error": {"Code": code, "Message": said},
        "ResponseMetadata": {"HTTPStatusCode": 400, "HTTPHeaders": headers},
    }
    with pytest.raises(ServiceError) as caught, translated_errors("do it"):
        raise ClientError(response, operation)
    return caught.value


@pytest.mark.parametrize(("headers", "operation", "code", "said", "terminal", "python"), CASES)
def test_an_error_ends_with_the_remedy_of_its_cause_and_no_other(
    headers, operation, code, said, terminal, python
):
    error = refused(headers, operation, code, said)
    begins = f"Could not do it: {said} ({code})."
    assert error.in_terminal == f"{begins} {terminal}".strip()
    assert str(error) == f"{begins} {python}".strip()


def test_causes_speak_of_codes_and_operations_that_there_are():
    operations = {
        operation
        for service in ("bedrock", "bedrock-runtime", "s3", "iam", "sts")
        for operation in get_session().get_service_model(service).operation_names
    }
    known = frozenset().union(*CODES.values(), {"403", "404"})
    for cause in CAUSES:
        assert cause.codes <= known
        assert cause.operations <= operations


def test_commands_and_functions_that_remedies_name_exist():
    phrasings = [cause.remedy for cause in CAUSES if isinstance(cause.remedy, Phrasing)]
    for phrasing in phrasings:
        for words in COMMAND.findall(phrasing.command):
            part = app
            for word in words.split():
                part = part[word]
        for function in CALL.findall(phrasing.call):
            assert hasattr(ModelFinetuningService, function)
        assert not CALL.search(phrasing.command)
        assert not COMMAND.search(phrasing.call)


def test_an_operation_that_a_server_does_not_have_is_not_retried():
    for code in ("UnsupportedOperation", "UnknownOperationException", "InvalidAction"):
        assert error_class_of(code, 501).__name__ == "Rejected"

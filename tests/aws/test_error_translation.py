import re
from pathlib import Path

import pytest
from botocore import exceptions as foreign
from botocore.parsers import ResponseParserError
from botocore_shapes import error_codes, operation_of
from s3transfer.exceptions import RetriesExceededError

import burnish
from burnish import errors
from burnish.aws.clients import AccessKey, open_clients
from burnish.aws.error_translation import CODES, translated_errors

SOURCE = Path(burnish.__file__).parent
CALL = re.compile(r"\b(bedrock_runtime|bedrock|s3|iam|sts)\.(?:get_paginator\(\"(\w+)\"\)|([a-z]\w+_\w+)\b)")


def operations_called() -> set[tuple[str, str]]:
    """Every operation of AWS that a client module calls, read from the source."""
    calls = set()
    for path in (*SOURCE.glob("aws/*.py"), *SOURCE.glob("evaluation/*.py"), *SOURCE.glob("datasets/*.py")):
        for service, paginated, method in CALL.findall(path.read_text()):
            if not method.endswith("_fileobj"):
                service_name = service.replace("_", "-")
                calls.add((service_name, operation_of(service_name, paginated or method)))
    return calls


def answer(code: str, status: int = 400, message: str = "no such thing") -> foreign.ClientError:
    response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return foreign.ClientError(response, "SomeOperation")


def translated(error: Exception) -> errors.BurnishError:
    with pytest.raises(errors.BurnishError) as caught, translated_errors("do it"):
        raise error
    assert caught.value.__cause__ is error
    return caught.value


def test_the_operations_are_found_in_the_source():
    called = operations_called()
    assert ("bedrock", "CreateModelCustomizationJob") in called
    assert ("s3", "ListObjectsV2") in called
    assert len(called) > 20


@pytest.mark.parametrize(("service", "operation"), sorted(operations_called()))
def test_every_error_that_an_operation_declares_has_a_class(service, operation):
    known = frozenset().union(*CODES.values())
    assert [code for code in error_codes(service, operation) if code not in known] == []


def test_no_code_has_two_classes():
    codes = [code for codes in CODES.values() for code in codes]
    assert len(codes) == len(set(codes))


def test_an_answer_becomes_our_error_with_its_code_and_the_words_of_the_service():
    error = translated(answer("ResourceNotFoundException", 404, "Job x not found."))
    assert isinstance(error, errors.NotFound)
    assert (error.code, error.operation) == ("ResourceNotFoundException", "SomeOperation")
    assert error.service_message == "Job x not found."
    assert str(error) == "Could not do it: Job x not found (ResourceNotFoundException)."


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.Rejected),
        (403, errors.AccessDenied),
        (404, errors.NotFound),
        (409, errors.Conflict),
        (429, errors.Throttled),
        (500, errors.ServiceUnavailable),
    ],
)
def test_an_unknown_code_is_judged_by_its_status(status, kind):
    assert type(translated(answer("SomethingNew", status))) is kind


def test_nobody_at_a_local_endpoint_says_how_to_start_a_server():
    error = translated(foreign.EndpointConnectionError(endpoint_url="http://127.0.0.1:9999/jobs/1"))
    assert isinstance(error, errors.CannotConnect)
    assert error.message == "Could not do it: nobody answers at http://127.0.0.1:9999."
    assert error.in_terminal.endswith(
        "Start the server with `burnish serve`, or unset AWS_ENDPOINT_URL to reach AWS."
    )


def test_nobody_at_aws_does_not_speak_of_a_local_server():
    error = translated(
        foreign.EndpointConnectionError(endpoint_url="https://bedrock.us-east-9.amazonaws.com/")
    )
    assert isinstance(error, errors.CannotConnect)
    assert "burnish serve" not in str(error)
    assert "region" in str(error)


def test_a_lost_answer_warns_that_the_work_may_have_been_done():
    error = translated(foreign.ReadTimeoutError(endpoint_url="http://127.0.0.1:9999"))
    assert isinstance(error, errors.ServiceUnavailable)
    assert "may have succeeded" in str(error)


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (foreign.NoCredentialsError(), errors.AccessDenied, "burnish env"),
        (
            foreign.PartialCredentialsError(provider="env", cred_var="secret"),
            errors.AccessDenied,
            "burnish env",
        ),
        (foreign.ProfileNotFound(profile="work"), errors.AccessDenied, "work"),
        (foreign.NoRegionError(), errors.InvalidConfig, "AWS_REGION"),
        (
            foreign.ParamValidationError(report="Missing jobName\nUnknown tags"),
            errors.InvalidConfig,
            "Unknown tags",
        ),
        (foreign.ConnectTimeoutError(endpoint_url="http://127.0.0.1:1"), errors.CannotConnect, "127.0.0.1:1"),
        (foreign.SSLError(endpoint_url="https://h:1", error="bad"), errors.CannotConnect, "https://h:1"),
        (
            foreign.ConnectionClosedError(endpoint_url="https://h:1"),
            errors.ServiceUnavailable,
            "may have succeeded",
        ),
        (foreign.InvalidRegionError(region_name="a b"), errors.InvalidConfig, "a b"),
        (ResponseParserError("<html>"), errors.ServiceUnavailable, "AWS_ENDPOINT_URL"),
        (RetriesExceededError(OSError("reset by peer")), errors.ServiceUnavailable, "reset by peer"),
    ],
)
def test_what_goes_wrong_before_an_answer_is_translated_too(error, kind, says):
    translation = translated(error)
    assert isinstance(translation, kind)
    assert says in str(translation)


def test_our_own_errors_pass_untouched():
    with pytest.raises(errors.InvalidConfig), translated_errors("do it"):
        raise errors.InvalidConfig("x", ["y"])


def test_a_closed_port_is_nobody_there():
    key = AccessKey(access_key_id="a", secret_access_key="b")
    clients = open_clients(region="us-east-1", endpoint_url="http://127.0.0.1:1", credentials=key)
    with pytest.raises(errors.CannotConnect, match=r"127\.0\.0\.1:1"):
        _ = clients.account_id

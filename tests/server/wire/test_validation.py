"""What a request and an answer are checked against."""

from datetime import UTC, datetime

import pytest

from burnish.server.wire.call import ServiceFault
from burnish.server.wire.schema import operation_model
from burnish.server.wire.validation import check_parameters, problems_with

JOB_ARN = (
    "arn:aws:bedrock:us-east-1:123456789012:model-customization-job/local.smollm2-135m-v1:0/abcdefghijkl"
)


def problems(operation, parameters, service="bedrock"):
    with pytest.raises(ServiceFault) as fault:
        check_parameters(service, operation, parameters, code="ValidationException")
    assert fault.value.code == "ValidationException"
    return fault.value.message


@pytest.mark.parametrize(
    ("parameters", "constraint"),
    [
        (
            {"maxResults": 1001},
            "Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value less",
        ),
        ({"maxResults": 0}, "Member must have value greater than or equal to 1"),
        (
            {"maxResults": "many"},
            "Value 'many' at 'maxResults' failed to satisfy constraint: Member must be an integer",
        ),
        ({"maxResults": True}, "Member must be an integer"),
        ({"creationTimeAfter": "yesterday"}, "Member must be a timestamp"),
        ({"sortOrder": "Sideways"}, "Member must satisfy enum value set: [Ascending, Descending]"),
        ({"nameContains": "-"}, "Member must satisfy regular expression pattern"),
    ],
)
def test_a_value_out_of_bounds_is_named_with_its_bound(parameters, constraint):
    message = problems("ListModelCustomizationJobs", parameters)
    assert message.startswith("1 validation error detected: Value")
    assert constraint in message


def test_a_list_that_is_too_long_is_named_without_its_contents():
    tags = [{"key": f"k{number}", "value": "v"} for number in range(201)]
    message = problems("TagResource", {"resourceARN": JOB_ARN, "tags": tags})
    assert (
        "Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to 200"
        in message
    )


def test_an_item_of_a_list_is_named_by_its_number():
    tags = [{"key": "fine", "value": "v"}, {"key": "not;fine", "value": "v"}]
    message = problems("TagResource", {"resourceARN": JOB_ARN, "tags": tags})
    assert "Value 'not;fine' at 'tags.2.member.key'" in message


@pytest.mark.parametrize("source", [{}, {"bytes": b"x", "s3Location": {"uri": "s3://bucket/key"}}])
def test_a_union_has_exactly_one_member(source):
    image = {"image": {"format": "png", "source": source}}
    parameters = {"modelId": "m", "messages": [{"role": "user", "content": [image]}]}
    message = problems("Converse", parameters, service="bedrock-runtime")
    assert "Exactly one member must be set: [bytes, s3Location]" in message


def test_a_long_value_is_quoted_in_part():
    assert len(problems("GetModelCustomizationJob", {"jobIdentifier": "_" * 1000})) < 1000


def test_what_is_sensitive_is_not_quoted():
    message = problems("Converse", {"modelId": "m", "messages": "my secret"}, service="bedrock-runtime")
    assert "Value 'my secret' at 'messages'" in message
    message = problems("CreateAutomatedReasoningPolicy", {"name": "my secret;"})
    assert "my secret" not in message


def test_good_parameters_pass():
    check_parameters("bedrock", "GetModelCustomizationJob", {"jobIdentifier": JOB_ARN}, code="x")


def test_an_answer_is_checked_by_the_same_rules():
    answer = {"jobArn": "no arn", "jobName": "a", "creationTime": "2026", "failureMessage": None}
    found = "\n".join(
        problems_with(operation_model("bedrock", "GetModelCustomizationJob").output_shape, answer)
    )
    assert "Value 'no arn' at 'jobArn'" in found
    assert "Value '2026' at 'creationTime' failed to satisfy constraint: Member must be a timestamp" in found
    assert "Value null at 'roleArn'" in found
    assert "failureMessage" not in found.replace("failureMessage,", "")


def test_a_moment_is_a_timestamp():
    parameters = {"creationTimeAfter": datetime(2026, 1, 1, tzinfo=UTC)}
    check_parameters("bedrock", "ListModelCustomizationJobs", parameters, code="x")

"""Tags of Bedrock's resources: as many, and of such keys, as AWS takes."""

from __future__ import annotations

import pytest

from burnish.engine.catalogue import DEFAULT_MODEL
from burnish.server.wire.call import ServiceFault


def tags(count: int, *, prefix: str = "key"):
    return [{"key": f"{prefix}-{number}", "value": "v"} for number in range(count)]


def provision(region, name: str, *some):
    return region.answer(
        "CreateProvisionedModelThroughput",
        provisionedModelName=name,
        modelId=DEFAULT_MODEL.id,
        modelUnits=1,
        tags=list(some),
    )["provisionedModelArn"]


@pytest.mark.parametrize(
    ("some", "code"),
    [
        (tags(51), "TooManyTagsException"),
        ([{"key": "aws:team", "value": "v"}], "ValidationException"),
        ([{"key": "AWS:team", "value": "v"}], "ValidationException"),
        ([{"key": "a", "value": "1"}, {"key": "a", "value": "2"}], "ValidationException"),
    ],
)
def test_tags_that_no_resource_may_have_are_refused_where_it_is_made_and_later(region, some, code):
    with pytest.raises(ServiceFault, match=code):
        provision(region, "refused", *some)
    arn = provision(region, "made", *tags(50))
    with pytest.raises(ServiceFault, match=code):
        region.answer("TagResource", resourceARN=arn, tags=some)
    assert len(region.answer("ListTagsForResource", resourceARN=arn)["tags"]) == 50


def test_a_fifty_first_tag_is_refused_and_a_new_value_is_not(region):
    arn = provision(region, "full", *tags(50))
    region.answer("TagResource", resourceARN=arn, tags=[{"key": "key-0", "value": "another"}])
    with pytest.raises(ServiceFault, match="TooManyTagsException"):
        region.answer("TagResource", resourceARN=arn, tags=tags(1, prefix="more"))


def test_an_operation_that_declares_no_error_for_too_many_tags_says_so_otherwise(region):
    with pytest.raises(ServiceFault, match=r"ValidationException: A resource has at most 50 tags"):
        region.answer("CreateModelInvocationJob", tags=tags(51))

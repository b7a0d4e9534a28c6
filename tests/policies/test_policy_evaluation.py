"""What policy documents trust and allow."""

import json

import pytest

from burnish.policies.evaluation import Grants, allows, trusts_bedrock

JOB = "arn:aws:bedrock:us-east-1:123456789012:model-customization-job/local.x-v1:0/abcdefghijkl"


def trust(**changes):
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "bedrock.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement | changes]})


def trusts(document):
    return trusts_bedrock(document, account_id="123456789012", source_arn=JOB)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"Principal": {"Service": ["ec2.amazonaws.com", "bedrock.amazonaws.com"]}},
        {"Action": ["sts:TagSession", "STS:assumerole"]},
        {"Action": "sts:*"},
        {"Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}},
        {"Condition": {"StringEquals": {"AWS:sourceaccount": ["1", "123456789012"]}}},
        {
            "Condition": {
                "ArnEquals": {"aws:SourceArn": "arn:aws:bedrock:*:123456789012:model-customization-job/*"}
            }
        },
        {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:bedrock:us-east-?:123456789012:*"}}},
        {"Condition": {"StringLike": {"aws:SourceArn": "arn:aws:bedrock:*"}}},
    ],
)
def test_a_role_that_names_bedrock_trusts_it(changes):
    assert trusts(trust(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"Effect": "Deny"},
        {"Principal": {"Service": "sagemaker.amazonaws.com"}},
        {"Principal": {"AWS": "arn:aws:iam::123456789012:root"}},
        {"Principal": "*"},
        {"Action": "sts:TagSession"},
        {"Condition": {"StringEquals": {"aws:SourceAccount": "999999999999"}}},
        {"Condition": {"StringEquals": {"aws:SourceAccount": "1234*"}}},
        {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:bedrock:*:999999999999:*"}}},
        {"Condition": {"ArnLike": {"aws:SourceArn": "arn:*"}}},
        {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}},
        {"Condition": {"NumericBetween": {"aws:SourceAccount": "999999999999"}}},
        {
            "Condition": {
                "StringEquals": {"aws:SourceAccount": "123456789012"},
                "ArnEquals": {"aws:SourceArn": "arn:aws:bedrock:eu-west-1:123456789012:*"},
            }
        },
    ],
)
def test_a_role_that_does_not_hold_for_this_job_does_not_trust_it(changes):
    assert not trusts(trust(**changes))


def test_one_statement_may_stand_without_a_list():
    document = json.loads(trust())
    assert trusts(json.dumps(document | {"Statement": document["Statement"][0]}))


def test_a_denial_outweighs_trust():
    allowed, denied = json.loads(trust()), json.loads(trust(Effect="Deny"))
    assert not trusts(json.dumps({"Statement": allowed["Statement"] + denied["Statement"]}))


def statement(effect="Allow", **fields):
    return json.dumps({"Version": "2012-10-17", "Statement": {"Effect": effect, **fields}})


def allowed(*documents, action="s3:GetObject", resource="arn:aws:s3:::bucket/a/key.jsonl", **context):
    return allows(Grants(identity=tuple(documents)), action=action, resource=resource, context=context)


@pytest.mark.parametrize(
    "fields",
    [
        {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/*"},
        {"Action": ["s3:Put*", "S3:get*"], "Resource": ["arn:aws:s3:::other/*", "arn:aws:s3:::bucket/a/*"]},
        {"Action": "*", "Resource": "*"},
        {"NotAction": "s3:Delete*", "Resource": "*"},
        {"Action": "s3:*", "NotResource": "arn:aws:s3:::other/*"},
        {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::buck?t/a/key.jsonl"},
    ],
)
def test_what_a_statement_covers_is_allowed(fields):
    assert allowed(statement(**fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"Action": "s3:PutObject", "Resource": "*"},
        {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::other/*"},
        {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket"},
        {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::BUCKET/*"},
        {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::[a-z]ucket/*"},
        {"NotAction": "s3:*", "Resource": "*"},
        {"Action": "*", "NotResource": "arn:aws:s3:::bucket/*"},
        {"Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}},
    ],
)
def test_what_no_statement_covers_is_not_allowed(fields):
    assert not allowed(statement(**fields))


def test_without_documents_nothing_is_allowed():
    assert not allowed()


def test_a_denial_in_another_document_outweighs():
    assert not allowed(
        statement(Action="*", Resource="*"),
        statement("Deny", Action="s3:GetObject", Resource="arn:aws:s3:::bucket/a/*"),
    )


def test_a_condition_that_cannot_be_evaluated_grants_nothing_and_lifts_no_denial():
    unknown = {"NumericBetween": {"s3:max-keys": "1"}}
    everything = statement(Action="*", Resource="*")
    assert not allowed(statement(Action="*", Resource="*", Condition=unknown))
    assert not allowed(everything, statement("Deny", Action="*", Resource="*", Condition=unknown))


def test_a_condition_looks_at_the_context():
    document = statement(Action="*", Resource="*", Condition={"StringLike": {"aws:ResourceAccount": "1234*"}})
    assert allowed(document, **{"aws:ResourceAccount": "123456789012"})
    assert not allowed(document, **{"aws:ResourceAccount": "999999999999"})
    assert not allowed(document)

"""What is said of rights as IAM answers in its several ways; the rest is tried on a real server (`life`)."""

import pytest
from botocore.stub import Stubber

from burnish.aws import permission_preflight, preflight
from burnish.aws.clients import open_clients
from burnish.aws.objects import S3Uri
from burnish.configs import FinetuningJobConfig

ROLE = "arn:aws:iam::123456789012:role/Jobs"
USER = "arn:aws:iam::123456789012:user/me"
CONFIG = FinetuningJobConfig(
    base_model="arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0:300k",
    training_data_uri="s3://bucket/training.jsonl",
    output_uri="s3://bucket/output/",
    role_arn=ROLE,
    job_name="job",
    model_name="model",
    model_kms_key_id="arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555",
)
TRUST = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",'
    '"Principal":{"Service":"bedrock.amazonaws.com"}}]}'
)


def role_at(arn: str) -> dict:
    described = {"Path": "/", "RoleName": "Jobs", "RoleId": "AROAEXAMPLEEXAMPLE00", "Arn": arn}
    return {"Role": {**described, "CreateDate": "2026-01-02T00:00:00Z", "AssumeRolePolicyDocument": TRUST}}


@pytest.fixture
def iam(clients):
    with Stubber(clients.iam) as iam:
        yield iam
        iam.assert_no_pending_responses()


@pytest.fixture
def caller(clients):
    """Says who is asking, as often as that is asked."""
    with Stubber(clients.sts) as sts:

        def is_(arn: str) -> None:
            for _ in range(2):
                identity = {"Account": "123456789012", "Arn": arn, "UserId": "x"}
                sts.add_response("get_caller_identity", identity)

        yield is_


def simulated(iam, *decisions: str):
    """What IAM says of an action on one resource after another."""
    results = [
        {"EvalActionName": "s3:Any", "EvalResourceName": f"r{number}", "EvalDecision": decision}
        for number, decision in enumerate(decisions)
    ]
    iam.add_response("simulate_principal_policy", {"EvaluationResults": results})


def look(clients):
    return permission_preflight.check_permissions(clients, CONFIG, [S3Uri("bucket", "training.jsonl")])


def test_the_callers_own_missing_rights_are_named(clients, iam, caller):
    caller(USER)
    iam.add_response("get_role", role_at(ROLE))
    for _ in range(7):
        simulated(iam, "allowed")
    simulated(iam, "implicitDeny")
    simulated(iam, "explicitDeny")
    assert look(clients).problems == [
        f"you, {USER}, may not bedrock:CreateModelCustomizationJob on r0: allow it in its policies",
        f"you, {USER}, may not iam:PassRole on r0: allow it in its policies",
    ]


def test_a_session_is_judged_by_its_role(clients, iam, caller):
    caller("arn:aws:sts::123456789012:assumed-role/Admins/me")
    iam.add_response("get_role", role_at(ROLE))
    for _ in range(7):
        simulated(iam, "allowed")
    whole = "arn:aws:iam::123456789012:role/path/Admins"
    iam.add_response("get_role", role_at(whole), {"RoleName": "Admins"})
    for _ in range(2):
        simulated(iam, "implicitDeny")
    assert all(whole in problem for problem in look(clients).problems)


def test_a_right_to_a_key_is_looked_at_where_one_is_given(clients, iam, caller):
    caller("arn:aws:iam::123456789012:root")
    iam.add_response("get_role", role_at(ROLE))
    for _ in range(3):
        simulated(iam, "allowed")
    for _ in range(4):
        simulated(iam, "implicitDeny")
    problems = look(clients).problems
    assert [problem.split()[5] for problem in problems] == [
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "kms:DescribeKey",
        "kms:CreateGrant",
    ]


def test_who_may_not_ask_iam_is_told_so_and_nothing_is_stopped(clients, iam, caller):
    caller(USER)
    iam.add_client_error("get_role", "AccessDenied", "no", 403)
    iam.add_client_error("simulate_principal_policy", "AccessDenied", "no", 403)
    iam.add_client_error("simulate_principal_policy", "AccessDenied", "no", 403)
    found = look(clients)
    assert found.problems == []
    assert len(found.unchecked) == 3
    assert found.unchecked[0].startswith(f"whether Bedrock can assume {ROLE}: Could not describe")


def test_an_answer_with_details_for_each_resource_is_understood(clients, iam, caller):
    caller("arn:aws:iam::123456789012:root")
    iam.add_response("get_role", role_at(ROLE))
    details = [
        {"EvalResourceName": "good", "EvalResourceDecision": "allowed"},
        {"EvalResourceName": "bad", "EvalResourceDecision": "implicitDeny"},
    ]
    result = {
        "EvalActionName": "s3:Any",
        "EvalResourceName": "*",
        "EvalDecision": "implicitDeny",
        "ResourceSpecificResults": details,
    }
    iam.add_response("simulate_principal_policy", {"EvaluationResults": [result]})
    for _ in range(6):
        simulated(iam, "allowed")
    assert [problem.split()[7] for problem in look(clients).problems] == ["bad:"]


def test_a_region_that_is_not_known_for_a_model_is_said_and_stops_nothing(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    doubts = preflight._region_doubts(open_clients(region="eu-west-1"), CONFIG.base_model)
    assert doubts == ["whether Nova Lite can be tuned in eu-west-1: what is known is us-east-1"]
    assert preflight._region_doubts(open_clients(region="us-east-1"), CONFIG.base_model) == []


def test_ones_own_server_is_in_whatever_region_one_likes(clients):
    own = open_clients(region="eu-west-1", endpoint_url="http://127.0.0.1:1")
    assert preflight._region_doubts(own, CONFIG.base_model) == []

import json

import pytest
from botocore.stub import Stubber
from botocore_shapes import input_problems

from burnish.aws import roles
from burnish.aws.clients import AccessKey, open_clients
from burnish.aws.role_policies import JobScope, RoleNeeds, bucket_policy, policies_for, trust_policy
from burnish.configs import VpcConfig
from burnish.errors import InvalidConfig, NotFound, QuotaExceeded
from burnish.policies.grammar import PolicyKind, problem_in

NAME = "IDPModelCustomizationRoleuseast1"
ARN = f"arn:aws:iam::123456789012:role/{NAME}"
ROLE = {
    "Role": {
        "Path": "/",
        "RoleName": NAME,
        "RoleId": "AROAEXAMPLEEXAMPLE00",
        "Arn": ARN,
        "CreateDate": "2026-01-02T00:00:00Z",
    }
}


@pytest.fixture
def client():
    key = AccessKey(access_key_id="a", secret_access_key="b")
    return open_clients(region="us-east-1", endpoint_url="http://127.0.0.1:1", credentials=key).iam


@pytest.fixture
def sent(client):
    """The arguments of every call, each held against the service model."""
    calls = []

    def remember(params, model, **_):
        assert input_problems("iam", model.name, params) == []
        calls.append((model.name, dict(params)))

    client.meta.events.register("before-parameter-build.iam", remember)
    return calls


@pytest.fixture
def iam(client):
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


SCOPE = JobScope(account_id="123456789012", region="us-east-1")
TRUST = trust_policy(SCOPE)


def none_there(iam):
    """There is no such role yet."""
    iam.add_client_error("get_role", "NoSuchEntity", "no role", 404)


def there(iam, policies, trust=None):
    """The role exists, with these policies; None stands for one that is missing."""
    role = {"Role": {**ROLE["Role"], "AssumeRolePolicyDocument": json.dumps(trust or TRUST)}}
    iam.add_response("get_role", role)
    for name, document in policies.items():
        if document is None:
            iam.add_client_error("get_role_policy", "NoSuchEntity", "no policy", 404)
        else:
            described = {"RoleName": NAME, "PolicyName": name, "PolicyDocument": json.dumps(document)}
            iam.add_response("get_role_policy", described)


def create(client, buckets=("one", "two")):
    needs = RoleNeeds(buckets=tuple(buckets))
    return roles.create_or_update_model_customization_role(client, role_name=NAME, needs=needs, scope=SCOPE)


def test_each_region_has_a_role_of_its_own():
    assert roles.role_name_for("IDPModelCustomizationRole", "us-east-1") == NAME


def test_a_new_role_trusts_only_jobs_of_this_account_and_region(client, iam, sent):
    none_there(iam)
    iam.add_response("create_role", ROLE)
    iam.add_response("put_role_policy", {})
    assert create(client, ["one"]) == ARN
    statement = json.loads(sent[1][1]["AssumeRolePolicyDocument"])["Statement"][0]
    assert statement["Principal"] == {"Service": "bedrock.amazonaws.com"}
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnEquals": {
            "aws:SourceArn": [
                f"arn:aws:bedrock:us-east-1:123456789012:{kind}/*"
                for kind in ("model-customization-job", "model-import-job", "model-invocation-job")
            ]
        },
    }


def test_a_role_reaches_the_buckets_named_and_no_others(client, iam, sent):
    none_there(iam)
    iam.add_response("create_role", ROLE)
    iam.add_response("put_role_policy", {})
    iam.add_response("put_role_policy", {})
    create(client)
    policies = [json.loads(call["PolicyDocument"]) for name, call in sent if name == "PutRolePolicy"]
    reached = [resource for policy in policies for resource in policy["Statement"][0]["Resource"]]
    assert reached == ["arn:aws:s3:::one", "arn:aws:s3:::one/*", "arn:aws:s3:::two", "arn:aws:s3:::two/*"]
    assert {action for policy in policies for action in policy["Statement"][0]["Action"]} == {
        "s3:GetObject",
        "s3:PutObject",
        "s3:ListBucket",
    }


ONE = bucket_policy("one", SCOPE)


def test_a_role_that_is_as_it_should_be_is_left_alone(client, iam, sent):
    there(iam, {"Burnish-S3-one": ONE})
    assert create(client, ["one"]) == ARN
    assert {name for name, _ in sent} == {"GetRole", "GetRolePolicy"}


def test_a_role_that_exists_gets_what_it_lacks(client, iam, sent):
    there(iam, {"Burnish-S3-one": ONE, "Burnish-S3-two": None})
    iam.add_response("put_role_policy", {})
    assert create(client) == ARN
    assert [call["PolicyName"] for name, call in sent if name == "PutRolePolicy"] == ["Burnish-S3-two"]


def test_what_was_changed_by_hand_is_not_replaced_without_a_word(client, iam, caplog):
    narrowed = {**ONE, "Statement": [{**ONE["Statement"][0], "Action": ["s3:GetObject"]}]}
    open_trust = {**TRUST, "Statement": [{**TRUST["Statement"][0], "Condition": {}}]}
    there(iam, {"Burnish-S3-one": narrowed}, trust=open_trust)
    iam.add_response("update_assume_role_policy", {})
    iam.add_response("put_role_policy", {})
    assert create(client, ["one"]) == ARN
    said = [record.getMessage() for record in caplog.records]
    assert ["trust policy" in said[0], "Burnish-S3-one, which was changed by hand" in said[1]] == [True, True]


def test_a_plan_is_read_only_and_lists_the_steps(client, iam, sent):
    none_there(iam)
    needs = RoleNeeds(buckets=("one",))
    plan = roles.plan_role(client, role_name=NAME, needs=needs, scope=SCOPE)
    assert {name for name, _ in sent} == {"GetRole"}
    assert str(plan).splitlines() == [
        f"The role '{NAME}':",
        "  - create it, for customization jobs of the account 123456789012 in us-east-1 only",
        "  - let it read and write arn:aws:s3:::one/*",
    ]
    there(iam, {"Burnish-S3-one": ONE})
    again = roles.plan_role(client, role_name=NAME, needs=needs, scope=SCOPE)
    assert str(again) == f"The role '{NAME}' is as it should be."


def test_a_role_that_somebody_else_makes_meanwhile_is_taken(client, iam):
    none_there(iam)
    iam.add_client_error("create_role", "EntityAlreadyExists", "there", 409)
    iam.add_response("update_assume_role_policy", {})
    iam.add_response("get_role", ROLE)
    iam.add_response("put_role_policy", {})
    assert create(client, ["one"]) == ARN


def test_another_trouble_is_not_taken_for_an_existing_role(client, iam):
    none_there(iam)
    iam.add_client_error("create_role", "LimitExceeded", "too many roles", 409)
    with pytest.raises(QuotaExceeded):
        create(client)


def test_a_role_for_no_bucket_is_refused(client):
    with pytest.raises(InvalidConfig, match="buckets is empty"):
        create(client, [])


def test_a_role_goes_with_all_its_policies(client, iam, sent):
    iam.add_response("list_role_policies", {"PolicyNames": ["a"], "IsTruncated": True, "Marker": "m"})
    iam.add_response("list_role_policies", {"PolicyNames": ["b"], "IsTruncated": False})
    iam.add_response("delete_role_policy", {}, {"RoleName": NAME, "PolicyName": "a"})
    iam.add_response("delete_role_policy", {}, {"RoleName": NAME, "PolicyName": "b"})
    attached = {"PolicyName": "c", "PolicyArn": "arn:aws:iam::123456789012:policy/c"}
    iam.add_response("list_attached_role_policies", {"AttachedPolicies": [attached], "IsTruncated": False})
    iam.add_response("detach_role_policy", {}, {"RoleName": NAME, "PolicyArn": attached["PolicyArn"]})
    iam.add_response("delete_role", {}, {"RoleName": NAME})
    roles.delete_role(client, ARN)


def described():
    """The role as IAM describes it; botocore decodes its policy in place."""
    return {**ROLE["Role"], "AssumeRolePolicyDocument": json.dumps(TRUST)}


def test_deleting_a_role_that_is_not_there_says_so_with_the_most_similar_name(client, iam):
    iam.add_client_error("list_role_policies", "NoSuchEntity", "no role", 404)
    iam.add_response("list_roles", {"Roles": [described()]})
    with pytest.raises(NotFound, match=f"Did you mean '{NAME}'") as error:
        roles.delete_role(client, NAME.removesuffix("1"))
    assert error.value.in_terminal.endswith("List them with `burnish role list`.")


def test_roles_that_bedrock_may_not_assume_are_not_listed(client, iam):
    other = {"Version": "2012-10-17", "Statement": [{"Principal": {"Service": "ec2.amazonaws.com"}}]}
    others = {**ROLE["Role"], "RoleName": "Other", "AssumeRolePolicyDocument": json.dumps(other)}
    iam.add_response("list_roles", {"Roles": [others], "IsTruncated": True, "Marker": "more"})
    iam.add_response("list_roles", {"Roles": [described()]})
    assert [one.role_name for one in roles.list_roles(client)] == [NAME]


def test_a_role_is_shown_with_the_names_of_its_policies(client, iam):
    iam.add_response("get_role", {"Role": described()})
    iam.add_response("list_role_policies", {"PolicyNames": ["Burnish-S3-papers"]})
    attached = {"PolicyName": "Boundary", "PolicyArn": "arn:aws:iam::123456789012:policy/Boundary"}
    iam.add_response("list_attached_role_policies", {"AttachedPolicies": [attached]})
    found = roles.get_role(client, ARN)
    assert (found.role_arn, found.policies) == (ARN, ("Burnish-S3-papers", "Boundary"))


def test_the_arn_of_a_role_is_found_by_its_name(client, iam):
    iam.add_response("get_role", {"Role": described()}, {"RoleName": NAME})
    assert roles.role_arn(client, NAME) == ARN
    assert roles.role_arn(client, ARN) == ARN


def test_other_partitions_have_other_arns():
    policy = trust_policy(JobScope(account_id="1", region="us-gov-west-1"))
    assert "arn:aws-us-gov:bedrock" in json.dumps(policy)
    china = bucket_policy("b", JobScope(account_id="1", region="cn-north-1"))
    assert china["Statement"][0]["Resource"][0] == "arn:aws-cn:s3:::b"


def test_a_folder_is_all_that_is_reached_where_only_a_folder_is_used():
    policy = bucket_policy("s3://bucket/pages/", SCOPE)
    assert policy["Statement"][0]["Resource"] == ["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/pages/*"]


def test_folders_of_one_bucket_have_policies_of_their_own():
    names = policies_for(RoleNeeds(buckets=("s3://b/one/", "s3://b/two/", "b")), SCOPE)
    assert len(names) == 3
    assert all(name.startswith("Burnish-S3-b") for name in names)


def test_keys_networks_and_graders_are_named_only_where_they_are_used():
    assert [*policies_for(RoleNeeds(buckets=("b",)), SCOPE)] == ["Burnish-S3-b"]
    key = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    needs = RoleNeeds(
        buckets=("b",),
        kms_key_arns=(key,),
        vpc=VpcConfig(subnet_ids=("subnet-1",), security_group_ids=("sg-1",)),
        grader_lambda_arn="arn:aws:lambda:us-east-1:123456789012:function:grade",
    )
    policies = policies_for(needs, SCOPE)
    kms = next(document for name, document in policies.items() if name.startswith("Burnish-KMS-"))
    assert kms["Statement"][0]["Resource"] == [key]
    assert kms["Statement"][0]["Condition"]["StringEquals"]["kms:ViaService"][0] == (
        "bedrock.us-east-1.amazonaws.com"
    )
    making = policies["Burnish-VPC"]["Statement"][1]
    assert "arn:aws:ec2:us-east-1:123456789012:subnet/subnet-1" in making["Resource"]
    assert "arn:aws:ec2:us-east-1:123456789012:security-group/sg-1" in making["Resource"]
    assert policies["Burnish-Lambda"]["Statement"][0]["Action"] == ["lambda:InvokeFunction"]


@pytest.mark.parametrize("policy", [trust_policy(SCOPE), *policies_for(
    RoleNeeds(
        buckets=("b",),
        kms_key_arns=("arn:aws:kms:us-east-1:123456789012:key/k",),
        vpc=VpcConfig(subnet_ids=("subnet-1",), security_group_ids=("sg-1",)),
        grader_lambda_arn="arn:aws:lambda:us-east-1:123456789012:function:grade",
    ),
    SCOPE,
).values()])  # fmt: skip
def test_every_document_is_a_policy_as_iam_takes_it(policy):
    kind = PolicyKind.TRUST if "Principal" in policy["Statement"][0] else PolicyKind.IDENTITY
    assert problem_in(json.dumps(policy), kind) is None


def test_an_alias_of_a_key_is_refused_before_any_call(client, iam):
    needs = RoleNeeds(buckets=("b",), kms_key_arns=("alias/mine",))
    with pytest.raises(InvalidConfig, match="the ARN of a key"):
        roles.plan_role(client, role_name=NAME, needs=needs, scope=SCOPE)


def test_a_policy_that_went_with_a_lost_answer_is_as_good_as_deleted(client, iam, no_pauses):
    iam.add_response("list_role_policies", {"PolicyNames": ["a"], "IsTruncated": False})
    iam.add_client_error("delete_role_policy", "ServiceFailure", "lost", 500)
    iam.add_client_error("delete_role_policy", "NoSuchEntity", "no such policy", 404)
    iam.add_response("list_attached_role_policies", {"AttachedPolicies": [], "IsTruncated": False})
    iam.add_response("delete_role", {})
    roles.delete_role(client, NAME)

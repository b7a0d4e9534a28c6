"""IAM and STS, asked by the real client."""

import json
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from burnish.server.iam.operations import IamStore

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "bedrock.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
        }
    ],
}
READ = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::bucket/*"}],
}
WRITE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::bucket/*"}],
}


@pytest.fixture
def iam(served):
    return served.client("iam")


@pytest.fixture
def role(iam):
    name = f"role-{uuid4().hex[:8]}"
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    return name


@pytest.fixture
def policy(iam):
    name = f"policy-{uuid4().hex[:8]}"
    return iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(READ))["Policy"]["Arn"]


def refused(code):
    return pytest.raises(ClientError, match=rf"\({code}\)")


def test_sts_tells_who_is_asking(served):
    identity = served.client("sts").get_caller_identity()
    assert identity["Account"] == "123456789012"
    assert identity["Arn"] == "arn:aws:iam::123456789012:root"


def test_a_role_lives_from_creation_to_deletion(iam):
    tags = [{"Key": "team", "Value": "forms: ünï 日本"}]
    made = iam.create_role(
        RoleName="tuner",
        Path="/service/",
        AssumeRolePolicyDocument=json.dumps(TRUST),
        Description="reads & writes <one> bucket",
        MaxSessionDuration=7200,
        Tags=tags,
    )["Role"]
    assert made["Arn"] == "arn:aws:iam::123456789012:role/service/tuner"
    found = iam.get_role(RoleName="tuner")["Role"]
    assert found == made
    assert found["AssumeRolePolicyDocument"] == TRUST
    assert found["Description"] == "reads & writes <one> bucket"
    assert found["Tags"] == tags
    assert found["RoleId"].startswith("AROA")
    assert "tuner" in [role["RoleName"] for role in iam.list_roles(PathPrefix="/service/")["Roles"]]
    iam.delete_role(RoleName="tuner")
    with pytest.raises(
        iam.exceptions.NoSuchEntityException, match=r"The role with name tuner cannot be found\."
    ):
        iam.get_role(RoleName="tuner")


def test_a_role_of_that_name_exists_in_any_case(iam, role):
    with pytest.raises(iam.exceptions.EntityAlreadyExistsException, match="already exists"):
        iam.create_role(RoleName=role.upper(), AssumeRolePolicyDocument=json.dumps(TRUST))


def test_the_trust_policy_can_be_replaced(iam, role):
    other = json.loads(json.dumps(TRUST).replace("123456789012", "999999999999"))
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(other))
    assert iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"] == other


@pytest.mark.parametrize(
    "document",
    ["{", "[]", "{}", '{"Version": "2020-01-01", "Statement": []}', json.dumps(READ), '{"Statement": [{}]}'],
)
def test_a_malformed_trust_policy_is_refused(iam, document):
    with pytest.raises(iam.exceptions.MalformedPolicyDocumentException):
        iam.create_role(RoleName="never", AssumeRolePolicyDocument=document)
    with refused("NoSuchEntity"):
        iam.get_role(RoleName="never")


def test_inline_policies_are_put_read_listed_and_deleted(iam, role):
    iam.put_role_policy(RoleName=role, PolicyName="read", PolicyDocument=json.dumps(READ))
    iam.put_role_policy(RoleName=role, PolicyName="read", PolicyDocument=json.dumps(WRITE))
    assert iam.get_role_policy(RoleName=role, PolicyName="read")["PolicyDocument"] == WRITE
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == ["read"]
    with refused("DeleteConflict"):
        iam.delete_role(RoleName=role)
    iam.delete_role_policy(RoleName=role, PolicyName="read")
    with refused("NoSuchEntity"):
        iam.get_role_policy(RoleName=role, PolicyName="read")
    with refused("NoSuchEntity"):
        iam.delete_role_policy(RoleName=role, PolicyName="read")


def test_a_policy_of_a_role_needs_resources(iam, role):
    with pytest.raises(iam.exceptions.MalformedPolicyDocumentException):
        iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=json.dumps(TRUST))


def test_managed_policies_are_attached_and_detached(iam, role, policy):
    iam.attach_role_policy(RoleName=role, PolicyArn=policy)
    iam.attach_role_policy(RoleName=role, PolicyArn=policy)
    attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    assert [item["PolicyArn"] for item in attached] == [policy]
    assert iam.get_policy(PolicyArn=policy)["Policy"]["AttachmentCount"] == 1
    for delete in (lambda: iam.delete_role(RoleName=role), lambda: iam.delete_policy(PolicyArn=policy)):
        with pytest.raises(iam.exceptions.DeleteConflictException):
            delete()
    iam.detach_role_policy(RoleName=role, PolicyArn=policy)
    with refused("NoSuchEntity"):
        iam.detach_role_policy(RoleName=role, PolicyArn=policy)
    iam.delete_policy(PolicyArn=policy)
    iam.delete_role(RoleName=role)


def test_a_policy_that_is_not_there_cannot_be_attached(iam, role):
    with refused("NoSuchEntity"):
        iam.attach_role_policy(RoleName=role, PolicyArn="arn:aws:iam::aws:policy/AmazonEC2FullAccess")


def test_a_managed_policy_has_versions(iam, policy):
    made = iam.create_policy_version(PolicyArn=policy, PolicyDocument=json.dumps(WRITE), SetAsDefault=True)
    assert made["PolicyVersion"]["VersionId"] == "v2"
    assert iam.get_policy_version(PolicyArn=policy, VersionId="v1")["PolicyVersion"]["Document"] == READ
    listed = iam.list_policy_versions(PolicyArn=policy)["Versions"]
    assert [(version["VersionId"], version["IsDefaultVersion"]) for version in listed] == [
        ("v2", True),
        ("v1", False),
    ]
    with refused("DeleteConflict"):
        iam.delete_policy_version(PolicyArn=policy, VersionId="v2")
    with refused("DeleteConflict"):
        iam.delete_policy(PolicyArn=policy)
    iam.set_default_policy_version(PolicyArn=policy, VersionId="v1")
    iam.delete_policy_version(PolicyArn=policy, VersionId="v2")
    third = iam.create_policy_version(PolicyArn=policy, PolicyDocument=json.dumps(WRITE))["PolicyVersion"]
    assert (third["VersionId"], third["IsDefaultVersion"]) == ("v3", False)


def test_a_managed_policy_has_five_versions_at_most(iam, policy):
    for _ in range(4):
        iam.create_policy_version(PolicyArn=policy, PolicyDocument=json.dumps(WRITE))
    with pytest.raises(iam.exceptions.LimitExceededException):
        iam.create_policy_version(PolicyArn=policy, PolicyDocument=json.dumps(WRITE))


def test_a_policy_of_that_name_exists(iam, policy):
    with pytest.raises(iam.exceptions.EntityAlreadyExistsException):
        iam.create_policy(PolicyName=policy.rpartition("/")[2], PolicyDocument=json.dumps(READ))


def test_policies_are_listed_by_scope_and_use(iam, role, policy):
    iam.attach_role_policy(RoleName=role, PolicyArn=policy)
    attached = iam.get_paginator("list_policies").paginate(Scope="Local", OnlyAttached=True)
    assert policy in [item["Arn"] for page in attached for item in page["Policies"]]
    of_aws = [item["PolicyName"] for item in iam.list_policies(Scope="AWS")["Policies"]]
    assert of_aws == sorted(of_aws)
    assert "AmazonBedrockFullAccess" in of_aws

    def used_of_aws():
        used = iam.list_policies(Scope="AWS", OnlyAttached=True)["Policies"]
        return {item["PolicyName"]: item["AttachmentCount"] for item in used}

    # Other tests may have attached some to users of theirs: the server is one for all of them.
    before, name = used_of_aws(), "AmazonS3ReadOnlyAccess"
    assert all(before.values())
    arn = f"arn:aws:iam::aws:policy/{name}"
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    assert used_of_aws() == {**before, name: before.get(name, 0) + 1}
    iam.detach_role_policy(RoleName=role, PolicyArn=arn)
    assert used_of_aws() == before


def test_tags_are_set_listed_and_taken_off(iam, role):
    iam.tag_role(RoleName=role, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}])
    iam.tag_role(RoleName=role, Tags=[{"Key": "a", "Value": "2"}])
    tags = [{"Key": "a", "Value": "2"}, {"Key": "b", "Value": ""}]
    assert iam.list_role_tags(RoleName=role)["Tags"] == tags
    iam.untag_role(RoleName=role, TagKeys=["b", "absent"])
    assert iam.list_role_tags(RoleName=role)["Tags"] == tags[:1]


def test_lists_come_in_pages(iam):
    names = [f"paged-{number}" for number in range(5)]
    for name in names:
        iam.create_role(RoleName=name, Path="/paged/", AssumeRolePolicyDocument=json.dumps(TRUST))
    pages = iam.get_paginator("list_roles").paginate(PathPrefix="/paged/", PaginationConfig={"PageSize": 2})
    found = [[role["RoleName"] for role in page["Roles"]] for page in pages]
    assert found == [names[:2], names[2:4], names[4:]]
    with refused("ValidationError"):
        iam.list_roles(Marker="nonsense")


def test_a_name_that_iam_refuses_is_refused_in_its_words(iam):
    with refused("ValidationError") as error:
        iam.create_role(RoleName="not/a/name", AssumeRolePolicyDocument=json.dumps(TRUST))
    assert "1 validation error detected: Value 'not/a/name' at 'roleName'" in str(error.value)


def test_the_store_tells_what_a_role_may_do(iam, served, role, policy):
    iam.put_role_policy(RoleName=role, PolicyName="write", PolicyDocument=json.dumps(WRITE))
    iam.attach_role_policy(RoleName=role, PolicyArn=policy)
    documents = served.iam.policy_documents_of(role)
    assert [json.loads(document) for document in documents] == [WRITE, READ]
    arn = f"arn:aws:iam::123456789012:role/{role}"
    found = served.iam.role_by_arn(arn)
    assert found is not None
    assert (found.name, json.loads(found.trust_policy)) == (role, TRUST)
    assert served.iam.role_by_arn(arn + "x") is None


def test_what_was_stored_is_there_after_a_restart(iam, served, role, object_store):
    again = IamStore(object_store[2])
    assert again.role(role) == served.iam.role(role)
    again.close()


def test_a_change_that_fails_changes_nothing(tmp_path):
    store = IamStore(tmp_path)

    def tag_and_fail():
        with store.database.change():
            store.database.execute("insert into tags values ('arn', 'k', 'v')")
            raise KeyError

    with pytest.raises(KeyError):
        tag_and_fail()
    assert store.tags("arn") == {}
    store.close()


def a_policy(**changes):
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"} | changes
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


MALFORMED = [
    "[" * 6000,
    '{"Statement":' * 400 + "1" + "}" * 400,
    a_policy(Resource=[[["*"]]]),
    a_policy(Resource={"a": "*"}),
    a_policy(Action=[["s3:*"]]),
    a_policy(Effect=["Allow"]),
    a_policy(Condition=[["StringLike"]]),
    a_policy(Condition={"StringLike": "a"}),
    a_policy(Condition={"StringLike": {"aws:SourceArn": [["a"]]}}),
    a_policy(Condition={"StringLike": {"aws:SourceArn": {"a": "b"}}}),
]


@pytest.mark.attack(
    "Bedrock API",
    "IAM: policy documents of deep or wrong structure, or longer than IAM keeps",
    "400 MalformedPolicyDocument or 409 LimitExceeded",
)
@pytest.mark.parametrize("document", MALFORMED, ids=range(len(MALFORMED)))
def test_a_document_of_another_structure_is_no_policy(iam, role, document):
    with refused("MalformedPolicyDocument"):
        iam.put_role_policy(RoleName=role, PolicyName="inline", PolicyDocument=document)


def test_a_policy_that_is_too_long_is_refused_and_white_space_does_not_count(iam, role):
    short, long = (
        a_policy(Resource=f"arn:aws:s3:::{'a' * 4000}"),
        a_policy(Resource=f"arn:aws:s3:::{'a' * 6200}"),
    )
    made = iam.create_policy(PolicyName=f"long-{uuid4()}", PolicyDocument=short + " " * 5000)["Policy"]
    with refused("LimitExceeded"):
        iam.create_policy(PolicyName=f"long-{uuid4()}", PolicyDocument=long)
    with refused("LimitExceeded"):
        iam.create_policy_version(PolicyArn=made["Arn"], PolicyDocument=long)
    with refused("LimitExceeded"):
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=long)
    iam.delete_policy(PolicyArn=made["Arn"])


def test_all_inline_policies_of_a_role_have_a_limit_together(iam, role):
    document = a_policy(Resource=f"arn:aws:s3:::{'a' * 4000}")
    for name in ("one", "two", "two"):
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document)
    with refused("LimitExceeded"):
        iam.put_role_policy(RoleName=role, PolicyName="three", PolicyDocument=document)
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == ["one", "two"]


def test_a_simulation_takes_only_policies(iam, role):
    arn = iam.get_role(RoleName=role)["Role"]["Arn"]
    for wrong in (
        ["{}"],
        ["null"],
        ["[" * 6000],
        [a_policy(Resource=f"arn:aws:s3:::{'a' * 6200}")],
        [a_policy()] * 21,
    ):
        with refused("InvalidInput"):
            iam.simulate_principal_policy(
                PolicySourceArn=arn, ActionNames=["s3:GetObject"], PolicyInputList=wrong
            )

"""What AWS does about identities: STS and IAM."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from burnish.aws.clients import AccessKey
from burnish.aws.role_policies import trust_policy
from burnish.conformance.check import CheckGroup
from burnish.conformance.expectations import code_of, expect, expect_equal, refused
from burnish.conformance.shared import ROLE_SECONDS, bucket, new_role, role, scope
from burnish.conformance.subject import Subject
from burnish.waiting import wait_until

sts = CheckGroup("sts")
iam = CheckGroup("iam")
_READING: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::none/*"}


def _document(**statement: object) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [statement]}


def _role_name(subject: Subject) -> str:
    return role(subject).rpartition("/")[2]


def _own_policy(subject: Subject) -> str:
    """The ARN of a managed policy."""

    def made() -> str:
        client = subject.clients.iam
        document = json.dumps(_document(**_READING))
        answer = client.create_policy(PolicyName=subject.name("policy"), PolicyDocument=document)
        arn = str(answer["Policy"]["Arn"])
        subject.at_the_end(client.delete_policy, PolicyArn=arn)
        return arn

    return subject.once("policy", made)


@sts.check("GetCallerIdentity", "the account has twelve digits, and is in the caller's ARN")
def _identity(subject: Subject) -> None:
    found = subject.clients.sts.get_caller_identity()
    account = found["Account"]
    expect(len(account) == 12 and account.isdigit(), f"the account is {account!r}")
    expect(f"::{account}:" in found["Arn"], f"the ARN is {found['Arn']!r}")


@sts.check("GetCallerIdentity", "a wrong secret is SignatureDoesNotMatch")
def _identity_with_wrong_secret(subject: Subject) -> None:
    with refused("SignatureDoesNotMatch"):
        subject.with_wrong_secret().sts.get_caller_identity()


@sts.check("GetCallerIdentity", "an unknown access key is InvalidClientTokenId")
def _identity_with_unknown_key(subject: Subject) -> None:
    with refused("InvalidClientTokenId"):
        subject.with_unknown_key().sts.get_caller_identity()


@sts.check("AssumeRole", "a session has the role's credentials, and the account's root gets none")
def _session(subject: Subject) -> None:
    account = subject.clients.account_id
    principal = {"AWS": f"arn:aws:iam::{account}:root"}
    trust = _document(Effect="Allow", Principal=principal, Action="sts:AssumeRole")
    name = new_role(subject, "assumed", trust)
    if subject.clients.caller_arn.endswith(":root"):
        with refused("AccessDenied"):
            _assumed(subject, name)
        return
    key = wait_until(lambda: _assumed(subject, name), bool, interval=2.0, timeout=ROLE_SECONDS)
    arn = subject.with_key(key or AccessKey(access_key_id="", secret_access_key="")).caller_arn
    expect_equal(arn, f"arn:aws:sts::{account}:assumed-role/{name}/session", of="the session's ARN")


def _assumed(subject: Subject, name: str) -> AccessKey | None:
    """The key of a session of this role; None while AWS does not know the role everywhere."""
    arn = f"arn:aws:iam::{subject.clients.account_id}:role/{name}"
    try:
        found = subject.clients.sts.assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
    except ClientError as error:
        if subject.clients.leads_to_aws and code_of(error) == "AccessDenied":
            return None
        raise
    return _key_in(found)


def _key_in(found: Mapping[str, Any]) -> AccessKey:
    return AccessKey(
        access_key_id=found["AccessKeyId"],
        secret_access_key=found["SecretAccessKey"],
        session_token=found["SessionToken"],
    )


@sts.check("AssumeRole", "a role whose trust policy does not name the caller is AccessDenied")
def _untrusted(subject: Subject) -> None:
    with refused("AccessDenied"):
        subject.clients.sts.assume_role(RoleArn=role(subject), RoleSessionName="session")


@sts.check("GetSessionToken", "the credentials are the caller's own, and give no further ones")
def _own_session(subject: Subject) -> None:
    found = subject.clients.sts.get_session_token(DurationSeconds=900)["Credentials"]
    session = subject.with_key(_key_in(found))
    expect_equal(session.caller_arn, subject.clients.caller_arn, of="the caller's ARN")
    with refused("AccessDenied"):
        session.sts.get_session_token()


@iam.check("CreateRole", "a name that is taken is EntityAlreadyExists")
def _taken_name(subject: Subject) -> None:
    document = json.dumps(_trust_of_jobs(subject))
    name = _role_name(subject)
    with refused("EntityAlreadyExists"):
        subject.clients.iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)


@iam.check("CreateRole", "a trust policy that is no policy is MalformedPolicyDocument")
def _no_policy(subject: Subject) -> None:
    with refused("MalformedPolicyDocument"):
        subject.clients.iam.create_role(
            RoleName=subject.name("malformed"), AssumeRolePolicyDocument='{"Statement": "all"}'
        )


@iam.check("GetRole", "the trust policy comes back as it was given")
def _trust_policy(subject: Subject) -> None:
    found = subject.clients.iam.get_role(RoleName=_role_name(subject))["Role"]
    expect_equal(found["AssumeRolePolicyDocument"], _trust_of_jobs(subject), of="the trust policy")


@iam.check("GetRole", "an unknown role is NoSuchEntity")
def _unknown_role(subject: Subject) -> None:
    with refused("NoSuchEntity"):
        subject.clients.iam.get_role(RoleName=subject.name("nosuch"))


@iam.check("ListRoles", "pages of one role lead to every role, each once")
def _pages_of_roles(subject: Subject) -> None:
    name = _role_name(subject)
    pages = subject.clients.iam.get_paginator("list_roles").paginate(PaginationConfig={"PageSize": 1})
    names = [one["RoleName"] for page in pages for one in page["Roles"]]
    expect(names.count(name) == 1, f"{name!r} is listed {names.count(name)} times")


@iam.check("PutRolePolicy", "a policy of a role comes back as it was given")
def _inline_policy(subject: Subject) -> None:
    client, name = subject.clients.iam, _role_name(subject)
    given = _document(**_READING)
    client.put_role_policy(RoleName=name, PolicyName="reading", PolicyDocument=json.dumps(given))
    found = client.get_role_policy(RoleName=name, PolicyName="reading")["PolicyDocument"]
    client.delete_role_policy(RoleName=name, PolicyName="reading")
    expect_equal(found, given, of="the policy")


@iam.check("PutRolePolicy", "an action without a service is MalformedPolicyDocument")
def _malformed_action(subject: Subject) -> None:
    document = json.dumps(_document(**{**_READING, "Action": "GetObject"}))
    with refused("MalformedPolicyDocument"):
        subject.clients.iam.put_role_policy(
            RoleName=_role_name(subject), PolicyName="malformed", PolicyDocument=document
        )


@iam.check("DeleteRole", "a role that still has policies is DeleteConflict")
def _role_in_use(subject: Subject) -> None:
    with refused("DeleteConflict"):
        subject.clients.iam.delete_role(RoleName=_role_name(subject))


@iam.check("AttachRolePolicy", "an attached policy is listed, and cannot be deleted")
def _attached(subject: Subject) -> None:
    client, name, arn = subject.clients.iam, _role_name(subject), _own_policy(subject)
    client.attach_role_policy(RoleName=name, PolicyArn=arn)
    try:
        attached = client.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        expect_equal([one["PolicyArn"] for one in attached], [arn], of="what is attached")
        with refused("DeleteConflict"):
            client.delete_policy(PolicyArn=arn)
    finally:
        client.detach_role_policy(RoleName=name, PolicyArn=arn)


@iam.check("CreatePolicyVersion", "a sixth version is LimitExceeded")
def _versions(subject: Subject) -> None:
    client, arn = subject.clients.iam, _own_policy(subject)
    document = json.dumps(_document(**_READING))
    versions = [
        client.create_policy_version(PolicyArn=arn, PolicyDocument=document)["PolicyVersion"]["VersionId"]
        for _ in range(4)
    ]
    try:
        with refused("LimitExceeded"):
            client.create_policy_version(PolicyArn=arn, PolicyDocument=document)
    finally:
        for version in versions:
            client.delete_policy_version(PolicyArn=arn, VersionId=version)


@iam.check("TagRole", "tags are listed until they are removed")
def _role_tags(subject: Subject) -> None:
    client, name = subject.clients.iam, _role_name(subject)
    client.tag_role(RoleName=name, Tags=[{"Key": "stage", "Value": "test"}])
    tags = client.list_role_tags(RoleName=name)["Tags"]
    expect_equal(tags, [{"Key": "stage", "Value": "test"}], of="the tags")
    client.untag_role(RoleName=name, TagKeys=["stage"])
    expect_equal(client.list_role_tags(RoleName=name)["Tags"], [], of="the tags afterwards")


@iam.check("SimulatePrincipalPolicy", "what a policy allows is allowed, all else is implicitDeny")
def _simulated(subject: Subject) -> None:
    objects = f"arn:aws:s3:::{bucket(subject)}/train.jsonl"
    found = subject.clients.iam.simulate_principal_policy(
        PolicySourceArn=role(subject),
        ActionNames=["s3:GetObject", "s3:DeleteObject"],
        ResourceArns=[objects],
    )["EvaluationResults"]
    decisions = {one["EvalActionName"]: one["EvalDecision"] for one in found}
    wanted = {"s3:GetObject": "allowed", "s3:DeleteObject": "implicitDeny"}
    expect_equal(decisions, wanted, of="the decisions")


@iam.check("SimulatePrincipalPolicy", "a Deny beats an Allow: explicitDeny")
def _denied(subject: Subject) -> None:
    denial = json.dumps(_document(Effect="Deny", Action="s3:GetObject", Resource="*"))
    found = subject.clients.iam.simulate_principal_policy(
        PolicySourceArn=role(subject),
        ActionNames=["s3:GetObject"],
        ResourceArns=[f"arn:aws:s3:::{bucket(subject)}/train.jsonl"],
        PolicyInputList=[denial],
    )["EvaluationResults"]
    expect_equal(found[0]["EvalDecision"], "explicitDeny", of="the decision")


@iam.check("GetUser", "an unknown user is NoSuchEntity")
def _unknown_user(subject: Subject) -> None:
    with refused("NoSuchEntity"):
        subject.clients.iam.get_user(UserName=subject.name("nosuch"))


@iam.check("CreateGroup", "a name that is taken, in upper or lower case, is EntityAlreadyExists")
def _taken_group(subject: Subject) -> None:
    name = _group(subject)
    with refused("EntityAlreadyExists"):
        subject.clients.iam.create_group(GroupName=name.upper())


@iam.check("GetGroup", "an unknown group is NoSuchEntity")
def _unknown_group(subject: Subject) -> None:
    with refused("NoSuchEntity"):
        subject.clients.iam.get_group(GroupName=subject.name("nosuch"))


@iam.check("AddUserToGroup", "the user is listed in the group, and the group with the user")
def _member(subject: Subject) -> None:
    client, group, user = subject.clients.iam, _group(subject), _member_of_group(subject)
    users = [one["UserName"] for one in client.get_group(GroupName=group)["Users"]]
    expect_equal(users, [user], of="the users of the group")
    groups = [one["GroupName"] for one in client.list_groups_for_user(UserName=user)["Groups"]]
    expect_equal(groups, [group], of="the groups of the user")


@iam.check("PutGroupPolicy", "a policy of a group counts for its users")
def _policy_of_group(subject: Subject) -> None:
    client, group, user = subject.clients.iam, _group(subject), _member_of_group(subject)
    document = json.dumps(_document(**_READING))
    client.put_group_policy(GroupName=group, PolicyName="reading", PolicyDocument=document)
    try:
        found = client.simulate_principal_policy(
            PolicySourceArn=client.get_user(UserName=user)["User"]["Arn"],
            ActionNames=["s3:GetObject", "s3:DeleteObject"],
            ResourceArns=["arn:aws:s3:::none/object"],
        )["EvaluationResults"]
    finally:
        client.delete_group_policy(GroupName=group, PolicyName="reading")
    expect_equal([one["EvalDecision"] for one in found], ["allowed", "implicitDeny"], of="the decisions")


@iam.check("AttachGroupPolicy", "a policy tells which groups it is attached to")
def _attached_to_group(subject: Subject) -> None:
    client, group, arn = subject.clients.iam, _group(subject), _own_policy(subject)
    client.attach_group_policy(GroupName=group, PolicyArn=arn)
    try:
        found = client.list_entities_for_policy(PolicyArn=arn, EntityFilter="Group")["PolicyGroups"]
    finally:
        client.detach_group_policy(GroupName=group, PolicyArn=arn)
    expect_equal([one["GroupName"] for one in found], [group], of="the groups")


@iam.check("DeleteGroup", "a group that still has users is DeleteConflict, and so is a user in it")
def _group_in_use(subject: Subject) -> None:
    user = _member_of_group(subject)
    with refused("DeleteConflict"):
        subject.clients.iam.delete_group(GroupName=_group(subject))
    with refused("DeleteConflict"):
        subject.clients.iam.delete_user(UserName=user)


def _group(subject: Subject) -> str:
    """The name of a group."""

    def made() -> str:
        client, name = subject.clients.iam, subject.name("group")
        client.create_group(GroupName=name)
        subject.at_the_end(client.delete_group, GroupName=name)
        return name

    return subject.once("group", made)


def _member_of_group(subject: Subject) -> str:
    """The name of a user who is in the group, without any policy."""

    def made() -> str:
        client, group, name = subject.clients.iam, _group(subject), subject.name("member")
        client.create_user(UserName=name)
        subject.at_the_end(client.delete_user, UserName=name)
        client.add_user_to_group(GroupName=group, UserName=name)
        subject.at_the_end(client.remove_user_from_group, GroupName=group, UserName=name)
        return name

    return subject.once("member", made)


def _trust_of_jobs(subject: Subject) -> dict[str, Any]:
    """The trust policy of the shared role, as plain JSON."""
    found: dict[str, Any] = json.loads(json.dumps(trust_policy(scope(subject))))
    return found

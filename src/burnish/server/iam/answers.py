"""IAM's resources in IAM's spelling, and its ways of saying that something is not there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from burnish.policies.grammar import PolicyKind, problem_in
from burnish.server.iam.entities import Group, Policy, PolicyVersion, Role, User
from burnish.server.iam.paging import Members
from burnish.server.iam.store import IamStore
from burnish.server.wire.call import ServiceFault

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MAX_TRUST_LENGTH = 2048
MAX_POLICY_LENGTH = 6144


def role_named(store: IamStore, name: str) -> Role:
    """The role of that name. Raises the fault ``NoSuchEntity``."""
    role = store.role(name)
    if role is None:
        raise ServiceFault("NoSuchEntity", f"The role with name {name} cannot be found.")
    return role


def user_named(store: IamStore, name: str) -> User:
    """The user of that name. Raises the fault ``NoSuchEntity``."""
    user = store.user(name)
    if user is None:
        raise ServiceFault("NoSuchEntity", f"The user with name {name} cannot be found.")
    return user


def group_named(store: IamStore, name: str) -> Group:
    """The group of that name. Raises the fault ``NoSuchEntity``."""
    group = store.group(name)
    if group is None:
        raise ServiceFault("NoSuchEntity", f"The group with name {name} cannot be found.")
    return group


def policy_at(store: IamStore, arn: str) -> Policy:
    """The managed policy of that ARN. Raises the fault ``NoSuchEntity``."""
    policy = store.policy(arn)
    if policy is None:
        raise ServiceFault("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.")
    return policy


def check_document(document: str, *, is_trust: bool = False, longest: int = MAX_POLICY_LENGTH) -> None:
    """Nothing for a well-formed policy document; otherwise the fault ``MalformedPolicyDocument``.

    One that is longer than IAM keeps it is refused with the fault ``LimitExceeded``.
    """
    quota, most = ("ACLSizePerRole", MAX_TRUST_LENGTH) if is_trust else ("PolicySize", longest)
    # First the length: no more is parsed of a document than IAM would keep.
    if length_of(document) > most:
        raise ServiceFault("LimitExceeded", f"Cannot exceed quota for {quota}: {most}")
    problem = problem_in(document, PolicyKind.TRUST if is_trust else PolicyKind.IDENTITY)
    if problem:
        raise ServiceFault("MalformedPolicyDocument", problem)


def length_of(document: str) -> int:
    """The characters of a policy document as IAM counts them: without white space."""
    return len("".join(document.split()))


def boundary_members(policy_arn: str | None) -> dict[str, Any]:
    """The boundary of a role or user as IAM describes it, where there is one."""
    if policy_arn is None:
        return {}
    described = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": policy_arn}
    return {"PermissionsBoundary": described}


def user_members(user: User, *, with_tags: bool = True) -> dict[str, Any]:
    """A user as IAM describes it; its lists leave the tags out."""
    return {
        "Path": user.path,
        "UserName": user.name,
        "UserId": user.id,
        "Arn": user.arn,
        "CreateDate": user.created_at,
        "Tags": (tag_list(user.tags) or None) if with_tags else None,
    }


def group_members(group: Group) -> dict[str, Any]:
    """A group as IAM describes it."""
    return {
        "Path": group.path,
        "GroupName": group.name,
        "GroupId": group.id,
        "Arn": group.arn,
        "CreateDate": group.created_at,
    }


def role_members(role: Role, *, with_tags: bool = True) -> dict[str, Any]:
    """A role as IAM describes it; its lists leave the tags out."""
    return {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.id,
        "Arn": role.arn,
        "CreateDate": role.created_at,
        "AssumeRolePolicyDocument": encoded(role.trust_policy),
        "Description": role.description,
        "MaxSessionDuration": role.max_session_duration,
        "Tags": (tag_list(role.tags) or None) if with_tags else None,
    }


def policy_members(policy: Policy, *, with_tags: bool = True) -> Members:
    """A managed policy as IAM describes it; its lists leave the tags out."""
    return {
        "PolicyName": policy.name,
        "PolicyId": policy.id,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": f"v{policy.default_version}",
        "AttachmentCount": policy.attachment_count,
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": True,
        "Description": policy.description,
        "CreateDate": policy.created_at,
        "UpdateDate": policy.updated_at,
        "Tags": (tag_list(policy.tags) or None) if with_tags else None,
    }


def version_members(version: PolicyVersion, *, with_document: bool = False) -> Members:
    """A version of a managed policy as IAM describes it."""
    return {
        "Document": encoded(version.document) if with_document else None,
        "VersionId": f"v{version.number}",
        "IsDefaultVersion": version.is_default,
        "CreateDate": version.created_at,
    }


def tag_list(tags: Mapping[str, str]) -> list[Members]:
    """Tags in IAM's spelling."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def encoded(document: str) -> str:
    """A policy document as IAM sends it: percent-encoded as RFC 3986 has it."""
    return quote(document, safe="")

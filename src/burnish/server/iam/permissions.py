"""What calls of IAM and STS need to be allowed: the action and the resource of each operation.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from burnish.policies.patterns import Context, context_of
from burnish.server.iam.entities import Group, User
from burnish.server.iam.store import IamStore
from burnish.server.principals import PrincipalKind
from burnish.server.wire.access import Access, Needs, Permissions, tag_context
from burnish.server.wire.call import Call

_ON_ROLES = (
    "AttachRolePolicy",
    "CreateRole",
    "DeleteRole",
    "DeleteRolePermissionsBoundary",
    "DeleteRolePolicy",
    "DetachRolePolicy",
    "GetRole",
    "GetRolePolicy",
    "ListAttachedRolePolicies",
    "ListInstanceProfilesForRole",
    "ListRolePolicies",
    "ListRoleTags",
    "PutRolePermissionsBoundary",
    "PutRolePolicy",
    "TagRole",
    "UntagRole",
    "UpdateAssumeRolePolicy",
    "UpdateRole",
)
_ON_USERS = (
    "AttachUserPolicy",
    "CreateAccessKey",
    "CreateServiceSpecificCredential",
    "CreateUser",
    "DeleteAccessKey",
    "DeleteServiceSpecificCredential",
    "DeleteUser",
    "DeleteUserPermissionsBoundary",
    "DeleteUserPolicy",
    "DetachUserPolicy",
    "GetUser",
    "GetUserPolicy",
    "ListAccessKeys",
    "ListAttachedUserPolicies",
    "ListGroupsForUser",
    "ListMFADevices",
    "ListServiceSpecificCredentials",
    "ListUserPolicies",
    "ListUserTags",
    "PutUserPermissionsBoundary",
    "PutUserPolicy",
    "ResetServiceSpecificCredential",
    "TagUser",
    "UntagUser",
    "UpdateAccessKey",
    "UpdateServiceSpecificCredential",
)
_ON_GROUPS = (
    "AddUserToGroup",
    "AttachGroupPolicy",
    "CreateGroup",
    "DeleteGroup",
    "DeleteGroupPolicy",
    "DetachGroupPolicy",
    "GetGroup",
    "GetGroupPolicy",
    "ListAttachedGroupPolicies",
    "ListGroupPolicies",
    "PutGroupPolicy",
    "RemoveUserFromGroup",
)
_ON_POLICIES = (
    "CreatePolicy",
    "CreatePolicyVersion",
    "DeletePolicy",
    "DeletePolicyVersion",
    "GetPolicy",
    "GetPolicyVersion",
    "ListEntitiesForPolicy",
    "ListPolicyVersions",
    "SetDefaultPolicyVersion",
)
_ON_NOTHING = (
    "ListAccountAliases",
    "ListGroups",
    "ListPolicies",
    "ListRoles",
    "ListUsers",
    "SimulateCustomPolicy",
)
#: What STS decides itself: nobody can be denied to ask who he is, or for a session with his own rights, and a
#: role's trust policy decides, too.
_DECIDED_THERE = ("AssumeRole", "GetCallerIdentity", "GetSessionToken")

#: The condition keys that parameters of a request give values to.
_CONDITION_KEYS = {
    "PolicyArn": "iam:PolicyARN",
    "PermissionsBoundary": "iam:PermissionsBoundary",
    "ServiceName": "iam:ServiceSpecificCredentialServiceName",
    "CredentialAgeDays": "iam:ServiceSpecificCredentialAgeDays",
}


def iam_permissions(store: IamStore) -> Permissions:
    """What each operation of IAM and STS needs."""
    needs: dict[str, Needs] = {
        **{operation: partial(_on_role, store) for operation in _ON_ROLES},
        **{operation: partial(_on_user, store) for operation in _ON_USERS},
        **{operation: partial(_on_group, store) for operation in _ON_GROUPS},
        "UpdateGroup": partial(_on_renamed_group, store),
        "UpdateUser": partial(_on_renamed_user, store),
        **dict.fromkeys(_ON_POLICIES, _on_policy),
        **dict.fromkeys(_ON_NOTHING, _on_everything),
        "SimulatePrincipalPolicy": _on_principal,
    }
    of_sts: dict[tuple[str, str], Needs] = {("sts", operation): _nothing for operation in _DECIDED_THERE}
    return {("iam", operation): need for operation, need in needs.items()} | of_sts


def _on_role(store: IamStore, call: Call) -> Iterator[Access]:
    name = call.parameters["RoleName"]
    role = store.role(name)
    resource = role.arn if role else _arn(call, f"role{call.parameters.get('Path', '/')}{name}")
    yield _access(call, resource, store.tags(resource))


def _on_user(store: IamStore, call: Call) -> Iterator[Access]:
    principal, name = call.caller.principal, call.parameters.get("UserName")
    if name is None and principal.kind is PrincipalKind.USER:
        name = principal.name
    user = store.user(name) if name else None
    resource = user.arn if user else _arn(call, f"user{call.parameters.get('Path', '/')}{name or ''}")
    yield _access(call, resource, store.tags(resource))


def _on_group(store: IamStore, call: Call) -> Iterator[Access]:
    name = call.parameters["GroupName"]
    group = store.group(name)
    yield _access(call, group.arn if group else _arn(call, f"group{call.parameters.get('Path', '/')}{name}"))


def _on_renamed_group(store: IamStore, call: Call) -> Iterator[Access]:
    """Both the group and what it becomes: a rename must not lead out of what a caller may change."""
    yield from _on_group(store, call)
    if group := store.group(call.parameters["GroupName"]):
        yield _access(call, _arn(call, f"group{_place_after(call, group)}"))


def _on_renamed_user(store: IamStore, call: Call) -> Iterator[Access]:
    """Both the user and what it becomes, as for groups."""
    yield from _on_user(store, call)
    if user := store.user(call.parameters["UserName"]):
        yield _access(call, _arn(call, f"user{_place_after(call, user)}"), store.tags(user.arn))


def _place_after(call: Call, entity: User | Group) -> str:
    """The path and the name of a user or group after it has been updated."""
    given = call.parameters
    name = given.get("NewUserName") or given.get("NewGroupName") or entity.name
    return f"{given.get('NewPath', entity.path)}{name}"


def _on_policy(call: Call) -> Iterator[Access]:
    given = call.parameters
    new = f"policy{given.get('Path', '/')}{given.get('PolicyName', '')}"
    yield _access(call, given.get("PolicyArn") or _arn(call, new))


def _on_principal(call: Call) -> Iterator[Access]:
    yield _access(call, call.parameters["PolicySourceArn"])


def _on_everything(call: Call) -> Iterator[Access]:
    yield _access(call, "*")


def _nothing(_: Call) -> Iterator[Access]:
    return iter(())


def _access(call: Call, resource: str, tags: dict[str, str] | None = None) -> Access:
    given = call.parameters
    context: Context = {
        **context_of({key: str(given[name]) for name, key in _CONDITION_KEYS.items() if given.get(name)}),
        **context_of({f"aws:ResourceTag/{key}": value for key, value in (tags or {}).items()}),
        **tag_context(given.get("Tags"), key="Key", value="Value"),
    }
    return Access(action=f"iam:{call.operation}", resource=resource, context=context)


def _arn(call: Call, resource: str) -> str:
    return f"arn:aws:iam::{call.caller.account_id}:{resource}"

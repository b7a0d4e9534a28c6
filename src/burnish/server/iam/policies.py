"""IAM's operations on managed policies and their versions.

`burnish.server.iam.operations` runs those that change something in a transaction each.
"""

from __future__ import annotations

from functools import partial

from burnish.server.iam.answers import check_document, policy_at, policy_members, version_members
from burnish.server.iam.aws_policies import aws_policies
from burnish.server.iam.entities import EntityKind, Policy, PolicyVersion
from burnish.server.iam.entity_policies import set_tags
from burnish.server.iam.paging import Members, among, page
from burnish.server.iam.store import IamStore, new_id, now
from burnish.server.wire.call import Call, ServiceFault

MAX_VERSIONS = 5


def create_policy(store: IamStore, call: Call) -> Members:
    """The new managed policy; its document is version ``v1``."""
    given = call.parameters
    name, path = given["PolicyName"], given.get("Path", "/")
    check_document(given["PolicyDocument"])
    arn = f"arn:aws:iam::{call.caller.account_id}:policy{path}{name}"
    # By name and not by ARN: a name is taken whatever the path that it has been given.
    if store.database.rows("select 1 from policies where name = ?", name):
        raise ServiceFault(
            "EntityAlreadyExists",
            f"A policy called {name} already exists. Duplicate names are not allowed.",
        )
    store.database.execute(
        "insert into policies values (?, ?, ?, ?, ?, 1, 1, ?, ?)",
        *(arn, name, new_id("ANPA"), path, given.get("Description"), now(), now()),
    )
    store.database.execute(
        "insert into policy_versions values (?, 1, ?, ?)", arn, given["PolicyDocument"], now()
    )
    set_tags(store, arn, given.get("Tags", []))
    return {"Policy": policy_members(policy_at(store, arn))}


def get_policy(store: IamStore, call: Call) -> Members:
    """The managed policy, without its document."""
    return {"Policy": policy_members(_policy(store, call))}


def list_policies(store: IamStore, call: Call) -> Members:
    """The managed policies under a path: the account's, those of AWS, or both."""
    given, scope = call.parameters, call.parameters.get("Scope", "All")
    path, is_used = given.get("PathPrefix", "/"), bool(given.get("OnlyAttached"))

    def after(name: str, size: int) -> list[Policy]:
        own = store.policies(path, name, size, only_attached=is_used) if scope != "AWS" else []
        of_aws = _policies_of_aws(store, path, is_used=is_used) if scope != "Local" else []
        both = [*own, *(policy for policy in of_aws if _place(policy) > name)]
        return sorted(both, key=_place)[:size]

    return page("Policies", call, after, key=_place, shown=partial(policy_members, with_tags=False))


def _place(policy: Policy) -> str:
    return policy.name


def _policies_of_aws(store: IamStore, path: str, *, is_used: bool) -> list[Policy]:
    found = filter(None, map(store.policy, aws_policies()))
    return [one for one in found if one.path.startswith(path) and (one.attachment_count or not is_used)]


def list_entities_for_policy(store: IamStore, call: Call) -> Members:
    """The users, groups and roles that a policy is attached to, or that it limits."""
    given, policy = call.parameters, _policy(store, call)
    as_boundary = given.get("PolicyUsageFilter") == "PermissionsBoundary"
    wanted = given.get("EntityFilter")

    def of_kind(kind: EntityKind, filtered: str) -> list[str]:
        is_wanted = wanted in (None, filtered)
        return store.entities_with(policy.arn, kind, as_boundary=as_boundary) if is_wanted else []

    users = filter(None, map(store.user, of_kind(EntityKind.USER, "User")))
    groups = filter(None, map(store.group, of_kind(EntityKind.GROUP, "Group")))
    roles = filter(None, map(store.role, of_kind(EntityKind.ROLE, "Role")))
    return {
        "PolicyGroups": [{"GroupName": group.name, "GroupId": group.id} for group in groups],
        "PolicyUsers": [{"UserName": user.name, "UserId": user.id} for user in users],
        "PolicyRoles": [{"RoleName": role.name, "RoleId": role.id} for role in roles],
        "IsTruncated": False,
    }


def delete_policy(store: IamStore, call: Call) -> None:
    """Delete a policy. Refused while it is attached or has other versions than the default."""
    policy = _own_policy(store, call)
    if policy.attachment_count or store.is_boundary(policy.arn):
        raise ServiceFault("DeleteConflict", "Cannot delete a policy attached to entities.")
    if len(store.versions(policy.arn)) > 1:
        raise ServiceFault(
            "DeleteConflict",
            "This policy has more than one version. Before you delete a policy, you must delete the "
            "policy's versions. The default version is deleted with the policy.",
        )
    # Tags are of any ARN and must be deleted here; versions go with their policy, by a foreign key.
    store.database.execute("delete from tags where arn = ?", policy.arn)
    store.database.execute("delete from policies where arn = ?", policy.arn)


def create_policy_version(store: IamStore, call: Call) -> Members:
    """The new version, which is the default where the caller says so."""
    check_document(call.parameters["PolicyDocument"])
    policy = _own_policy(store, call)
    versions = store.versions(policy.arn)
    if len(versions) >= MAX_VERSIONS:
        raise ServiceFault(
            "LimitExceeded",
            f"A managed policy can have up to {MAX_VERSIONS} versions. Before you create a new version, "
            "you must delete an existing version.",
        )
    number = _next_number(store, policy)
    store.database.execute(
        "insert into policy_versions values (?, ?, ?, ?)",
        *(policy.arn, number, call.parameters["PolicyDocument"], now()),
    )
    if call.parameters.get("SetAsDefault"):
        _make_default(store, policy, number)
    return {"PolicyVersion": version_members(_version(store, policy, f"v{number}"))}


def get_policy_version(store: IamStore, call: Call) -> Members:
    """One version, with its document."""
    version = _version(store, _policy(store, call), call.parameters["VersionId"])
    return {"PolicyVersion": version_members(version, with_document=True)}


def list_policy_versions(store: IamStore, call: Call) -> Members:
    """The versions, the newest first, without their documents."""
    versions = store.versions(_policy(store, call).arn)
    return page("Versions", call, among(versions, _age), key=_age, shown=version_members)


def set_default_policy_version(store: IamStore, call: Call) -> None:
    """Make a version the one that counts."""
    policy = _own_policy(store, call)
    _make_default(store, policy, _version(store, policy, call.parameters["VersionId"]).number)


def delete_policy_version(store: IamStore, call: Call) -> None:
    """Delete a version. Refused for the default one."""
    policy = _own_policy(store, call)
    version = _version(store, policy, call.parameters["VersionId"])
    if version.is_default:
        raise ServiceFault("DeleteConflict", "Cannot delete the default version of a policy.")
    store.database.execute(
        "delete from policy_versions where policy_arn = ? and number = ?", policy.arn, version.number
    )


def _age(version: PolicyVersion) -> str:
    """Comes the later in the alphabet the older a version is."""
    return f"{10**12 - version.number:013}"


def _policy(store: IamStore, call: Call) -> Policy:
    return policy_at(store, call.parameters["PolicyArn"])


def _own_policy(store: IamStore, call: Call) -> Policy:
    """A policy that the account may change, which those of AWS are not."""
    policy = _policy(store, call)
    if policy.arn in aws_policies():
        raise ServiceFault("AccessDenied", f"The policy {policy.arn} is of AWS and cannot be changed.")
    return policy


def _version(store: IamStore, policy: Policy, version_id: str) -> PolicyVersion:
    found = [version for version in store.versions(policy.arn) if f"v{version.number}" == version_id]
    if not found:
        raise ServiceFault(
            "NoSuchEntity", f"Policy {policy.arn} version {version_id} does not exist or is not attachable."
        )
    return found[0]


def _next_number(store: IamStore, policy: Policy) -> int:
    """Numbers go up for ever: that of a deleted version does not come back."""
    counted = "update policies set last_version = last_version + 1 where arn = ? returning last_version"
    ((number,),) = store.database.rows(counted, policy.arn)
    return int(number)


def _make_default(store: IamStore, policy: Policy, number: int) -> None:
    store.database.execute(
        "update policies set default_version = ?, updated_at = ? where arn = ?", number, now(), policy.arn
    )

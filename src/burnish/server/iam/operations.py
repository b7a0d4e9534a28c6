"""The operations of IAM that fine-tuning needs, as handlers: roles, their policies, managed policies."""

from __future__ import annotations

from collections.abc import Callable

from burnish.server.iam import policies as iam_policies
from burnish.server.iam import roles as iam_roles
from burnish.server.iam import simulation as iam_simulation
from burnish.server.iam.paging import Members
from burnish.server.iam.store import IamStore, Role
from burnish.server.wire.call import Call, Handler

__all__ = ["IamStore", "Role", "iam_handlers"]

_READS: dict[str, Callable[[IamStore, Call], Members]] = {
    "GetPolicy": iam_policies.get_policy,
    "GetPolicyVersion": iam_policies.get_policy_version,
    "GetRole": iam_roles.get_role,
    "GetRolePolicy": iam_roles.get_role_policy,
    "ListAttachedRolePolicies": iam_roles.list_attached_role_policies,
    "ListInstanceProfilesForRole": iam_roles.list_instance_profiles_for_role,
    "ListPolicies": iam_policies.list_policies,
    "ListPolicyVersions": iam_policies.list_policy_versions,
    "ListRolePolicies": iam_roles.list_role_policies,
    "ListRoleTags": iam_roles.list_role_tags,
    "ListRoles": iam_roles.list_roles,
    "SimulatePrincipalPolicy": iam_simulation.simulate_principal_policy,
}
_CHANGES: dict[str, Callable[[IamStore, Call], Members | None]] = {
    "AttachRolePolicy": iam_roles.attach_role_policy,
    "CreatePolicy": iam_policies.create_policy,
    "CreatePolicyVersion": iam_policies.create_policy_version,
    "CreateRole": iam_roles.create_role,
    "DeletePolicy": iam_policies.delete_policy,
    "DeletePolicyVersion": iam_policies.delete_policy_version,
    "DeleteRole": iam_roles.delete_role,
    "DeleteRolePolicy": iam_roles.delete_role_policy,
    "DetachRolePolicy": iam_roles.detach_role_policy,
    "PutRolePolicy": iam_roles.put_role_policy,
    "SetDefaultPolicyVersion": iam_policies.set_default_policy_version,
    "TagRole": iam_roles.tag_role,
    "UntagRole": iam_roles.untag_role,
    "UpdateAssumeRolePolicy": iam_roles.update_assume_role_policy,
    "UpdateRole": iam_roles.update_role,
}


def iam_handlers(store: IamStore) -> dict[tuple[str, str], Handler]:
    """The handlers of IAM's operations over a store."""
    reading = {("iam", operation): _reading(store, verb) for operation, verb in _READS.items()}
    return reading | {("iam", operation): _changing(store, verb) for operation, verb in _CHANGES.items()}


def _reading(store: IamStore, verb: Callable[[IamStore, Call], Members]) -> Handler:
    async def handle(call: Call) -> Members:
        # In no transaction: ours begin with the lock for writing, which a reader would have to wait for.
        # And in no thread: it is a millisecond of SQLite.
        return verb(store, call)

    return handle


def _changing(store: IamStore, verb: Callable[[IamStore, Call], Members | None]) -> Handler:
    async def handle(call: Call) -> Members:
        # What a verb checks (names, quotas, what is attached) still holds when it writes, and a fault that it
        # raises after it has written takes the write back: `put_role_policy` and tags count on that.
        with store.database.change():
            return verb(store, call) or {}

    return handle

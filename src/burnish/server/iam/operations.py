"""The operations of IAM that this server answers, as handlers: users, their keys, groups, roles, policies."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from burnish.server.iam import (
    access_keys,
    account,
    bearer_keys,
    entity_policies,
    groups,
    policies,
    roles,
    users,
)
from burnish.server.iam import simulation as iam_simulation
from burnish.server.iam.entity_policies import ActorFinder, Finder
from burnish.server.iam.paging import Members
from burnish.server.iam.store import IamStore
from burnish.server.wire.call import Call, Handler, ServiceFault

__all__ = ["IamStore", "iam_handlers"]

Read: TypeAlias = Callable[[IamStore, Call], Members]
Change: TypeAlias = Callable[[IamStore, Call], Members | None]


def _policy_reads_of(kind: str, find: Finder) -> dict[str, Read]:
    """The operations that read the policies of users, groups or roles; ``kind`` is how IAM names them."""
    return {
        f"Get{kind}Policy": partial(entity_policies.get_policy, find),
        f"List{kind}Policies": partial(entity_policies.list_policies, find),
        f"ListAttached{kind}Policies": partial(entity_policies.list_attached_policies, find),
    }


def _policy_changes_of(kind: str, find: Finder) -> dict[str, Change]:
    return {
        f"Attach{kind}Policy": partial(entity_policies.attach_policy, find),
        f"Delete{kind}Policy": partial(entity_policies.delete_policy, find),
        f"Detach{kind}Policy": partial(entity_policies.detach_policy, find),
        f"Put{kind}Policy": partial(entity_policies.put_policy, find),
    }


def _reads_of_actor(kind: str, find: ActorFinder) -> dict[str, Read]:
    return {
        **_policy_reads_of(kind, find),
        f"List{kind}Tags": partial(entity_policies.list_entity_tags, find),
    }


def _changes_of_actor(kind: str, find: ActorFinder) -> dict[str, Change]:
    return {
        **_policy_changes_of(kind, find),
        f"Delete{kind}PermissionsBoundary": partial(entity_policies.delete_boundary, find),
        f"Put{kind}PermissionsBoundary": partial(entity_policies.put_boundary, find),
        f"Tag{kind}": partial(entity_policies.tag_entity, find),
        f"Untag{kind}": partial(entity_policies.untag_entity, find),
    }


_READS: dict[str, Read] = {
    **_policy_reads_of("Group", groups.group_in),
    **_reads_of_actor("Role", roles.role_in),
    **_reads_of_actor("User", users.user_in),
    "GetGroup": groups.get_group,
    "GetPolicy": policies.get_policy,
    "GetPolicyVersion": policies.get_policy_version,
    "GetRole": roles.get_role,
    "GetUser": users.get_user,
    "ListAccessKeys": access_keys.list_access_keys,
    "ListAccountAliases": account.list_account_aliases,
    "ListEntitiesForPolicy": policies.list_entities_for_policy,
    "ListGroups": groups.list_groups,
    "ListGroupsForUser": groups.list_groups_for_user,
    "ListInstanceProfilesForRole": roles.list_instance_profiles_for_role,
    "ListMFADevices": users.list_mfa_devices,
    "ListPolicies": policies.list_policies,
    "ListPolicyVersions": policies.list_policy_versions,
    "ListRoles": roles.list_roles,
    "ListServiceSpecificCredentials": bearer_keys.list_service_specific_credentials,
    "ListUsers": users.list_users,
    "SimulateCustomPolicy": iam_simulation.simulate_custom_policy,
    "SimulatePrincipalPolicy": iam_simulation.simulate_principal_policy,
}
_CHANGES: dict[str, Change] = {
    **_policy_changes_of("Group", groups.group_in),
    **_changes_of_actor("Role", roles.role_in),
    **_changes_of_actor("User", users.user_in),
    "AddUserToGroup": groups.add_user_to_group,
    "CreateAccessKey": access_keys.create_access_key,
    "CreateGroup": groups.create_group,
    "CreatePolicy": policies.create_policy,
    "CreatePolicyVersion": policies.create_policy_version,
    "CreateRole": roles.create_role,
    "CreateServiceSpecificCredential": bearer_keys.create_service_specific_credential,
    "CreateUser": users.create_user,
    "DeleteAccessKey": access_keys.delete_access_key,
    "DeleteGroup": groups.delete_group,
    "DeletePolicy": policies.delete_policy,
    "DeletePolicyVersion": policies.delete_policy_version,
    "DeleteRole": roles.delete_role,
    "DeleteServiceSpecificCredential": bearer_keys.delete_service_specific_credential,
    "DeleteUser": users.delete_user,
    "RemoveUserFromGroup": groups.remove_user_from_group,
    "ResetServiceSpecificCredential": bearer_keys.reset_service_specific_credential,
    "SetDefaultPolicyVersion": policies.set_default_policy_version,
    "UpdateAccessKey": access_keys.update_access_key,
    "UpdateAssumeRolePolicy": roles.update_assume_role_policy,
    "UpdateGroup": groups.update_group,
    "UpdateRole": roles.update_role,
    "UpdateServiceSpecificCredential": bearer_keys.update_service_specific_credential,
    "UpdateUser": users.update_user,
}


def iam_handlers(store: IamStore) -> dict[tuple[str, str], Handler]:
    """The handlers of IAM's operations over a store."""
    reading = {("iam", operation): _reading(store, verb) for operation, verb in _READS.items()}
    return reading | {("iam", operation): _changing(store, verb) for operation, verb in _CHANGES.items()}


def _reading(store: IamStore, verb: Read) -> Handler:
    async def handle(call: Call) -> Members:
        _refuse_session_token(call)
        # In no transaction: ours begin with the lock for writing, which a reader would have to wait for.
        # And in no thread: it is a millisecond of SQLite.
        return verb(store, call)

    return handle


def _changing(store: IamStore, verb: Change) -> Handler:
    async def handle(call: Call) -> Members:
        _refuse_session_token(call)
        # What a verb checks (names, quotas, what is attached) still holds when it writes, and a fault that it
        # raises after it has written takes the write back: `put_role_policy` and tags count on that.
        with store.database.change():
            return verb(store, call) or {}

    return handle


def _refuse_session_token(call: Call) -> None:
    """Refuse credentials of GetSessionToken in AWS's words: they open IAM only with MFA."""
    if call.caller.principal.has_session_token:
        raise ServiceFault(
            "InvalidClientTokenId",
            "The security token included in the request is invalid: credentials of GetSessionToken cannot "
            "call IAM without MFA. Sign with the user's own key",
        )

"""STS: who is asking, sessions that act with the policies of a role, and those with a user's own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from burnish.policies.evaluation import ASSUME_ROLE, AccessDecision, AccessRequest, Trust, trust_in, verdict
from burnish.policies.patterns import Context, context_of
from burnish.server.iam.answers import check_document, length_of
from burnish.server.iam.entities import Role
from burnish.server.iam.key_ring import session_arn
from burnish.server.iam.sessions import begin_session, new_credentials
from burnish.server.iam.store import IamStore
from burnish.server.principals import PrincipalKind
from burnish.server.wire.access import tag_context
from burnish.server.wire.call import Call, Handler, Identity, ServiceFault

MAX_SESSION_POLICY = 2048
USUAL_SECONDS = 3600
#: Of GetSessionToken; the root gets an hour at most, also where it asks for more.
USUAL_OWN_SECONDS = 12 * 3600
MAX_ROOT_SECONDS = 3600
#: A session that was asked for by another session, as AWS has it ("role chaining").
MAX_CHAINED_SECONDS = 3600
TAG_SESSION = "sts:TagSession"


def sts_handlers(store: IamStore) -> dict[tuple[str, str], Handler]:
    """The handlers of STS's operations."""
    return {
        ("sts", "GetCallerIdentity"): get_caller_identity,
        ("sts", "AssumeRole"): partial(assume_role, store),
        ("sts", "GetSessionToken"): partial(get_session_token, store),
    }


async def get_caller_identity(call: Call) -> Mapping[str, Any]:
    """Who asks: the account's root, a user, or a session of a role. Nobody can be denied this."""
    principal = call.caller.principal
    return {"UserId": principal.user_id, "Account": principal.account_id, "Arn": principal.arn}


async def assume_role(store: IamStore, call: Call) -> Mapping[str, Any]:
    """Credentials of a session that acts with a role's policies until it expires."""
    _refuse_mfa(call)
    role = _trusted_role(store, call)
    policies = _session_policies(store, call)
    lasting = _duration(role, call)
    return _begun(store, call, role, policies, lasting)


async def get_session_token(store: IamStore, call: Call) -> Mapping[str, Any]:
    """Credentials of the user or the root who asks: the same rights, until they expire."""
    _refuse_mfa(call)
    principal = call.caller.principal
    if principal.kind is PrincipalKind.SESSION or principal.has_session_token:
        raise ServiceFault("AccessDenied", "Cannot call GetSessionToken with session credentials")
    is_user = principal.kind is PrincipalKind.USER
    seconds = call.parameters.get("DurationSeconds") or USUAL_OWN_SECONDS
    made = new_credentials(timedelta(seconds=seconds if is_user else min(seconds, MAX_ROOT_SECONDS)))
    with store.database.change():
        store.database.execute("delete from user_sessions where expires_at < ?", made.began_at.isoformat())
        store.database.execute(
            "insert into user_sessions values (?, ?, ?, ?, ?, ?)",
            *(made.key_id, principal.name if is_user else None, made.secret, made.token_hash),
            *(made.began_at.isoformat(), made.expires_at.isoformat()),
        )
    return {"Credentials": made.members}


def _refuse_mfa(call: Call) -> None:
    given = [name for name in ("SerialNumber", "TokenCode") if call.parameters.get(name)]
    if given:
        raise ServiceFault(
            "AccessDenied",
            f"MultiFactorAuthentication failed: this server knows no MFA devices. Leave {given[0]} out",
        )


def _begun(
    store: IamStore, call: Call, role: Role, policies: list[str] | None, lasting: timedelta
) -> Mapping[str, Any]:
    """A session that is new in the store."""
    name, account_id = call.parameters["RoleSessionName"], call.caller.account_id
    made = begin_session(
        store,
        role,
        name=name,
        lasting=lasting,
        policies=policies,
        tags={tag["Key"]: tag["Value"] for tag in call.parameters.get("Tags") or ()},
        source=call.caller.principal.arn,
    )
    return {
        "Credentials": made.members,
        "AssumedRoleUser": {
            "AssumedRoleId": f"{role.id}:{name}",
            "Arn": session_arn(account_id, role.name, name),
        },
    }


def _trusted_role(store: IamStore, call: Call) -> Role:
    """The role that a caller may assume. Raises the fault ``AccessDenied``, also where there is no role."""
    arn, caller = call.parameters["RoleArn"], call.caller
    if caller.principal.kind is PrincipalKind.ROOT:
        raise ServiceFault(
            "AccessDenied",
            "Roles may not be assumed by root accounts. Sign with a user's key: `burnish keys create NAME`",
        )
    role = store.role_by_arn(arn)
    actions = (ASSUME_ROLE, TAG_SESSION) if call.parameters.get("Tags") else (ASSUME_ROLE,)
    refused = [action for action in actions if role is None or not _may(caller, role, action, _asked(call))]
    if role is None or refused:
        raise ServiceFault(
            "AccessDenied",
            f"User: {caller.principal.arn} is not authorized to perform: {refused[0]} on resource: {arn}",
        )
    return role


def _may(caller: Identity, role: Role, action: str, asked: Context) -> bool:
    """Whether both the role trusts a caller and the caller's own policies let it."""
    principal, context = caller.principal, {**caller.context, **asked}
    trust = trust_in(
        role.trust_policy,
        account_id=principal.account_id,
        principal_arns=(principal.arn, principal.policy_arn),
        context=context,
        action=action,
    )
    if trust is Trust.NONE or principal.grants is None:
        return trust is not Trust.NONE
    own = verdict(principal.grants, AccessRequest(action=action, resource=role.arn, context=context))
    # A role that names somebody of its own account lets him; his own policies may still deny it.
    is_limited = principal.grants.boundary is not None or principal.grants.session is not None
    if trust is Trust.DIRECT and not is_limited:
        return own.decision is not AccessDecision.DENIED
    return own.is_allowed


def _asked(call: Call) -> Context:
    """The condition keys that come with the request for a session."""
    given = call.parameters
    named = {"sts:RoleSessionName": given["RoleSessionName"]}
    if external := given.get("ExternalId"):
        named["sts:ExternalId"] = external
    return {**context_of(named), **tag_context(given.get("Tags"), key="Key", value="Value")}


def _session_policies(store: IamStore, call: Call) -> list[str] | None:
    """The documents that limit a session; None where nothing does."""
    given = call.parameters
    documents = [given["Policy"]] if given.get("Policy") else []
    for document in documents:
        if length_of(document) > MAX_SESSION_POLICY:
            raise ServiceFault("PackedPolicyTooLarge", "Packed policy consumes more than 100% of its quota")
        check_document(document)
    for described in given.get("PolicyArns") or ():
        found = store.document_of(described.get("arn", ""))
        if found is None:
            raise ServiceFault("MalformedPolicyDocument", f"The policy {described.get('arn')} does not exist")
        documents.append(found)
    return documents or None


def _duration(role: Role, call: Call) -> timedelta:
    seconds = call.parameters.get("DurationSeconds") or USUAL_SECONDS
    if seconds > role.max_session_duration:
        raise ServiceFault(
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        )
    if call.caller.principal.kind is PrincipalKind.SESSION and seconds > MAX_CHAINED_SECONDS:
        raise ServiceFault(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role "
            "chaining",
        )
    return timedelta(seconds=seconds)

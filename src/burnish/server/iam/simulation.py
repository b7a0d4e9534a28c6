"""IAM's policy simulator, with the engine that also decides over every request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from burnish.policies.documents import parse_policy
from burnish.policies.evaluation import AccessRequest, AccessVerdict, Grants, PolicyType, verdict
from burnish.policies.grammar import PolicyKind, problem_in
from burnish.policies.patterns import Context, context_of
from burnish.server.iam.answers import MAX_POLICY_LENGTH, length_of
from burnish.server.iam.entities import EntityKind
from burnish.server.iam.paging import Members, page
from burnish.server.iam.store import IamStore
from burnish.server.principals import root_of
from burnish.server.wire.call import Call, ServiceFault, shown

MAX_INPUTS = 20
#: What the account's root may do, of which IAM's own simulator knows nothing: everything.
EVERYTHING = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """What is simulated: each action on each resource, under these policies."""

    grants: Grants
    requests: Sequence[AccessRequest]


def simulate_principal_policy(store: IamStore, call: Call) -> Members:
    """Of each action on each resource, whether a user, a group, a role or the root is allowed it."""
    given = call.parameters
    grants, known = _source(store, call, given["PolicySourceArn"])
    inputs, boundary = _documents(given, "PolicyInputList"), _boundary(given)
    limited = Grants(
        identity=(*grants.identity, *inputs), boundary=grants.boundary if boundary is None else boundary
    )
    return _answer(call, Simulation(grants=limited, requests=_requests(given, known)))


def simulate_custom_policy(_: IamStore, call: Call) -> Members:
    """Of each action on each resource, whether the policies that come with the request allow it."""
    given = call.parameters
    grants = Grants(identity=_documents(given, "PolicyInputList"), boundary=_boundary(given))
    return _answer(call, Simulation(grants=grants, requests=_requests(given, {})))


def _source(store: IamStore, call: Call, arn: str) -> tuple[Grants, Context]:
    """The policies of whom a simulation is about, and what is known of it. Raises ``NoSuchEntity``."""
    account_id = call.caller.account_id
    if arn == f"arn:aws:iam::{account_id}:root":
        # IAM itself refuses the root. Here it is who everybody is at first, and clients ask for themselves.
        return Grants(identity=(EVERYTHING,)), root_of(account_id).context
    entity = store.role_by_arn(arn) or store.user_by_arn(arn) or store.group_by_arn(arn)
    if entity is None:
        raise ServiceFault("NoSuchEntity", f"The principal {shown(arn)} cannot be found.")
    if entity.kind is EntityKind.GROUP:
        # A group is never who asks: its users are.
        return store.grants_of(entity), {}
    known = {"aws:PrincipalArn": arn, "aws:PrincipalAccount": account_id}
    if entity.kind is EntityKind.USER:
        known["aws:username"] = entity.name
    return store.grants_of(entity), context_of(known)


def _boundary(given: Members) -> tuple[str, ...] | None:
    return _documents(given, "PermissionsBoundaryPolicyInputList") or None


def _documents(given: Members, name: str) -> tuple[str, ...]:
    """The policies that come with a request. Raises the fault ``InvalidInput`` for what is none."""
    documents = given.get(name) or []
    if len(documents) > MAX_INPUTS or any(length_of(one or "") > MAX_POLICY_LENGTH for one in documents):
        raise _invalid(f"{name} takes {MAX_INPUTS} policies of up to {MAX_POLICY_LENGTH:,} characters")
    for document in documents:
        if problem := problem_in(document or "", PolicyKind.IDENTITY):
            raise _invalid(f"A policy of {name} is malformed: {problem}")
    return tuple(documents)


def _requests(given: Members, known: Context) -> list[AccessRequest]:
    if given.get("ResourcePolicy"):
        raise _invalid("This server has no policies of resources: leave ResourcePolicy out")
    context = {**known, **_context(given)}
    return [
        AccessRequest(action=action, resource=resource, context=context)
        for action in _texts(given, "ActionNames")
        for resource in _texts(given, "ResourceArns") or ["*"]
    ]


def _texts(given: Members, name: str) -> list[str]:
    texts = given.get(name) or []
    if not all(texts):
        raise _invalid(f"{name} has an empty entry")
    return list(texts)


def _context(given: Members) -> Context:
    """The condition keys of the request."""
    entries: list[Mapping[str, Any]] = [entry for entry in given.get("ContextEntries") or [] if entry]
    return context_of(
        {
            entry["ContextKeyName"]: [
                value for value in entry.get("ContextKeyValues") or [] if value is not None
            ]
            for entry in entries
            if entry.get("ContextKeyName")
        }
    )


def _answer(call: Call, simulation: Simulation) -> Members:
    def after(position: str, size: int) -> list[int]:
        start = int(position) if position.isascii() and position.isdigit() else 0
        return list(range(start, min(start + size, len(simulation.requests))))

    def decided(number: int) -> Members:
        return _result(simulation, simulation.requests[number])

    return page("EvaluationResults", call, after, key=lambda number: str(number + 1), shown=decided)


def _result(simulation: Simulation, request: AccessRequest) -> Members:
    found = verdict(simulation.grants, request)
    members: dict[str, Any] = {
        "EvalActionName": request.action,
        "EvalResourceName": request.resource,
        "EvalDecision": found.decision.value,
        "MatchedStatements": [],
        "MissingContextValues": sorted(_missing(simulation.grants, request.context)),
    }
    if simulation.grants.boundary is not None:
        members["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": _is_within(found)}
    return members


def _is_within(found: AccessVerdict) -> bool:
    return found.allowed_by[PolicyType.BOUNDARY] and found.cause is not PolicyType.BOUNDARY


def _missing(grants: Grants, context: Context) -> Iterator[str]:
    """The keys that conditions of the policies look at and the request has no values for."""
    documents = [document for _, found in grants.by_type() for document in found]
    keys = {
        condition.key
        for document in documents
        for statement in parse_policy(document).statements
        for condition in statement.conditions
        if condition.key
    }
    return (key for key in keys if key.lower() not in context)


def _invalid(problem: str) -> ServiceFault:
    return ServiceFault("InvalidInput", problem)

"""SimulatePrincipalPolicy, with the evaluator that also guards what jobs read and write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from burnish.policies import allows, denies, document_problem
from burnish.server.iam.answers import MAX_POLICY_LENGTH, length_of
from burnish.server.iam.paging import Members, page
from burnish.server.iam.store import IamStore
from burnish.server.wire.call import Call, ServiceFault

MAX_INPUTS = 20


def simulate_principal_policy(store: IamStore, call: Call) -> Members:
    """Of each action on each resource, whether the role's policies allow it or deny it or neither."""
    given = call.parameters
    role = store.role_by_arn(given["PolicySourceArn"])
    if role is None:
        raise ServiceFault("NoSuchEntity", f"The principal {given['PolicySourceArn']} cannot be found.")
    inputs = given.get("PolicyInputList", [])
    _check_inputs(inputs)
    documents = [*store.policy_documents_of(role.name), *inputs]
    context = _context(given)
    asked = [
        (action, resource)
        for action in given["ActionNames"]
        for resource in given.get("ResourceArns") or ["*"]
    ]

    def after(position: str, size: int) -> list[int]:
        start = int(position or 0)
        return list(range(start, min(start + size, len(asked))))

    def decided(number: int) -> Members:
        action, resource = asked[number]
        decision = _decision(documents, action, resource, context)
        return {"EvalActionName": action, "EvalResourceName": resource, "EvalDecision": decision}

    return page("EvaluationResults", call, after, key=lambda number: str(number + 1), shown=decided)


def _check_inputs(documents: Sequence[str]) -> None:
    if len(documents) > MAX_INPUTS or any(length_of(document) > MAX_POLICY_LENGTH for document in documents):
        raise ServiceFault(
            "InvalidInput",
            f"PolicyInputList takes {MAX_INPUTS} policies of up to {MAX_POLICY_LENGTH:,} characters",
        )
    for document in documents:
        if problem := document_problem(document, is_trust=False):
            raise ServiceFault("InvalidInput", f"A policy of PolicyInputList is malformed: {problem}")


def _context(given: Members) -> Mapping[str, str]:
    """The condition keys of the request; of several values of one key the first counts."""
    entries = given.get("ContextEntries") or []
    return {
        entry["ContextKeyName"]: entry["ContextKeyValues"][0]
        for entry in entries
        if entry.get("ContextKeyName") and entry.get("ContextKeyValues")
    }


def _decision(documents: list[str], action: str, resource: str, context: Mapping[str, str]) -> str:
    if denies(documents, action=action, resource=resource, context=context):
        return "explicitDeny"
    allowed = allows(documents, action=action, resource=resource, context=context)
    return "allowed" if allowed else "implicitDeny"

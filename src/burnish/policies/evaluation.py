"""Whether policies allow a request: one engine for identities, boundaries, sessions and trust.

An explicit denial outweighs everything; otherwise each kind of policy that applies must allow the request.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html

A condition with an operator that is not known errs on the safe side: an Allow with one grants nothing, and a
Deny with one still denies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from burnish.policies.conditions import holds
from burnish.policies.documents import MalformedPolicy, Statement, parse_policy
from burnish.policies.patterns import Context, context_of, glob_of, matches

BEDROCK = "bedrock.amazonaws.com"
ASSUME_ROLE = "sts:AssumeRole"


class AccessDecision(StrEnum):
    """What comes of a request, as IAM's simulations name it."""

    ALLOWED = "allowed"
    DENIED = "explicitDeny"
    NOT_ALLOWED = "implicitDeny"


class PolicyType(StrEnum):
    """The kind of policy that decided, as IAM's messages name it."""

    IDENTITY = "identity-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"


@dataclass(frozen=True, kw_only=True)
class AccessRequest:
    """Somebody wants to do something with a resource; ``context`` has what else is known of it."""

    action: str
    resource: str = "*"
    context: Context = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Grants:
    """The policy documents that decide what somebody may do.

    ``boundary`` and ``session`` are None where there are none: then they limit nothing.
    """

    identity: tuple[str, ...] = ()
    boundary: tuple[str, ...] | None = None
    session: tuple[str, ...] | None = None

    def by_type(self) -> list[tuple[PolicyType, tuple[str, ...]]]:
        """The documents of each type that applies, in the order in which IAM names what was missing."""
        kinds = (
            (PolicyType.BOUNDARY, self.boundary),
            (PolicyType.SESSION, self.session),
            (PolicyType.IDENTITY, self.identity),
        )
        return [(kind, documents) for kind, documents in kinds if documents is not None]


@dataclass(frozen=True, kw_only=True)
class AccessVerdict:
    """A decision, the type of policy that made it, and the documents with a statement that took part.

    ``allowed_by`` tells for each type of policy whether it allows the request.
    """

    decision: AccessDecision
    cause: PolicyType = PolicyType.IDENTITY
    matched: tuple[str, ...] = ()
    allowed_by: Mapping[PolicyType, bool] = field(default_factory=dict)

    @property
    def is_allowed(self) -> bool:
        """Whether the request may be carried out."""
        return self.decision is AccessDecision.ALLOWED


def verdict(grants: Grants, request: AccessRequest) -> AccessVerdict:
    """What comes of a request."""
    relevant = {kind: _relevant(documents, request) for kind, documents in grants.by_type()}
    matched = tuple(document for found in relevant.values() for document, _ in found)
    allowed = {kind: _allow(found) for kind, found in relevant.items()}
    for kind, found in relevant.items():
        if any(statement.denies for _, statement in found):
            return AccessVerdict(
                decision=AccessDecision.DENIED, cause=kind, matched=matched, allowed_by=allowed
            )
    for kind, is_allowed in allowed.items():
        if not is_allowed:
            return AccessVerdict(
                decision=AccessDecision.NOT_ALLOWED, cause=kind, matched=matched, allowed_by=allowed
            )
    return AccessVerdict(decision=AccessDecision.ALLOWED, matched=matched, allowed_by=allowed)


def allows(grants: Grants, *, action: str, resource: str, context: Mapping[str, str]) -> bool:
    """Whether policies allow an action on a resource."""
    request = AccessRequest(action=action, resource=resource, context=context_of(context))
    return verdict(grants, request).is_allowed


class Trust(StrEnum):
    """How far a role trusts somebody."""

    NONE = "none"
    #: The account as a whole is trusted, which leaves it to the account's policies who may.
    OF_ACCOUNT = "account"
    DIRECT = "direct"


def trust_in(
    trust_policy: str,
    *,
    account_id: str,
    principal_arns: Sequence[str],
    context: Context,
    action: str = ASSUME_ROLE,
) -> Trust:
    """How far a trust policy lets somebody of an account assume the role, or tag its session."""
    request = AccessRequest(action=action, context=context)
    account = (account_id, f"arn:aws:iam::{account_id}:root")
    found = [
        (statement, trust)
        for statement in _trust_statements(trust_policy, request)
        if (trust := _trust_of(statement, direct=principal_arns, account=account)) is not Trust.NONE
    ]
    if any(statement.denies for statement, _ in found):
        return Trust.NONE
    trusts = {trust for statement, trust in found if statement.effect == "Allow"}
    return next((trust for trust in (Trust.DIRECT, Trust.OF_ACCOUNT) if trust in trusts), Trust.NONE)


def trusts_bedrock(trust_policy: str, *, account_id: str, source_arn: str) -> bool:
    """Whether a role's trust policy lets Bedrock assume the role on behalf of ``source_arn``, e.g. a job."""
    context = context_of({"aws:SourceAccount": account_id, "aws:SourceArn": source_arn})
    statements = [
        statement
        for statement in _trust_statements(trust_policy, AccessRequest(action=ASSUME_ROLE, context=context))
        if BEDROCK in (statement.principals or {}).get("Service", ())
    ]
    effects = {statement.effect for statement in statements}
    return "Allow" in effects and "Deny" not in effects


def decision_for_bedrock(policy: str, request: AccessRequest) -> AccessDecision:
    """What the policy of a resource says to a request that Bedrock makes in its own name."""
    found = [statement for _, statement in _relevant((policy,), request) if _names_bedrock(statement)]
    if any(statement.denies for statement in found):
        return AccessDecision.DENIED
    is_allowed = any(statement.effect == "Allow" for statement in found)
    return AccessDecision.ALLOWED if is_allowed else AccessDecision.NOT_ALLOWED


def _names_bedrock(statement: Statement) -> bool:
    if statement.not_principals is not None:
        return BEDROCK not in statement.not_principals.get("Service", ())
    principals = statement.principals or {}
    return "*" in principals or "*" in principals.get("AWS", ()) or BEDROCK in principals.get("Service", ())


def _trust_of(statement: Statement, *, direct: Sequence[str], account: Sequence[str]) -> Trust:
    if statement.not_principals is not None:
        # Grammar takes it in denials only: it denies whoever is not named.
        named = statement.not_principals.get("AWS", ())
        return Trust.NONE if {*direct, *account} & set(named) else Trust.DIRECT
    principals = statement.principals or {}
    named = principals.get("AWS", ())
    if "*" in principals or "*" in named:
        return Trust.OF_ACCOUNT
    if set(direct) & set(named):
        return Trust.DIRECT
    return Trust.OF_ACCOUNT if set(account) & set(named) else Trust.NONE


def _trust_statements(trust_policy: str, request: AccessRequest) -> list[Statement]:
    try:
        statements = parse_policy(trust_policy).statements
    except MalformedPolicy:
        return []
    return [
        statement
        for statement in statements
        if _names_action(statement, request.action) and _conditions_hold(statement, request.context)
    ]


def _allow(found: Sequence[tuple[str, Statement]]) -> bool:
    return any(statement.effect == "Allow" for _, statement in found)


def _relevant(documents: Sequence[str], request: AccessRequest) -> list[tuple[str, Statement]]:
    """The statements that a request is about, each with its document."""
    return [
        (document, statement)
        for document in documents
        for statement in _statements_of(document)
        if _names_action(statement, request.action)
        and _names_resource(statement, request)
        and _conditions_hold(statement, request.context)
    ]


def _statements_of(document: str) -> tuple[Statement, ...]:
    try:
        return parse_policy(document).statements
    except MalformedPolicy:
        # What cannot be read grants nothing; that it denies nothing either makes no one's way wider.
        return ()


def _names_action(statement: Statement, action: str) -> bool:
    # Actions are compared without case, as IAM does; resources are not, because keys of objects have it.
    asked = action.lower()
    if statement.actions is not None:
        return any(_action_matches(pattern, asked) for pattern in statement.actions)
    # With neither member a statement names nothing, which is what all but "*" comes to.
    return not any(_action_matches(pattern, asked) for pattern in statement.not_actions or ("*",))


def _action_matches(pattern: str, asked: str) -> bool:
    return matches(pattern.lower().replace("[", "[[]"), asked)


def _names_resource(statement: Statement, request: AccessRequest) -> bool:
    if statement.resources is not None:
        return any(_resource_matches(statement, text, request) for text in statement.resources)
    return not any(_resource_matches(statement, text, request) for text in statement.not_resources or ("*",))


def _resource_matches(statement: Statement, text: str, request: AccessRequest) -> bool:
    glob = glob_of(text, request.context if statement.has_variables else None)
    return glob is not None and matches(glob, request.resource)


def _conditions_hold(statement: Statement, context: Context) -> bool:
    variables = context if statement.has_variables else None
    # An operator that we cannot evaluate must neither grant anything nor lift a denial.
    return all(
        holds(condition, context, variables=variables, otherwise=statement.denies)
        for condition in statement.conditions
    )

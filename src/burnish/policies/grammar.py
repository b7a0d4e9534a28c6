"""What IAM refuses in policy documents, in the order in which it looks and in its own sentences.

The grammar is in IAM's user guide ("Grammar of the IAM JSON policy language", "IAM JSON policy elements");
the sentences are those that AWS answers with.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from enum import Enum, auto

from burnish.policies.conditions import base_of, is_operator
from burnish.policies.documents import (
    CURRENT_VERSION,
    SYNTAX,
    MalformedPolicy,
    PolicyDocument,
    Statement,
    parse_policy,
)
from burnish.policies.moments import is_date
from burnish.policies.resources import resource_problem

LEGACY = "The policy failed legacy parsing"
VERSIONS = ("2008-10-17", CURRENT_VERSION)

_ELEMENTS = frozenset({"Version", "Id", "Statement"})
_OF_STATEMENTS = frozenset({"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"})
_OF_TRUST = frozenset({"Sid", "Effect", "Action", "NotAction", "Principal", "NotPrincipal", "Condition"})
_PAIRS = ("Action", "Resource", "Principal")
_SID = re.compile(r"[0-9A-Za-z]*", re.ASCII)
_NO_VENDOR = re.compile(r"[^a-zA-Z0-9.-]", re.ASCII)
_ARN_OF_PRINCIPAL = re.compile(
    r"arn:aws(-[a-z]+)*:(iam::\d{12}:(root|(user|role)/.+)|sts::\d{12}:(assumed-role|federated-user)/.+)",
    re.ASCII,
)
_SERVICE = re.compile(
    r"[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws\.com(\.cn)?|amazon\.com|aws\.internal)", re.ASCII
)
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_UNIQUE_ID = re.compile(r"A(IDA|ROA|GPA|SIA)[A-Z0-9]{12,}", re.ASCII)
_KINDS = ("AWS", "Service", "Federated", "CanonicalUser")

Rule = Callable[[PolicyDocument], Iterator[str]]


class PolicyKind(Enum):
    """What a policy is for. A trust policy names principals, the policy of an identity resources."""

    IDENTITY = auto()
    TRUST = auto()


def problem_in(document: str, kind: PolicyKind) -> str | None:
    """What IAM says against a policy document, or None where it takes it."""
    try:
        policy = parse_policy(document)
    except MalformedPolicy as error:
        return str(error) if kind is PolicyKind.TRUST else SYNTAX
    rules = _RULES_OF_TRUST if kind is PolicyKind.TRUST else _RULES_OF_IDENTITIES
    return next((problem for rule in rules for problem in rule(policy)), None)


def _syntax(policy: PolicyDocument) -> Iterator[str]:
    if policy.repeated or not policy.elements <= _ELEMENTS or not policy.statements:
        yield SYNTAX
    if policy.version is not None and policy.version not in VERSIONS:
        yield SYNTAX
    for statement in policy.statements:
        yield from _syntax_of(statement)


def _syntax_of(statement: Statement) -> Iterator[str]:
    if "Principal" in statement.elements or "NotPrincipal" in statement.elements:
        yield "Policy document should not specify a principal."
    if not statement.elements <= _OF_STATEMENTS or _has_both(statement):
        yield SYNTAX
    if statement.effect.lower() not in ("allow", "deny"):
        yield SYNTAX
    if not all(
        condition.key is None or is_operator(condition.operator) for condition in statement.conditions
    ):
        yield SYNTAX
    yield from _sid_problems(statement)


def _sid_problems(statement: Statement) -> Iterator[str]:
    if statement.sid is not None and not _SID.fullmatch(statement.sid):
        yield (
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular "
            "expression [0-9A-Za-z]*"
        )


def _version(policy: PolicyDocument) -> Iterator[str]:
    if policy.version != CURRENT_VERSION:
        yield f"Policy document must be version {CURRENT_VERSION} or greater."


def _legacy(policy: PolicyDocument) -> Iterator[str]:
    """What an older reader of IAM's refuses, with one sentence for everything."""
    for statement in policy.statements:
        dates = [
            value
            for condition in statement.conditions
            if base_of(condition.operator).startswith("Date")
            for value in condition.values
        ]
        # A variable stands for a date that the request brings.
        if statement.effect not in ("Allow", "Deny") or not all(is_date(one) or "${" in one for one in dates):
            yield LEGACY
    resources = list(_resources(policy))
    malformed = resource_problem(resources)
    if malformed is None and any(map(_is_cut_short, resources)):
        yield LEGACY


def _is_cut_short(resource: str) -> bool:
    """Whether an ARN lacks its end or the name of its service."""
    if resource == "*":
        return False
    return (resource.count(":") < 5 and "::" in resource) or resource.split(":")[2] == ""


def _unique_sids(policy: PolicyDocument) -> Iterator[str]:
    sids = [statement.sid for statement in policy.statements if statement.sid]
    if len(sids) > len(set(sids)):
        yield "Statement IDs (SID) in a single policy must be unique."


def _actions_there(policy: PolicyDocument) -> Iterator[str]:
    if not all(statement.actions or statement.not_actions for statement in policy.statements):
        yield "Policy statement must contain actions."


def _resources_there(policy: PolicyDocument) -> Iterator[str]:
    # An action without a vendor is told first where nothing of resources is said at all.
    if any("Resource" not in one.elements and "NotResource" not in one.elements for one in policy.statements):
        yield from (problem for problem in _actions(policy) if "prefaced" in problem)
    if not all(statement.resources or statement.not_resources for statement in policy.statements):
        yield "Policy statement must contain resources."


def _resource_forms(policy: PolicyDocument) -> Iterator[str]:
    if problem := resource_problem(list(_resources(policy))):
        yield problem


def _actions(policy: PolicyDocument) -> Iterator[str]:
    for statement in policy.statements:
        for action in (*(statement.actions or ()), *(statement.not_actions or ())):
            yield from _action_problems(action)


def _action_problems(action: str) -> Iterator[str]:
    vendor, *names = action.split(":")
    if not names and action != "*":
        yield "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
    elif len(names) > 1:
        yield "Actions/Condition can contain only one colon."
    elif vendor != "*" and (not vendor or _NO_VENDOR.search(vendor)):
        yield f"Vendor {vendor} is not valid"


def _resources(policy: PolicyDocument) -> Iterator[str]:
    for statement in policy.statements:
        yield from statement.resources or ()
        yield from statement.not_resources or ()


def _has_both(statement: Statement) -> bool:
    return any({name, f"Not{name}"} <= statement.elements for name in _PAIRS)


def _trust_form(policy: PolicyDocument) -> Iterator[str]:
    if policy.repeated:
        yield "This policy contains invalid Json"
    if not policy.elements <= _ELEMENTS:
        yield f"Has prohibited field {min(policy.elements - _ELEMENTS)}"
    if policy.version is not None and policy.version not in VERSIONS:
        yield "The policy must contain a valid version string"
    if not policy.statements:
        yield "Missing required field Statement"
    for statement in policy.statements:
        yield from _trust_problems(statement)


def _trust_problems(statement: Statement) -> Iterator[str]:
    if prohibited := statement.elements - _OF_TRUST:
        yield f"Has prohibited field {min(prohibited)}"
    for name, given in (
        ("Effect", statement.effect),
        ("Action", statement.actions or statement.not_actions),
        ("Principal", statement.principals or statement.not_principals),
    ):
        if not given:
            yield f"Missing required field {name}"
    if _has_both(statement) or statement.effect not in ("Allow", "Deny"):
        yield SYNTAX
    if "NotPrincipal" in statement.elements and statement.effect == "Allow":
        yield "Allow with NotPrincipal is not allowed."
    yield from _sid_problems(statement)
    yield from _principal_problems(statement)
    for condition in statement.conditions:
        if condition.key is not None and not is_operator(condition.operator):
            yield f"Invalid Condition type : {condition.operator}"


def _principal_problems(statement: Statement) -> Iterator[str]:
    for kind, names in {**(statement.principals or {}), **(statement.not_principals or {})}.items():
        if kind == "*":
            continue
        if kind not in _KINDS or not names:
            yield f'Invalid principal in policy: "{kind.upper()}"'
        for name in names:
            if not _is_principal(kind, name):
                yield f'Invalid principal in policy: "{kind.upper()}":"{name}"'


def _is_principal(kind: str, name: str) -> bool:
    if kind == "AWS":
        forms = (_ARN_OF_PRINCIPAL, _ACCOUNT, _UNIQUE_ID)
        return name == "*" or any(form.fullmatch(name) for form in forms)
    if kind == "Service":
        return bool(_SERVICE.fullmatch(name))
    return bool(name)


def _trust_actions(policy: PolicyDocument) -> Iterator[str]:
    yield from _actions(policy)
    for statement in policy.statements:
        for action in (*(statement.actions or ()), *(statement.not_actions or ())):
            if action != "*" and not action.lower().startswith("sts:"):
                yield "AssumeRole policy may only specify STS AssumeRole actions."


_RULES_OF_IDENTITIES: Sequence[Rule] = (
    _syntax,
    _version,
    _legacy,
    _unique_sids,
    _actions_there,
    _resources_there,
    _resource_forms,
    _actions,
)
_RULES_OF_TRUST: Sequence[Rule] = (_trust_form, _unique_sids, _trust_actions)

"""Evaluation of IAM policy documents: whether they are well-formed, whom a role trusts, what it allows.

Conditions with the operators StringEquals, StringLike, ArnEquals and ArnLike are evaluated. Unknown
conditions err on the safe side: an Allow with one grants nothing, and a Deny with one still denies.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import chain
from typing import Any

BEDROCK = "bedrock.amazonaws.com"

Statement = Mapping[str, Any]


def trusts_bedrock(trust_policy: str, *, account_id: str, source_arn: str) -> bool:
    """Whether a role's trust policy lets Bedrock assume the role on behalf of ``source_arn``, e.g. a job."""
    context = {"aws:SourceAccount": account_id, "aws:SourceArn": source_arn}
    relevant = [
        statement
        for statement in statements_of(trust_policy)
        if BEDROCK in _strings(_service_principals(statement))
        and _names_action(statement, "sts:AssumeRole")
        and _conditions_hold(statement, context)
    ]
    return _decision(relevant)


def allows(documents: Sequence[str], *, action: str, resource: str, context: Mapping[str, str]) -> bool:
    """Whether permission policies allow an action on a resource: some statement does and none denies it."""
    return _decision(_relevant(documents, action, resource, context))


def denies(documents: Sequence[str], *, action: str, resource: str, context: Mapping[str, str]) -> bool:
    """Whether some statement of permission policies denies an action on a resource, whatever others allow."""
    relevant = _relevant(documents, action, resource, context)
    return any(statement["Effect"] == "Deny" for statement in relevant)


@lru_cache(maxsize=64)
def statements_of(document: str) -> Sequence[Statement]:
    """The statements of a well-formed document. Cached: the same few documents decide every request."""
    given = json.loads(document)["Statement"]
    return (given,) if isinstance(given, dict) else tuple(given)


def document_problem(document: str, *, is_trust: bool) -> str | None:
    """What is wrong with a policy document, or None. A trust policy names principals, others resources."""
    try:
        policy = json.loads(document)
    except (ValueError, RecursionError):
        return "This policy contains invalid Json"
    if not isinstance(policy, dict):
        return "The policy must be a JSON object"
    if policy.get("Version", "2012-10-17") not in ("2008-10-17", "2012-10-17"):
        return "The policy must contain a valid version string"
    statements = policy.get("Statement")
    listed = [statements] if isinstance(statements, dict) else statements
    if not isinstance(listed, list) or not listed:
        return "Missing required field Statement"
    problems = (_statement_problems(statement, is_trust=is_trust) for statement in listed)
    return next(chain.from_iterable(problems), None)


def _statement_problems(statement: object, *, is_trust: bool) -> Iterator[str]:
    if not isinstance(statement, dict):
        yield "Each statement must be a JSON object"
        return
    if statement.get("Effect") not in ("Allow", "Deny"):
        yield "The Effect of a statement must be Allow or Deny"
    yield from _action_problems(statement)
    wanted, unwanted = ("Principal", "Resource") if is_trust else ("Resource", "Principal")
    if wanted not in statement and f"Not{wanted}" not in statement:
        yield f"Missing required field {wanted}"
    if unwanted in statement or f"Not{unwanted}" in statement:
        yield f"Has prohibited field {unwanted}"
    yield from _form_problems(statement)


def _form_problems(statement: Statement) -> Iterator[str]:
    """What is nested deeper, or is of another type, than a statement has it."""
    for name in ("Resource", "NotResource"):
        if not _are_strings(statement.get(name, "*")):
            yield f"{name} must be a text or a list of texts"
    for name in ("Principal", "NotPrincipal"):
        principal = statement.get(name, "*")
        kinds = principal.values() if isinstance(principal, dict) else [principal]
        if not all(map(_are_strings, kinds)):
            yield f"{name} must be a text, or map kinds of principals to texts"
    condition = statement.get("Condition", {})
    tests = condition.values() if isinstance(condition, dict) else [condition]
    if not all(isinstance(test, dict) and all(map(_are_scalars, test.values())) for test in tests):
        yield "Condition must map operators to keys and their values"


def _action_problems(statement: Statement) -> Iterator[str]:
    actions = statement.get("Action", statement.get("NotAction"))
    if not actions:
        yield "Missing required field Action"
    elif not all(
        isinstance(action, str) and (action == "*" or ":" in action) for action in _as_list(actions)
    ):
        yield "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."


def _relevant(
    documents: Sequence[str], action: str, resource: str, context: Mapping[str, str]
) -> list[Statement]:
    return [
        statement
        for document in documents
        for statement in statements_of(document)
        if _names_action(statement, action)
        and _names_resource(statement, resource)
        and _conditions_hold(statement, context)
    ]


def _decision(relevant: Sequence[Statement]) -> bool:
    effects = {statement["Effect"] for statement in relevant}
    return "Allow" in effects and "Deny" not in effects


def _service_principals(statement: Statement) -> object:
    principal = statement.get("Principal")
    return principal.get("Service", []) if isinstance(principal, dict) else []


def _names_action(statement: Statement, action: str) -> bool:
    # Actions are compared without case, as IAM does; resources are not, because keys of objects have it.
    return _names(statement, "Action", lambda pattern: _matches(pattern.lower(), action.lower()))


def _names_resource(statement: Statement, resource: str) -> bool:
    return _names(statement, "Resource", lambda pattern: _matches(pattern, resource))


def _names(statement: Statement, member: str, is_meant: Callable[[str], bool]) -> bool:
    if member in statement:
        return any(map(is_meant, _strings(statement[member])))
    # With neither member a statement names nothing, which is what all but "*" comes to.
    return not any(map(is_meant, _strings(statement.get(f"Not{member}", "*"))))


def _conditions_hold(statement: Statement, context: Mapping[str, str]) -> bool:
    known = {key.lower(): value for key, value in context.items()}
    # An operator that we cannot evaluate must neither grant anything nor lift a denial.
    unknown = statement["Effect"] == "Deny"
    return all(
        _condition_holds(operator, known.get(key.lower()), _strings(patterns))
        if operator in _TESTS
        else unknown
        for operator, tests in statement.get("Condition", {}).items()
        for key, patterns in tests.items()
    )


def _condition_holds(operator: str, value: str | None, patterns: Sequence[str]) -> bool:
    return value is not None and any(_TESTS[operator](pattern, value) for pattern in patterns)


def _matches(pattern: str, value: str) -> bool:
    """``*`` stands for any text, ``?`` for one character, and brackets, unlike in a shell, for themselves."""
    # Not `fnmatch`, which ignores case where the file system of the machine does.
    return fnmatchcase(value, pattern.replace("[", "[[]"))


def _arn_matches(pattern: str, value: str) -> bool:
    """ARNs are compared part by part: a wildcard does not reach over a colon of the first five."""
    patterns, parts = pattern.split(":", 5), value.split(":", 5)
    return len(patterns) == len(parts) and all(map(_matches, patterns, parts))


_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": str.__eq__,
    "StringLike": _matches,
    "ArnEquals": _arn_matches,
    "ArnLike": _arn_matches,
}


def _are_strings(value: object) -> bool:
    return all(isinstance(item, str) for item in _as_list(value))


def _are_scalars(value: object) -> bool:
    return all(isinstance(item, (str, int, float)) for item in _as_list(value))


def _as_list(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else [value]


def _strings(value: object) -> list[str]:
    return [item for item in _as_list(value) if isinstance(item, str)]

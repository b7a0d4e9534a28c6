"""Policy documents as values: what a document's JSON says, before anything is made of it.

The one parser of policies. It takes every document whose structure can be evaluated, also those that
`burnish.policies.grammar` refuses: earlier versions kept some of them, and they still decide.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

SYNTAX = "Syntax errors in policy."
#: The version whose documents may have variables such as ``${aws:username}``.
CURRENT_VERSION = "2012-10-17"


class MalformedPolicy(Exception):
    """A text is no policy document; the message is IAM's own sentence where that is known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """One test of a statement: an operator, the key whose value it looks at, and what that is compared with.

    A block without keys, which IAM takes under any name, has none.
    """

    operator: str
    key: str | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """One statement. An element that it does not have is None.

    ``principals`` are by their kinds, ``AWS`` or ``Service``; ``*`` stands for itself. ``elements`` are the
    names of everything that stands there, those that mean nothing included.
    """

    effect: str
    elements: frozenset[str]
    sid: str | None = None
    actions: tuple[str, ...] | None = None
    not_actions: tuple[str, ...] | None = None
    resources: tuple[str, ...] | None = None
    not_resources: tuple[str, ...] | None = None
    principals: Mapping[str, tuple[str, ...]] | None = None
    not_principals: Mapping[str, tuple[str, ...]] | None = None
    conditions: tuple[Condition, ...] = ()
    #: Whether ``${…}`` stands for a value of the request.
    has_variables: bool = True

    @property
    def denies(self) -> bool:
        """Whether it takes permission away. What is neither Allow nor Deny grants nothing, either."""
        return self.effect == "Deny"


@dataclass(frozen=True, kw_only=True, slots=True)
class PolicyDocument:
    """A policy document. Of the names in ``repeated``, which stand twice in one object, the last counts."""

    statements: tuple[Statement, ...]
    elements: frozenset[str]
    version: str | None = None
    id: str | None = None
    repeated: tuple[str, ...] = field(default=())


@lru_cache(maxsize=1024)
def parse_policy(document: str) -> PolicyDocument:
    """The policy that a document describes. Raises `MalformedPolicy`.

    Cached: the same few documents decide every request.
    """
    repeated: list[str] = []
    given = _json_in(document, repeated)
    if not isinstance(given, dict):
        raise MalformedPolicy(SYNTAX)
    version = _text_or_none(given, "Version")
    listed = given.get("Statement")
    statements = listed if isinstance(listed, list) else [listed]
    return PolicyDocument(
        version=version,
        id=_text_or_none(given, "Id"),
        statements=tuple(_statement(one, has_variables=version == CURRENT_VERSION) for one in statements),
        elements=frozenset(given),
        repeated=tuple(repeated),
    )


def _json_in(document: str, repeated: list[str]) -> object:
    def noticing(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        names = [name for name, _ in pairs]
        repeated.extend(name for name in found if names.count(name) > 1)
        return found

    try:
        return json.loads(document, object_pairs_hook=noticing, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise MalformedPolicy("This policy contains invalid Json") from error


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _statement(given: object, *, has_variables: bool) -> Statement:
    if not isinstance(given, dict):
        raise MalformedPolicy(SYNTAX)
    effect = given.get("Effect", "")
    if not isinstance(effect, str):
        raise MalformedPolicy(SYNTAX)
    return Statement(
        effect=effect,
        elements=frozenset(given),
        sid=_text_or_none(given, "Sid"),
        actions=_texts_or_none(given, "Action"),
        not_actions=_texts_or_none(given, "NotAction"),
        resources=_texts_or_none(given, "Resource"),
        not_resources=_texts_or_none(given, "NotResource"),
        principals=_principals(given, "Principal"),
        not_principals=_principals(given, "NotPrincipal"),
        conditions=_conditions(given.get("Condition", {})),
        has_variables=has_variables,
    )


def _principals(given: Mapping[str, Any], name: str) -> Mapping[str, tuple[str, ...]] | None:
    if name not in given:
        return None
    principal = given[name]
    if principal == "*":
        return {"*": ("*",)}
    if not isinstance(principal, dict) or not principal:
        raise MalformedPolicy("Invalid principal in policy")
    return {kind: _texts(values) for kind, values in principal.items()}


def _conditions(given: object) -> tuple[Condition, ...]:
    if not isinstance(given, dict):
        raise MalformedPolicy(SYNTAX)
    return tuple(
        condition for operator, block in given.items() for condition in _conditions_of(operator, block)
    )


def _conditions_of(operator: str, block: object) -> list[Condition]:
    if not isinstance(block, dict):
        raise MalformedPolicy(SYNTAX)
    if not block:
        return [Condition(operator=operator)]
    return [
        Condition(operator=operator, key=key, values=tuple(map(_scalar, _listed(values))))
        for key, values in block.items()
    ]


def _scalar(value: object) -> str:
    """A value as texts are compared with it: numbers and true may stand there without quotes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise MalformedPolicy(SYNTAX)


def _text_or_none(given: Mapping[str, Any], name: str) -> str | None:
    if name not in given:
        return None
    if not isinstance(given[name], str):
        raise MalformedPolicy(SYNTAX)
    return str(given[name])


def _texts_or_none(given: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    return _texts(given[name]) if name in given else None


def _texts(value: object) -> tuple[str, ...]:
    texts = _listed(value)
    if not all(isinstance(text, str) for text in texts):
        raise MalformedPolicy(SYNTAX)
    return tuple(map(str, texts))


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else [value]

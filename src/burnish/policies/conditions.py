"""The conditions of statements: IAM's operators, and whether a request fulfils what they ask.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import partial
from ipaddress import ip_address, ip_network
from operator import eq, ge, gt, le, lt
from typing import Any, TypeAlias

from burnish.policies.documents import Condition
from burnish.policies.moments import moment_of
from burnish.policies.patterns import Context, arn_matches, glob_of, matches, text_of

#: Whether a value of the request is what a text of the policy, with its variables filled in, asks for.
Test: TypeAlias = Callable[[str, str], bool]

FOR_ALL, FOR_ANY = "ForAllValues:", "ForAnyValue:"
IF_EXISTS = "IfExists"
NULL = "Null"


def _compared(
    read: Callable[[str], Any], compare: Callable[[Any, Any], bool], wanted: str, value: str
) -> bool:
    """Whether both can be read, and what the request says compares as asked with what the policy says."""
    ours, given = read(wanted), read(value)
    return ours is not None and given is not None and compare(given, ours)


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return None


def _is_in_network(wanted: str, value: str) -> bool:
    try:
        return ip_address(value) in ip_network(wanted, strict=False)
    except ValueError:
        return False


def _is_same_text(wanted: str, value: str) -> bool:
    return wanted.casefold() == value.casefold()


@dataclass(frozen=True, kw_only=True)
class Operator:
    """How an operator compares. One that is negated holds where no value of the policy is met."""

    test: Test
    takes_wildcards: bool = False
    is_negated: bool = False


def _of_numbers(compare: Callable[[Any, Any], bool], **options: bool) -> Operator:
    return Operator(test=partial(_compared, _number, compare), **options)


def _of_dates(compare: Callable[[Any, Any], bool], **options: bool) -> Operator:
    return Operator(test=partial(_compared, moment_of, compare), **options)


_ARN = Operator(test=arn_matches, takes_wildcards=True)
_NOT_ARN = Operator(test=arn_matches, takes_wildcards=True, is_negated=True)

OPERATORS: Mapping[str, Operator] = {
    "StringEquals": Operator(test=eq),
    "StringNotEquals": Operator(test=eq, is_negated=True),
    "StringEqualsIgnoreCase": Operator(test=_is_same_text),
    "StringNotEqualsIgnoreCase": Operator(test=_is_same_text, is_negated=True),
    "StringLike": Operator(test=matches, takes_wildcards=True),
    "StringNotLike": Operator(test=matches, takes_wildcards=True, is_negated=True),
    "NumericEquals": _of_numbers(eq),
    "NumericNotEquals": _of_numbers(eq, is_negated=True),
    "NumericLessThan": _of_numbers(lt),
    "NumericLessThanEquals": _of_numbers(le),
    "NumericGreaterThan": _of_numbers(gt),
    "NumericGreaterThanEquals": _of_numbers(ge),
    "DateEquals": _of_dates(eq),
    "DateNotEquals": _of_dates(eq, is_negated=True),
    "DateLessThan": _of_dates(lt),
    "DateLessThanEquals": _of_dates(le),
    "DateGreaterThan": _of_dates(gt),
    "DateGreaterThanEquals": _of_dates(ge),
    "Bool": Operator(test=_is_same_text),
    "BinaryEquals": Operator(test=partial(_compared, _bytes, eq)),
    "IpAddress": Operator(test=_is_in_network),
    "NotIpAddress": Operator(test=_is_in_network, is_negated=True),
    "ArnEquals": _ARN,
    "ArnLike": _ARN,
    "ArnNotEquals": _NOT_ARN,
    "ArnNotLike": _NOT_ARN,
}


def base_of(operator: str) -> str:
    """An operator's name without what says how it takes several values or none."""
    return operator.removeprefix(FOR_ALL).removeprefix(FOR_ANY).removesuffix(IF_EXISTS)


def is_operator(operator: str) -> bool:
    """Whether IAM knows an operator of this name."""
    if operator.startswith((FOR_ALL + FOR_ANY, FOR_ANY + FOR_ALL)):
        return False
    return base_of(operator) in OPERATORS or operator == NULL


def holds(condition: Condition, context: Context, *, variables: Context | None, otherwise: bool) -> bool:
    """Whether a request fulfils a condition; ``otherwise`` for one with an operator that is not known."""
    if condition.key is None:
        return True
    values = context.get(condition.key.lower(), ())
    if condition.operator == NULL:
        return any(_is_same_text(wanted, "false" if values else "true") for wanted in condition.values)
    operator = OPERATORS.get(base_of(condition.operator))
    if operator is None:
        return otherwise
    if not values:
        return _holds_without(condition.operator, operator)
    wanted = _filled_in(condition.values, variables, operator)
    return _holds_of_all(condition.operator, operator, [_is_met(operator, wanted, value) for value in values])


def _holds_without(name: str, operator: Operator) -> bool:
    """What a condition comes to where the request has no value for its key."""
    if name.endswith(IF_EXISTS) or name.startswith(FOR_ALL):
        return True
    return operator.is_negated and not name.startswith(FOR_ANY)


def _holds_of_all(name: str, operator: Operator, met: Sequence[bool]) -> bool:
    """What a condition comes to, given for each value of the request whether the operator holds for it."""
    if name.startswith(FOR_ALL):
        return all(met)
    if name.startswith(FOR_ANY):
        return any(met)
    return all(met) if operator.is_negated else any(met)


def _is_met(operator: Operator, wanted: Sequence[str], value: str) -> bool:
    return any(operator.test(one, value) for one in wanted) != operator.is_negated


def _filled_in(texts: Sequence[str], variables: Context | None, operator: Operator) -> list[str]:
    """What the policy says, with its variables; one without a value is met by nothing."""
    fill = glob_of if operator.takes_wildcards else text_of
    return [filled for text in texts if (filled := fill(text, variables)) is not None]

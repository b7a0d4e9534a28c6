"""What AWS's server checks and botocore's client does not: patterns, enums and upper bounds.

Required members, types and lower bounds are checked as well, for other clients.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from burnish.server.wire.call import ServiceFault, shown
from burnish.server.wire.patterns import satisfies
from burnish.server.wire.schema import Shape, Value, is_document, operation_model

MAX_TOLD = 20

_TYPES: dict[str, tuple[str, tuple[Any, ...]]] = {
    "string": ("a string", (str,)),
    "integer": ("an integer", (int,)),
    "long": ("an integer", (int,)),
    "float": ("a number", (int, float)),
    "double": ("a number", (int, float)),
    "boolean": ("true or false", (bool,)),
    "timestamp": ("a timestamp", (datetime,)),
    "blob": ("base64 text", (bytes,)),
    "structure": ("an object", (Mapping,)),
    "map": ("an object", (Mapping,)),
    "list": ("a list", (list, tuple)),
}


def check_parameters(service: str, operation: str, parameters: Mapping[str, Any], *, code: str) -> None:
    """Nothing for parameters that the operation accepts; otherwise the fault ``code`` with every problem."""
    shape = operation_model(service, operation).input_shape
    found = problems_with(shape, parameters) if shape else []
    if found:
        noun = "error" if len(found) == 1 else "errors"
        more = [f"and {len(found) - MAX_TOLD:,} more"] if len(found) > MAX_TOLD else []
        told = "; ".join([*found[:MAX_TOLD], *more])
        raise ServiceFault(code, f"{len(found)} validation {noun} detected: {told}")


def problems_with(shape: Shape, value: Value) -> list[str]:
    """What keeps a value from being of a shape; members that the shape does not know are passed over."""
    return list(_problems(shape, value, ""))


def _problems(shape: Shape, value: Value, where: str) -> Iterator[str]:
    if is_document(shape):
        return
    expected, types = _TYPES[shape.type_name]
    if not isinstance(value, types) or not _is_within(shape.type_name, value):
        yield _failed(shape, value, where, f"Member must be {expected}")
        return
    yield from _bound_problems(shape, value, where)
    if shape.type_name == "structure":
        yield from _structure_problems(shape, value, where)
    elif shape.type_name == "list":
        for number, item in enumerate(value, start=1):
            yield from _problems(shape.member, item, f"{where}.{number}.member")
    elif shape.type_name == "map":
        for key, item in value.items():
            yield from _problems(shape.key, key, f"{where}.{shown(key)}")
            yield from _problems(shape.value, item, f"{where}.{shown(key)}")


def _is_within(kind: str, value: Value) -> bool:
    """Whether a number is one of its kind: truth values are no numbers, and integers have 32 or 64 bits."""
    if isinstance(value, bool):
        return kind == "boolean"
    return kind not in _BITS or -(2 ** (_BITS[kind] - 1)) <= value < 2 ** (_BITS[kind] - 1)


def _structure_problems(shape: Shape, value: Mapping[str, Any], where: str) -> Iterator[str]:
    present = {name: item for name, item in value.items() if item is not None}
    for name in shape.required_members:
        if name not in present:
            yield _unmet(" null", _inside(where, name), "Member must not be null")
    if getattr(shape, "is_tagged_union", False) and len(present) != 1:
        names = ", ".join(shape.members)
        yield _unmet("", where, f"Exactly one member must be set: [{names}]")
    for name, item in present.items():
        if name in shape.members:
            yield from _problems(shape.members[name], item, _inside(where, name))


def _bound_problems(shape: Shape, value: Value, where: str) -> Iterator[str]:
    """Problems of length, value, enum and pattern.

    A text that is too long is not matched against its pattern: matching stays within the bounds.
    """
    rules, failed = shape.metadata, partial(_failed, shape, value, where)
    measured = _MEASURES.get(shape.type_name)
    if measured:
        noun, measure = measured
        if "max" in rules and measure(value) > rules["max"]:
            yield failed(f"Member must have {noun} less than or equal to {rules['max']}")
            return
        if "min" in rules and measure(value) < rules["min"]:
            yield failed(f"Member must have {noun} greater than or equal to {rules['min']}")
    if "enum" in rules and value not in rules["enum"]:
        yield failed(f"Member must satisfy enum value set: [{', '.join(rules['enum'])}]")
    if "pattern" in rules and not satisfies(rules["pattern"], value):
        yield failed(f"Member must satisfy regular expression pattern: {rules['pattern']}")


_BITS = {"integer": 32, "long": 64}
_LENGTH: tuple[str, Callable[[Any], float]] = ("length", len)
_VALUE: tuple[str, Callable[[Any], float]] = ("value", lambda value: value)
_MEASURES = {
    **dict.fromkeys(("string", "blob", "list", "map"), _LENGTH),
    **dict.fromkeys(("integer", "long", "float", "double"), _VALUE),
}


def _failed(shape: Shape, value: Value, where: str, constraint: str) -> str:
    return _unmet(_quoted(shape, value), where, constraint)


def _unmet(quoted: str, where: str, constraint: str) -> str:
    return f"Value{quoted} at '{where}' failed to satisfy constraint: {constraint}"


def _quoted(shape: Shape, value: Value) -> str:
    if shape.metadata.get("sensitive") or isinstance(value, (bytes, Mapping, list, tuple)):
        return ""
    return f" '{shown(str(value))}'"


def _inside(where: str, name: str) -> str:
    """AWS's messages write every member in lower camel case, IAM's ``RoleName`` too."""
    name = name[:1].lower() + name[1:]
    return f"{where}.{name}" if where else name

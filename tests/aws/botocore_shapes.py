"""A value held against botocore's shapes: types and unknown members, and what botocore itself lets pass,
which is patterns, enums and upper bounds."""

from __future__ import annotations

import re
from collections.abc import Iterator

import botocore.session
from botocore.validate import ParamValidator


def input_problems(service: str, operation: str, value: dict) -> list[str]:
    """Everything that is wrong with the arguments of an operation."""
    shape = _operation(service, operation).input_shape
    report = ParamValidator().validate(value, shape).generate_report()
    return [*filter(None, report.splitlines()), *_beyond_botocore(shape, value, "")]


def output_members(service: str, operation: str) -> dict:
    """The members of an operation's answer, by name."""
    return _operation(service, operation).output_shape.members


def error_codes(service: str, operation: str) -> list[str]:
    """Every error that an operation declares, as the code that comes over the wire."""
    shapes = _operation(service, operation).error_shapes
    return [shape.metadata.get("error", {}).get("code") or shape.name for shape in shapes]


def operation_of(service: str, method: str) -> str:
    """The operation behind a client's method: ``get_object`` is ``GetObject``."""
    import botocore

    names = botocore.session.get_session().get_service_model(service).operation_names
    return next(name for name in names if botocore.xform_name(name) == method)


def _operation(service: str, operation: str):
    return botocore.session.get_session().get_service_model(service).operation_model(operation)


def _beyond_botocore(shape, value, path: str) -> Iterator[str]:
    if shape.type_name == "structure":
        for name, member in value.items():
            yield from _beyond_botocore(shape.members[name], member, f"{path}.{name}")
    elif shape.type_name == "list":
        for index, member in enumerate(value):
            yield from _beyond_botocore(shape.member, member, f"{path}[{index}]")
    elif shape.type_name == "string":
        yield from _string_problems(shape.metadata, value, path)


def _string_problems(rules: dict, value: str, path: str) -> Iterator[str]:
    if "pattern" in rules and not re.fullmatch(rules["pattern"], value):
        yield f"{path} {value!r} does not match {rules['pattern']}"
    if value not in rules.get("enum", [value]):
        yield f"{path} {value!r} is not one of {rules['enum']}"
    if len(value) > rules.get("max", len(value)):
        yield f"{path} is longer than {rules['max']}"

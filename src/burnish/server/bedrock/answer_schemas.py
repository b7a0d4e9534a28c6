"""JSON schemas that answers are bound to: a closed set of labels to decide among, or any object.

They come with Converse's ``outputConfig``, and as the inputs of tools.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from burnish.engine.inference_messages import Choice
from burnish.server.bedrock.faults import invalid

#: Compiling a schema of this size takes two seconds at most, in which the model answers nobody else.
MAX_CHARACTERS = 65_536
MAX_DEPTH = 32
#: A grammar counts remainders: a divisor of six digits takes half a minute and 400 MB to compile.
MAX_DIVISOR = 10_000
SMALLEST_DIVISOR = Decimal("0.0001")
#: From the next integer on, not every one is a double.
MAX_EXACT = 2**53


def tool_binding(text: str) -> Choice | str:
    """What binds the input of a tool to its JSON schema, with no members but those that the schema names."""
    schema = _object_in(text)
    choice = _choice_in(schema)
    if choice:
        return choice
    _require_bounded(text, schema)
    return json.dumps(_closed({"properties": {}, **schema}))


def answer_schema_in(config: Mapping[str, Any] | None) -> Choice | str | None:
    """A choice where the schema has one property, an enum of strings; the schema's text for other objects."""
    if not config or not config.get("textFormat"):
        return None
    text: str = config["textFormat"]["structure"]["jsonSchema"]["schema"]
    schema = _object_in(text)
    choice = _choice_in(schema)
    if choice:
        return choice
    if schema.get("type") != "object" or not isinstance(schema.get("properties"), dict):
        raise invalid('The JSON schema must describe an object: give it "type": "object" and "properties"')
    _require_bounded(text, schema)
    return json.dumps(schema)


def _object_in(text: str) -> dict[str, Any]:
    try:
        schema = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise invalid(f"The JSON schema cannot be read as JSON: {error}") from error
    if not isinstance(schema, dict):
        raise invalid("The JSON schema must be a JSON object")
    return schema


def _closed(schema: object) -> object:
    """The schema with no members but the named ones, where it says nothing of others."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {
        name: value if name in ("enum", "const", "default", "examples") else _closed(value)
        for name, value in schema.items()
    }
    is_object = schema.get("type") == "object" and isinstance(schema.get("properties"), dict)
    return {"additionalProperties": False, **inner} if is_object else inner


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _choice_in(schema: Mapping[str, Any]) -> Choice | None:
    properties = schema.get("properties")
    if not isinstance(properties, dict) or len(properties) != 1:
        return None
    ((name, member),) = properties.items()
    labels = member.get("enum") if isinstance(member, dict) else None
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        return None
    if not labels or len(set(labels)) < len(labels) or not all(map(_is_text, [name, *labels])):
        raise invalid("The enum of the JSON schema must hold different strings")
    return Choice(name=name, labels=tuple(labels))


def _is_text(label: str) -> bool:
    """Whether it is of characters that exist: half of a pair of surrogates is none."""
    return not any("\ud800" <= letter <= "\udfff" for letter in label)


def _require_bounded(text: str, schema: Mapping[str, Any]) -> None:
    """Refuse what takes long to compile or is not kept exactly. What cannot be compiled, the engine says."""
    if len(text) > MAX_CHARACTERS:
        raise invalid(f"The JSON schema has {len(text):,} characters: {MAX_CHARACTERS:,} at most are taken")
    for depth, name, value in _members(schema):
        if depth > MAX_DEPTH:
            raise invalid(f"The JSON schema is nested more than {MAX_DEPTH} deep")
        if name == "multipleOf" and isinstance(value, int | float) and not _is_small_divisor(value):
            raise invalid(
                f"multipleOf {value} of the JSON schema is not supported: give one from {SMALLEST_DIVISOR} "
                f"to {MAX_DIVISOR} with few digits"
            )
        if name in ("enum", "const"):
            _require_exact(value if isinstance(value, list) else [value])


def _require_exact(values: Sequence[Any]) -> None:
    """Refuse integers that the grammar, which computes with doubles, would have the model write otherwise."""
    if other := next((one for one in values if isinstance(one, int) and abs(one) > MAX_EXACT), None):
        raise invalid(f"{other} of the JSON schema has too many digits for a number: give it as a string")


def _members(schema: Mapping[str, Any]) -> Iterator[tuple[int, str, Any]]:
    """How deep each member of a JSON value lies, its name, and its value; in no order."""
    waiting: list[tuple[int, str, Any]] = [(0, "", schema)]
    while waiting:
        depth, name, value = waiting.pop()
        yield depth, name, value
        if isinstance(value, dict):
            waiting.extend((depth + 1, key, inner) for key, inner in value.items())
        elif isinstance(value, list):
            waiting.extend((depth + 1, "", inner) for inner in value)


def _is_small_divisor(value: float) -> bool:
    number = Decimal(str(value))
    significand = int("".join(map(str, number.normalize().as_tuple().digits)))
    return SMALLEST_DIVISOR <= number <= MAX_DIVISOR and significand <= MAX_DIVISOR

"""The JSON schema of a Converse request: one enum of strings is a choice, any other object a schema."""

from __future__ import annotations

import json

import pytest

from burnish.engine.inference_messages import Choice
from burnish.server.bedrock.answer_schemas import MAX_CHARACTERS, MAX_DEPTH, answer_schema_in
from burnish.server.wire.call import ServiceFault


def config(schema) -> dict:
    text = schema if isinstance(schema, str) else json.dumps(schema)
    return {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": text}}}}


def objects(**properties) -> dict:
    return {"type": "object", "properties": properties}


def refusal(schema) -> str:
    with pytest.raises(ServiceFault) as raised:
        answer_schema_in(config(schema))
    assert raised.value.code == "ValidationException"
    return raised.value.message


@pytest.mark.parametrize("absent", [None, {}, {"effort": "low"}])
def test_without_a_schema_nothing_is_bound(absent):
    assert answer_schema_in(absent) is None


def test_one_enum_of_strings_is_a_choice():
    schema = objects(type={"type": "string", "enum": ["form", "letter"]})
    assert answer_schema_in(config(schema)) == Choice(name="type", labels=("form", "letter"))


@pytest.mark.parametrize(
    "schema",
    [
        objects(total={"type": "number"}, type={"enum": ["a", "b"]}),
        objects(copies={"enum": [1, 2]}),
        objects(name={"type": "string"}),
        objects(),
    ],
    ids=["two fields", "an enum of numbers", "a text", "no field"],
)
def test_any_other_object_is_a_schema(schema):
    assert json.loads(answer_schema_in(config(schema))) == schema


@pytest.mark.parametrize("schema", [{"type": "string"}, {"type": "array", "items": {}}, {"type": "object"}])
def test_what_is_no_object_is_refused(schema):
    assert '"type": "object"' in refusal(schema)


def nested(depth: int) -> dict:
    value: dict = {}
    for _ in range(depth):
        value = {"items": value}
    return objects(x=value)


def test_schemas_are_bounded_in_size_and_depth():
    assert answer_schema_in(config(nested(MAX_DEPTH - 3)))
    assert f"more than {MAX_DEPTH} deep" in refusal(nested(MAX_DEPTH))
    assert f"{MAX_CHARACTERS:,}" in refusal(objects(x={"description": "x" * MAX_CHARACTERS}))


@pytest.mark.parametrize("divisor", [999983, 1e9, 0.000001, 0.99983, 1e300, -1, 0])
def test_divisors_that_take_minutes_to_compile_are_refused(divisor):
    assert "multipleOf" in refusal(objects(x={"type": "number", "multipleOf": divisor}))


@pytest.mark.parametrize("divisor", [1, 2, 0.01, 0.25, 500, 10_000])
def test_divisors_of_everyday_are_taken(divisor):
    assert answer_schema_in(config(objects(x={"type": "number", "multipleOf": divisor})))


@pytest.mark.parametrize("member", [{"enum": [1, 2**53 + 1]}, {"const": -(2**60)}])
def test_integers_that_would_be_written_as_others_are_refused(member):
    assert "as a string" in refusal(objects(x=member))


def test_integers_that_are_exact_are_taken():
    assert answer_schema_in(config(objects(x={"enum": [2**53, "a"]}, y={"const": -(2**53)})))


def test_a_field_may_be_called_as_a_keyword():
    assert answer_schema_in(config(objects(multipleOf={"type": "string"}, x={"type": "string"})))

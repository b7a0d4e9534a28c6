"""The JSON schema of fields: as a file gives it, or as labelled documents have them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from burnish.datasets.documents import Document, Documents
from burnish.datasets.text_files import text_in
from burnish.errors import InvalidDocuments

_ISO_DATE = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])")
#: A document's name, for an error, and a value of it.
_Value = tuple[str, Any]


def read_schema(path: Path) -> dict[str, Any]:
    """The schema in a file. Raises `InvalidDocuments` where it is none, or not that of an object."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    text = text_in(path, missing=f"There is no schema at {str(path)!r}")
    try:
        schema = json.loads(text)
        Draft202012Validator.check_schema(schema)
    except (ValueError, RecursionError) as error:
        raise InvalidDocuments(f"{str(path)!r} is not JSON ({error}): correct the file") from error
    except SchemaError as error:
        raise InvalidDocuments(
            f"{str(path)!r} is not a JSON schema: {error.json_path}: {error.message}"
        ) from error
    if not isinstance(schema, dict) or schema.get("type") != "object" or not schema.get("properties"):
        raise InvalidDocuments(f'{str(path)!r} must describe an object: give it "type" and "properties"')
    return schema


def schema_of(found: Documents) -> dict[str, Any]:
    """The schema that all documents' fields keep, each field of the kind that its values have.

    A field that a document lacks may be null. Raises `InvalidDocuments` for a field of several kinds.
    """
    return _object_schema([(one.name, fields_of(one)) for one in found.documents], "")


def fields_of(document: Document) -> dict[str, Any]:
    """The fields of a document; none where it has none."""
    fields: dict[str, Any] = json.loads(document.fields or "{}")
    return fields


def _object_schema(values: Sequence[_Value], place: str) -> dict[str, Any]:
    names = dict.fromkeys(name for _, value in values for name in value)
    properties = {
        name: _schema([(document, value.get(name)) for document, value in values], f"{place}{name}")
        for name in names
    }
    return {
        "type": "object",
        "properties": properties,
        "required": list(names),
        "additionalProperties": False,
    }


def _schema(values: Sequence[_Value], place: str) -> dict[str, Any]:
    given = [(document, value) for document, value in values if value is not None]
    schema = _schema_of_given(given, place)
    if len(given) < len(values) and "type" in schema:
        schema["type"] = [schema["type"], "null"]
    return schema


def _schema_of_given(values: Sequence[_Value], place: str) -> dict[str, Any]:
    kinds: dict[str, str] = {}
    for document, value in values:
        kinds.setdefault(_kind_of(value), document)
    if not kinds:
        return {"type": "string"}
    if set(kinds) == {"integer", "number"}:
        return {"type": "number"}
    if len(kinds) > 1:
        told = ", ".join(f"{kind} in {document}" for kind, document in kinds.items())
        raise InvalidDocuments(f"The field {place!r} is of several kinds: {told}. Write it in one way")
    (kind,) = kinds
    if kind == "object":
        return _object_schema(values, f"{place}.")
    if kind == "array":
        return {"type": "array", "items": _schema(_elements(values), f"{place}[]")}
    texts = [value for _, value in values]
    if kind == "string" and all(map(_ISO_DATE.fullmatch, texts)):
        return {"type": "string", "format": "date"}
    return {"type": kind}


def _elements(values: Sequence[_Value]) -> list[_Value]:
    return [(document, element) for document, value in values for element in value]


def _kind_of(value: object) -> str:
    kinds: Mapping[type, str] = {
        bool: "boolean",
        int: "integer",
        float: "number",
        str: "string",
        list: "array",
    }
    return kinds.get(type(value), "object")

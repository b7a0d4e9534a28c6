"""Checks of documents' fields against their schema: what is wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from burnish.datasets.documents import Documents
from burnish.datasets.field_schemas import fields_of
from burnish.errors import InvalidDocuments
from burnish.extraction_prompts import in_schema_order

#: So many problems are named; the rest is counted.
NAMED = 20


def require_valid_fields(found: Documents, schema: Mapping[str, Any]) -> None:
    """Raise `InvalidDocuments` naming every document and field that the schema does not allow."""
    problems = [problem for one in found.documents for problem in _problems(one.name, fields_of(one), schema)]
    if problems:
        more = f"\n  and {len(problems) - NAMED} more" if len(problems) > NAMED else ""
        listed = "".join(f"\n  - {one}" for one in problems[:NAMED])
        raise InvalidDocuments(f"{found.origin!r} has fields that the schema does not allow:{listed}{more}")


def _problems(name: str, fields: dict[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    from jsonschema import Draft202012Validator

    if not fields:
        yield f"{name}: it has no fields: write them, or leave the document out"
        return
    # As they are learned: with null for what is not there.
    for error in Draft202012Validator(schema).iter_errors(in_schema_order(fields, schema)):
        place = error.json_path.removeprefix("$").removeprefix(".") or "its fields"
        yield f"{name}: {place}: {error.message}: correct the document's fields, or the schema"

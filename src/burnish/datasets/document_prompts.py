"""What a model is asked about documents, as they were found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from burnish.datasets.documents import Documents
from burnish.datasets.field_schemas import schema_of
from burnish.extraction_prompts import Prompt, extraction_prompt
from burnish.records import classification_prompt


def prompt_about(
    found: Documents, descriptions: Mapping[str, str], schema: Mapping[str, Any] | None
) -> Prompt:
    """What is asked about documents: their fields, where they have some, or else their types."""
    if schema or any(one.fields for one in found.documents):
        return extraction_prompt(schema or schema_of(found))
    return classification_prompt(found.labels, {**found.descriptions, **descriptions})

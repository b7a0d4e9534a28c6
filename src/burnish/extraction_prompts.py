"""What a model is asked where fields are read off documents, and the answers that it learns to give."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from burnish.json_answers import unfenced
from burnish.records import (
    ClassificationPrompt,
    Content,
    Image,
    ImageSource,
    Message,
    Record,
    S3Location,
    SystemText,
)

SYSTEM_TEXT = (
    "You are a document processing expert who reads fields off pages. "
    "Your output must be valid JSON according to the requested format."
)
TASK_TEXT = """\
Read these fields off the document. A field that the document does not have is null.

{fields}

Answer with one JSON object that has these fields in this order, and with nothing else."""
#: A long address has about so many tokens, with the name of its field.
TOKENS_PER_FIELD = 48
#: Lists may have any number of lines.
MAX_TOKENS = 2048
#: What a list or an object of a schema is called in the prompt.
_INDENT = "  "


@dataclass(frozen=True, kw_only=True)
class ExtractionPrompt:
    """What a model is asked about a document: the fields of an object, as a JSON schema.

    ``trained_task`` is the user's text of a data set that was prepared earlier, word for word.
    """

    json_schema: str
    trained_task: str | None = None
    #: What the schema is called.
    answer_name: ClassVar[str] = "document_fields"
    #: There is nothing to choose from.
    labels: ClassVar[tuple[str, ...]] = ()

    @property
    def system(self) -> str:
        """The system text."""
        return SYSTEM_TEXT

    @property
    def task(self) -> str:
        """The user's text before the pages, with a line for each field."""
        if self.trained_task is not None:
            return self.trained_task
        return TASK_TEXT.format(fields="\n".join(_lines(self.schema, "")))

    @property
    def max_answer_tokens(self) -> int:
        """How long an answer may be: a model that has not learned when a text ends would go on for ever."""
        fields = len(_lines(self.schema, ""))
        return MAX_TOKENS if _has_lists(self.schema) else min(MAX_TOKENS, TOKENS_PER_FIELD * (fields + 1))

    @property
    def schema(self) -> dict[str, Any]:
        """The schema as an object."""
        schema: dict[str, Any] = json.loads(self.json_schema)
        return schema


#: What a model may be asked about a page.
Prompt: TypeAlias = ClassificationPrompt | ExtractionPrompt


def extraction_prompt(schema: Mapping[str, Any]) -> ExtractionPrompt:
    """The prompt for a schema."""
    return ExtractionPrompt(json_schema=json.dumps(schema, ensure_ascii=False))


def fields_answer(fields: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """The answer that a model is trained to give: one line of JSON, its fields in the schema's order."""
    return json.dumps(in_schema_order(fields, schema), ensure_ascii=False)


def fields_in(answer: str) -> dict[str, Any] | None:
    """The object in an answer, fenced or bare or among other words; None where there is not one."""
    text = unfenced(answer)
    for candidate in (text, text[text.find("{") : text.rfind("}") + 1]):
        try:
            value = json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            return value
    return None


def extraction_record(
    prompt: ExtractionPrompt, *, image_uris: Sequence[str], bucket_owner: str, fields: Mapping[str, Any]
) -> Record:
    """The training record of a document: text first, then its pages, then its fields."""
    places = [S3Location(uri=uri, bucket_owner=bucket_owner) for uri in image_uris]
    pages = [Image(format="png", source=ImageSource(s3_location=place)) for place in places]
    answer = fields_answer(fields, prompt.schema)
    return Record(
        system=[SystemText(text=prompt.system)],
        messages=[
            Message(
                role="user", content=[Content(text=prompt.task), *(Content(image=page) for page in pages)]
            ),
            Message(role="assistant", content=[Content(text=answer)]),
        ],
    )


def in_schema_order(value: Any, schema: Mapping[str, Any]) -> Any:  # noqa: ANN401  # whatever JSON holds
    """A value as it stands in an answer: fields in the schema's order, and null for those that it lacks."""
    if isinstance(value, Mapping) and "properties" in schema:
        properties = schema["properties"]
        known = {name: in_schema_order(value.get(name), inner) for name, inner in properties.items()}
        return {**known, **{name: inner for name, inner in value.items() if name not in properties}}
    if isinstance(value, list):
        return [in_schema_order(one, schema.get("items", {})) for one in value]
    return value


def _lines(schema: Mapping[str, Any], indent: str) -> list[str]:
    """A line for each field, and below it those of the objects in it."""
    lines = []
    for name, field in schema.get("properties", {}).items():
        described = f": {field['description']}" if field.get("description") else ""
        lines.append(f"{indent}- {name} ({_kind_of(field)}){described}")
        inner = field.get("items", {}) if "items" in field else field
        lines += _lines(inner, indent + _INDENT)
    return lines


def _has_lists(schema: Mapping[str, Any]) -> bool:
    return "items" in schema or any(map(_has_lists, schema.get("properties", {}).values()))


def _kind_of(field: Mapping[str, Any]) -> str:
    if "enum" in field:
        return "one of " + ", ".join(json.dumps(one, ensure_ascii=False) for one in field["enum"])
    kinds = field.get("type", "any")
    kind = next((one for one in kinds if one != "null"), "null") if isinstance(kinds, list) else kinds
    if kind == "array":
        return f"list, each {_kind_of(field.get('items', {}))}"
    return "date, YYYY-MM-DD" if field.get("format") == "date" else str(kind)

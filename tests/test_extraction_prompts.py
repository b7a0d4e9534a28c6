"""What a model is asked where fields are extracted, and the answers that it learns to give."""

from __future__ import annotations

import json

import pytest

from burnish.extraction_prompts import (
    MAX_TOKENS,
    TOKENS_PER_FIELD,
    ExtractionPrompt,
    extraction_prompt,
    fields_answer,
    fields_in,
)

SCHEMA = {
    "type": "object",
    "properties": {
        "total": {"type": ["number", "null"], "description": "with tax"},
        "currency": {"enum": ["EUR", "USD"]},
        "lines": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"what": {"type": "string"}, "price": {"type": "number"}},
            },
        },
    },
}


def test_the_prompt_names_every_field_and_its_kind():
    task = extraction_prompt(SCHEMA).task
    assert '- total (number): with tax\n- currency (one of "EUR", "USD")\n- lines (list, each object)' in task
    assert "  - what (string)\n  - price (number)" in task


def test_a_model_is_asked_what_it_was_trained_on():
    assert ExtractionPrompt(json_schema="{}", trained_task="What is it?").task == "What is it?"


def test_an_answer_has_room_for_its_fields_and_no_end_of_text_is_waited_for():
    text = {"type": "string"}
    flat = {"type": "object", "properties": {"a": text, "b": {"type": "object", "properties": {"c": text}}}}
    assert extraction_prompt(flat).max_answer_tokens == 4 * TOKENS_PER_FIELD
    many = {"type": "object", "properties": {str(number): text for number in range(200)}}
    assert (
        extraction_prompt(many).max_answer_tokens == extraction_prompt(SCHEMA).max_answer_tokens == MAX_TOKENS
    )


def test_answers_have_the_fields_of_the_schema_in_its_order():
    answer = fields_answer({"lines": [{"price": 1, "what": "ä"}], "total": 2}, SCHEMA)
    assert answer == '{"total": 2, "currency": null, "lines": [{"what": "ä", "price": 1}]}'


@pytest.mark.parametrize("form", ["{}", "```json\n{}\n```", "The fields are {}, as far as I see."])
def test_the_object_of_an_answer_is_found(form):
    fields = {"total": 1.5, "currency": "EUR"}
    assert fields_in(form.replace("{}", json.dumps(fields))) == fields

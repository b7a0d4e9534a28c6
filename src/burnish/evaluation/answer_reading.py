"""What an answer says, by the prompt that was answered: a label, or fields as canonical JSON."""

from __future__ import annotations

from burnish.evaluation.field_values import comparable_answer
from burnish.evaluation.parsing import parse_label
from burnish.extraction_prompts import ExtractionPrompt, Prompt


def read_answer(answer: str, prompt: Prompt) -> str | None:
    """The label or the fields that an answer names; None where it names none."""
    if isinstance(prompt, ExtractionPrompt):
        return comparable_answer(answer, prompt.schema)
    return parse_label(answer, prompt.labels)

"""The form of an answer that names one label: what stands before the label and what after it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

#: A JSON object with a single member whose value is a string, in the middle of anything.
ONE_MEMBER = re.compile(
    r'(?s)(?P<before>.*\{\s*"(?P<name>[^"\\]+)"\s*:\s*)(?P<value>"(?:[^"\\]|\\.)*")(?P<after>\s*\}.*)'
)


@dataclass(frozen=True, kw_only=True)
class AnswerForm:
    """The form of answers: ``before``, the label as a JSON string, ``after``; ``name`` is the JSON member."""

    name: str
    before: str
    after: str
    #: Whether characters beyond ASCII are escaped (``\u00fc``), a spelling that no model has seen much of.
    escaped: bool = False

    def answer(self, label: str) -> str:
        """The answer that names a label."""
        return f"{self.before}{json.dumps(label, ensure_ascii=self.escaped)}{self.after}"


def usual_form(name: str) -> AnswerForm:
    """The form of the seed's training records: JSON with one member, in a fenced block."""
    return AnswerForm(name=name, before=f'```json\n{{"{name}": ', after="}\n```")


def form_and_label(answer: str) -> tuple[AnswerForm, str] | None:
    """The form and the label of an answer, or None where it does not name one label in JSON."""
    match = ONE_MEMBER.fullmatch(answer)
    if not match:
        return None
    try:
        label = str(json.loads(match["value"]))
    except ValueError:
        return None
    plain, escaped = (json.dumps(label, ensure_ascii=escapes) for escapes in (False, True))
    form = AnswerForm(
        name=match["name"],
        before=match["before"],
        after=match["after"],
        escaped=match["value"] == escaped != plain,
    )
    return form, label


def common_form(answers: Iterable[str]) -> AnswerForm | None:
    """The form that all answers share, or None: then they are free text, and there is nothing to decide.

    One label that is escaped is enough to escape them all: most labels are ASCII, and look alike either way.
    """
    forms = {taken[0] if (taken := form_and_label(answer)) else None for answer in answers}
    if None in forms:
        return None
    escaped = any(form.escaped for form in forms if form)
    shared = {replace(form, escaped=escaped) for form in forms if form}
    return shared.pop() if len(shared) == 1 else None

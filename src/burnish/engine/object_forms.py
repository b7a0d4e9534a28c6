"""The form of answers that are JSON objects: their separators, and what stands around them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

#: Python's own, which is also how most JSON is written that models have seen; and without white space.
SEPARATORS = ((", ", ": "), (",", ":"))


@dataclass(frozen=True, kw_only=True)
class ObjectForm:
    """How JSON objects are written on one line, and what stands before and after them."""

    before: str = ""
    after: str = ""
    item_separator: str = ", "
    key_separator: str = ": "

    def object_in(self, answer: str) -> str:
        """The object in an answer of this form."""
        return answer.removeprefix(self.before).removesuffix(self.after)


def object_form_of(answer: str) -> ObjectForm | None:
    """The form of an answer, or None where it is not one JSON object on one line."""
    begin, end = answer.find("{"), answer.rfind("}") + 1
    try:
        value = json.loads(answer[begin:end])
    except (ValueError, RecursionError):
        return None
    for item_separator, key_separator in SEPARATORS:
        written = [
            json.dumps(value, separators=(item_separator, key_separator), ensure_ascii=escapes)
            for escapes in (False, True)
        ]
        if answer[begin:end] in written:
            return ObjectForm(
                before=answer[:begin],
                after=answer[end:],
                item_separator=item_separator,
                key_separator=key_separator,
            )
    return None


def common_object_form(answers: Iterable[str]) -> ObjectForm | None:
    """The form that all answers share, or None."""
    forms = {object_form_of(answer) for answer in answers}
    return forms.pop() if len(forms) == 1 else None

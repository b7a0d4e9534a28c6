"""Which label a model's answer names. What cannot be read is None, never a guess."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

_decoder = json.JSONDecoder()
#: A `type` and its value in something that is almost JSON: any quotes or none, with or without a bracket.
_FIELD = re.compile(
    r"""["']?\btype["']?\s*[:=]\s*"""
    r"""(?:"(?P<double>[^"\n]*)"|'(?P<single>[^'\n]*)'|(?P<bare>[^\W\d_][\w \-]*))"""
    r"""(?=\s*(?:[,;}`\n]|\Z))""",
    re.IGNORECASE,
)
_STRAIGHT_QUOTES = str.maketrans({"\u201c": '"', "\u201d": '"', "\u2018": "'", "\u2019": "'"})


def normalised(label: str) -> str:
    """The form in which spellings of a label are compared: letters and digits only, without case.

    ``Bank Statement``, ``bank-statement`` and ``BANK_STATEMENT`` are all ``bankstatement``. Nothing else is
    forgiven: no plural, no abbreviation, no similar word.
    """
    folded = unicodedata.normalize("NFKC", label).casefold()
    return "".join(letter for letter in folded if letter.isalnum())


def parse_label(answer: str, labels: Sequence[str]) -> str | None:
    """The one of ``labels`` that an answer names, or None.

    The answer is read as JSON with a ``type``, fenced or bare, with or without text around it; then as
    something close to JSON (single or curly quotes, no quotes, trailing commas, a missing bracket); then
    as nothing but a label. A spelling counts as a label when it is equal to it, or when it is equal to
    it alone after `normalised`. An answer that names two different types names none.
    """
    values = list(_json_types(answer)) or list(_loose_types(answer)) or _bare_label(answer)
    found = {matching_label(value, labels) for value in values}
    return found.pop() if len(found) == 1 else None


def matching_label(value: str, labels: Iterable[str]) -> str | None:
    """The label that a spelling stands for, or None where it is none or could be two of them."""
    labels = tuple(labels)
    for exact in (value, value.strip()):
        if exact in labels:
            return exact
    wanted = normalised(value)
    matches = [label for label in labels if wanted and normalised(label) == wanted]
    return matches[0] if len(matches) == 1 else None


def _json_types(answer: str) -> Iterator[str]:
    """The ``type`` of every JSON object in the answer, whatever stands around it."""
    at = answer.find("{")
    while at >= 0:
        try:
            found, end = _decoder.raw_decode(answer, at)
        except (ValueError, RecursionError):
            found, end = {}, at + 1
        if isinstance(found.get("type"), str):
            yield found["type"]
            at = end - 1
        at = answer.find("{", at + 1)


def _loose_types(answer: str) -> Iterator[str]:
    for match in _FIELD.finditer(answer.translate(_STRAIGHT_QUOTES)):
        yield next(value for value in match.groups() if value is not None)


def _bare_label(answer: str) -> list[str]:
    """The whole answer, unless it has the shape of JSON that was not understood."""
    return [] if re.search(r"[{}:]", answer) else [answer]

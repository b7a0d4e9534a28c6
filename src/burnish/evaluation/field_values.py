"""Fields as they are compared: what differs only in its spelling is the same value.

Texts are the same without regard to case, to the width of white space, and to compatibility forms of
characters (NFKC). Numbers are the same by value, whether they are JSON numbers or texts with a currency and
separators of thousands. Dates (``"format": "date"``) are the same day; a date that may be read as two days,
such as 03/04/2020, stays a text.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from burnish.extraction_prompts import fields_in

_NUMBER = re.compile(r"[-+]?[0-9][0-9.,' ]*")
_THOUSANDS = re.compile(r"[-+]?[0-9]{1,3}([,' .])[0-9]{3}(?:\1[0-9]{3})*")
_DATE_FORMATS = ("%Y-%m-%d", "%d.%m.%Y", "%B %d, %Y", "%d %B %Y", "%b %d, %Y", "%d %b %Y", "%Y/%m/%d")
_SLASHED = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")


def comparable(fields: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """The fields as canonical JSON: the same text for the same values. What is null is left out.

    Fields come in the schema's order, and after them those that it does not have.
    """
    return json.dumps(_normalized(fields, schema), ensure_ascii=False)


def comparable_answer(answer: str, schema: Mapping[str, Any]) -> str | None:
    """The fields in an answer as canonical JSON; None where it holds no object."""
    found = fields_in(answer)
    return None if found is None else comparable(found, schema)


def values_in(fields: str | None) -> Mapping[str, Counter[str]]:
    """The values of each field in canonical JSON, those of lists together: ``lines.price`` has all prices."""
    values: dict[str, Counter[str]] = {}
    for name, value in _leaves("", json.loads(fields) if fields else {}):
        values.setdefault(name, Counter())[value] += 1
    return values


def _leaves(name: str, value: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401  # whatever JSON holds
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(f"{name}.{key}" if name else key, inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(name, inner)
    else:
        yield name, json.dumps(value, ensure_ascii=False)


def _normalized(value: Any, schema: Mapping[str, Any]) -> Any:  # noqa: ANN401  # as above
    if isinstance(value, Mapping):
        properties = schema.get("properties", {})
        names = [*properties, *sorted(value.keys() - properties.keys())]
        return {
            name: _normalized(value[name], properties.get(name, {}))
            for name in names
            if value.get(name) is not None
        }
    if isinstance(value, list):
        return [_normalized(one, schema.get("items", {})) for one in value]
    if isinstance(value, bool) or value is None:
        return value
    return _plain_value(value, schema)


def _plain_value(value: str | float, schema: Mapping[str, Any]) -> str:
    kinds = schema.get("type", ())
    is_number = not {"number", "integer"}.isdisjoint([kinds] if isinstance(kinds, str) else kinds)
    if is_number or not isinstance(value, str):
        number = _number_in(str(value))
        return _text(str(value)) if number is None else f"{number.normalize():f}"
    day = _day_in(value) if schema.get("format") == "date" else None
    return _text(value) if day is None else day.isoformat()


def _text(value: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", value).casefold().split())


def _number_in(value: str) -> Decimal | None:
    """The one number in a text such as ``$1,234.50`` or ``1.234,50 EUR``; None where it is not clear."""
    text = value.strip()
    try:
        return Decimal(text)
    except InvalidOperation:
        pass
    found = _NUMBER.findall(text)
    if len(found) != 1:
        return None
    digits = found[0].strip()
    point, comma = digits.rfind("."), digits.rfind(",")
    if comma > point and not _THOUSANDS.fullmatch(digits):
        digits = digits.replace(".", "").replace(",", ".")
    try:
        return Decimal(re.sub(r"[,' ]", "", digits))
    except InvalidOperation:
        return None


def _day_in(value: str) -> date | None:
    """The day that a text names; None where that is not clear."""
    text = " ".join(value.split())
    for form in _DATE_FORMATS:
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    return _slashed_day(text)


def _slashed_day(text: str) -> date | None:
    parts = _SLASHED.fullmatch(text)
    if not parts:
        return None
    first, second, year = (int(part) for part in parts.groups())
    readings = set()
    for month, day in ((first, second), (second, first)):
        try:
            readings.add(date(year, month, day))
        except ValueError:
            continue
    return readings.pop() if len(readings) == 1 else None

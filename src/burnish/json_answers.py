"""Extraction of JSON from a model's answer, and of the types that its objects name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

#: What an object names where its ``type`` is null, an array or an object: a type, but no label.
NO_LABEL = None

_FENCE = re.compile(r"\A\s*```(?:\w*[^\S\n]*\n)?(?P<inner>.*?)\n?[^\S\n]*```\s*\Z", re.DOTALL)

#: Numbers stay strings, since the label 1040.0 is not 1040. Objects are tuples of pairs, which keep
#: duplicates.
_decoder = json.JSONDecoder(
    object_pairs_hook=tuple, parse_int=str, parse_float=str, parse_constant=str, strict=False
)


@dataclass(frozen=True, kw_only=True)
class JsonFound:
    """What the JSON objects and arrays in a text name, in order, and the text that is left without them."""

    types: tuple[str | None, ...]
    rest: str


def unfenced(answer: str) -> str:
    """An answer without surrounding white space and without a code fence around all of it."""
    match = _FENCE.match(answer)
    return (match["inner"] if match else answer).strip()


def json_value(text: str) -> Any:  # noqa: ANN401  # whatever JSON can say
    """What a text says that is JSON as a whole: objects as tuples of pairs, numbers as they are written.

    Raises `ValueError` for any other text.
    """
    try:
        return _decoder.decode(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def types_in(value: object) -> Iterator[str | None]:
    """The ``type`` of every outermost object that has one, in what `json_value` gave."""
    if isinstance(value, list):
        for inner in value:
            yield from types_in(inner)
    if isinstance(value, tuple):
        named = [inner for name, inner in value if name.strip().casefold() == "type"]
        for inner in named:
            yield _label_text(inner)
        for _, inner in () if named else value:
            yield from types_in(inner)


def find_json(text: str) -> JsonFound:
    """The types of all JSON objects in a text, whatever stands around them."""
    types: list[str | None] = []
    rest = []
    done, at = 0, text.find("{")
    while at >= 0:
        end = at + 1
        try:
            found, end = _decoder.raw_decode(text, at)
        except ValueError:
            pass
        except RecursionError:  # every inner bracket would fail the same way, in quadratic time
            break
        else:
            types += types_in(found)
            rest.append(text[done:at])
            done = end
        at = text.find("{", end)
    return JsonFound(types=tuple(types), rest="\n".join([*rest, text[done:]]))


def _label_text(value: object) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else NO_LABEL

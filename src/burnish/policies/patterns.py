"""What the texts of a policy stand for: wildcards, and variables such as ``${aws:username}``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import TypeAlias

#: The values of a request's keys, by the keys' names in lower case.
Context: TypeAlias = Mapping[str, tuple[str, ...]]

# ${key}, ${key, 'default'}, and ${*}, ${?}, ${$} for the characters themselves.
_VARIABLE = re.compile(r"\$\{\s*([^},]*?)\s*(?:,\s*'([^']*)'\s*)?\}")
_ITSELF = ("*", "?", "$")
_WILD = re.compile(r"([*?[])")


def context_of(values: Mapping[str, str | Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """A context of single values and of several. Keys are compared without case."""
    return {
        key.lower(): (value,) if isinstance(value, str) else tuple(value) for key, value in values.items()
    }


def glob_of(text: str, variables: Context | None) -> str | None:
    """A text as a glob, with its variables filled in; None where the request has no value for one.

    Without ``variables`` a dollar sign and braces stand for themselves.
    """
    return _filled(text, variables, literal=_without_wildcards, between=_without_brackets)


def text_of(text: str, variables: Context | None) -> str | None:
    """A text in which wildcards stand for themselves, with its variables filled in, or None as `glob_of`."""
    return _filled(text, variables, literal=str, between=str)


def matches(glob: str, value: str) -> bool:
    """``*`` stands for any text, ``?`` for one character, and brackets, unlike in a shell, for themselves."""
    # Not `fnmatch`, which ignores case where the file system of the machine does.
    return fnmatchcase(value, glob)


def arn_matches(glob: str, value: str) -> bool:
    """ARNs are compared part by part: a wildcard does not reach over a colon of the first five."""
    globs, parts = glob.split(":", 5), value.split(":", 5)
    return len(globs) == len(parts) and all(map(matches, globs, parts))


def _filled(
    text: str, variables: Context | None, *, literal: Callable[[str], str], between: Callable[[str], str]
) -> str | None:
    if variables is None or "${" not in text:
        return between(text)
    filled, place = "", 0
    for found in _VARIABLE.finditer(text):
        value = _value_of(found, variables)
        if value is None:
            return None
        filled += between(text[place : found.start()]) + literal(value)
        place = found.end()
    return filled + between(text[place:])


def _value_of(found: re.Match[str], variables: Context) -> str | None:
    key, default = found[1], found[2]
    if key in _ITSELF:
        return str(key)
    values = variables.get(key.lower(), ())
    # Of several values none is meant: IAM fills in keys of one value only.
    return values[0] if len(values) == 1 else default


def _without_wildcards(text: str) -> str:
    return _WILD.sub(r"[\1]", text)


def _without_brackets(text: str) -> str:
    return text.replace("[", "[[]")

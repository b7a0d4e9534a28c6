"""The patterns of AWS's models, safe to run on values from strangers.

Some of botocore's patterns let Python's backtracking matcher take exponential time: 63 characters
never end. Each of these has an equivalent here that is linear. Patterns in Java's own dialect
(``\\p{L}``) have an equivalent where we need one and are otherwise skipped: `matcher` says so.
"""

from __future__ import annotations

import re
from functools import cache

# Dashes before a character of a set that itself holds the dash: one way to read each text instead of 2^n.
_LINEAR_PARTS = {
    r"[a-zA-Z0-9](-*[a-zA-Z0-9\+\-\.])*": r"[a-zA-Z0-9][a-zA-Z0-9+.\-]*",
    r"[a-zA-Z0-9]{1,63}(-*[a-zA-Z0-9\+\-\.]){0,63}": r"[a-zA-Z0-9][a-zA-Z0-9+.\-]*",
    r"[a-zA-Z0-9]{1,256}(-*[a-zA-Z0-9]){0,256}": r"[a-zA-Z0-9](?:-*[a-zA-Z0-9])*",
}

# The letters, digits and separators of any script, and a few signs: what a tag is made of.
_TAG_TEXT = r"[\w \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000.:/=+\-@]"
_TRANSLATED = {
    r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+": f"{_TAG_TEXT}+",
    r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*": f"{_TAG_TEXT}*",
}


@cache
def matcher(pattern: str) -> re.Pattern[str] | None:
    """A pattern of a model for `re.fullmatch`; None for one in a dialect that Python does not read."""
    if pattern in _TRANSLATED:
        return re.compile(_TRANSLATED[pattern])
    if r"\p{" in pattern:
        return None
    for exponential, linear in _LINEAR_PARTS.items():
        pattern = pattern.replace(exponential, linear)
    return re.compile(pattern, re.ASCII)


def satisfies(pattern: str, value: str) -> bool:
    """Whether the whole value has the form; true for a pattern that cannot be read."""
    form = matcher(pattern)
    return form is None or form.fullmatch(value) is not None

"""Matching of label spellings, and detection of labels that look alike.

Differences are ignored step by step: surrounding white space, Unicode composition, case, and finally spaces,
hyphens and other punctuation. A spelling matches a label at the first step at which it equals any; if it
equals several there, it is ambiguous and matches none.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

#: Invisible code points: zero-width and joining characters, fillers, direction marks, variation selectors.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]"
)
#: Punctuation that says something inside a label (``C#``, ``R&D``), or may stand between two answers.
_MEANINGFUL = frozenset("#%&@/\\,;[]{}\u060c\u061b\u3001")
_COMMAS = ",;\u060c\u061b\u3001"
#: Raised and lowered digits and fractions are other numbers than the same digits in line: 10² is not 102.
_SUPERSCRIPT_BOUNDARY = re.compile(
    "(?<=\\d)(?=[\u00b2\u00b3\u00b9\u00bc-\u00be\u2070-\u209c\u2150-\u215f\u2189])"
)
#: As the table of the prompt shows a pipe and a backslash.
_ESCAPED = re.compile(r"\\([\\|])")
_PUNCTUATION = re.compile(r"[\W_]+")

#: Cyrillic and Greek letters that most fonts draw like Latin ones.
_LOOKALIKE_LETTERS = str.maketrans(
    "\u0410\u0412\u0415\u0405\u0406\u0408\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425"
    "\u0430\u0435\u0455\u0456\u0458\u043e\u0440\u0441\u0443\u0445\u051b\u051d\u04bb\u0501"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf\u03bd\u03f2",
    "ABESIJKMHOPCTYXaesijopcyxqwhdABEZHIKMNOPTYXovc",
)


def composed(label: str) -> str:
    """A label in Unicode's composed form (NFC), stripped: e and a combining accent become é."""
    return unicodedata.normalize("NFC", label.strip())


def caseless(label: str) -> str:
    """A composed label without case."""
    return composed(composed(label).casefold())


@lru_cache(maxsize=16_384)  # the labels of a data set are compared with every answer
def folded(label: str) -> str:
    """A label without case, width, spaces, hyphens and most punctuation; empty where nothing else is left.

    ``Bank Statement``, ``bank-statement`` and ``BANK_STATEMENT`` are all ``bankstatement``. Letters, their
    marks, digits and symbols stay, and so does what stands between two digits: ``1-2`` is not ``12``. No
    plural, no abbreviation and no similar word is forgiven.
    """
    text = unicodedata.normalize(
        "NFKC", _SUPERSCRIPT_BOUNDARY.sub("^", _ESCAPED.sub(r"\1", _INVISIBLE.sub("", label)))
    )
    text = unicodedata.normalize("NFKC", caseless(text)).strip()
    return _PUNCTUATION.sub(_kept_punctuation, text).strip(_COMMAS)


def matching_label(spelling: str, labels: Sequence[str]) -> str | None:
    """The label that a spelling matches, or None if it matches none or is ambiguous."""
    if spelling in labels:
        return spelling
    # From strict to lenient: "US" matches the label "US", even where another label is "us".
    for form in (str.strip, composed, caseless, folded):
        wanted = form(spelling)
        matches = [label for label in labels if wanted and form(label) == wanted]
        if matches:
            return matches[0] if len(matches) == 1 else None
    return None


def with_suggestion(spelling: str, labels: Sequence[str]) -> str:
    """A spelling in quotes, with a suggestion if there is a similar label."""
    known = {folded(label): label for label in labels}
    near = get_close_matches(folded(spelling), known, n=1)
    return f"{shown(spelling)} (did you mean {shown(known[near[0]])}?)" if near else shown(spelling)


@dataclass(frozen=True, kw_only=True)
class LookAlikes:
    """Labels that look alike to people, and how they differ."""

    labels: tuple[str, ...]
    difference: str

    def __str__(self) -> str:
        *others, last = map(repr if self.difference == _CASE else shown, self.labels)
        return f"{', '.join(others)} and {last} differ only in {self.difference}"


def look_alikes(labels: Iterable[str]) -> list[LookAlikes]:
    """Groups of labels that are easily confused.

    They differ in composed letters, case, spaces, hyphens, other punctuation, width, characters that cannot
    be seen, or in letters of Cyrillic and Greek that are drawn like those of Latin.
    """
    found: dict[tuple[str, ...], LookAlikes] = {}
    for form in (_without_punctuation, _skeleton):
        groups: dict[str, list[str]] = defaultdict(list)
        for label in sorted(set(labels)):
            groups[form(label)].append(label)
        for key, group in groups.items():
            if key and len(group) > 1:
                names = tuple(group)
                found.setdefault(names, LookAlikes(labels=names, difference=_difference(group)))
    return list(found.values())


def label_flaw(label: str) -> str | None:
    """Why a label cannot be used in prompts and answers; None if it can."""
    if not _INVISIBLE.sub("", label).strip():
        return "all of it is invisible"
    for letter in label:
        kind = unicodedata.category(letter)
        if kind == "Cs":
            return "it holds bytes that are not UTF-8"
        if kind in ("Cc", "Zl", "Zp"):
            return f"it holds {_control_named(letter)} (U+{ord(letter):04X})"
    return None


def shown(label: str) -> str:
    """A label in quotes, and where that hides something also as its code points."""
    return f"{label!r}" if f"{label!r}" == f"{label!a}" else f"{label!r} ({label!a})"


def _control_named(letter: str) -> str:
    if letter == "\t":
        return "a tab"
    return "a line break" if letter.splitlines() == [""] else "a control character"


def _kept_punctuation(match: re.Match[str]) -> str:
    """What is kept of a run of punctuation: those that say something, and what stands between two digits."""
    punctuation, text = match.group(), match.string
    meaningful = "".join(sign for sign in punctuation if _is_meaningful(sign))
    if meaningful or not text[match.end() : match.end() + 1].isdigit():
        return meaningful
    if match.start() == 0:
        return punctuation[-1] if punctuation[-1] in "-." else ""
    if not text[match.start() - 1].isdigit():
        return ""
    return "".join(sign for sign in punctuation if not _is_separator(sign)) or "-"


def _is_meaningful(sign: str) -> bool:
    kind = unicodedata.category(sign)
    return sign in _MEANINGFUL or (kind[0] not in "PZC" and sign != "`")


def _is_separator(sign: str) -> bool:
    return unicodedata.category(sign) in ("Zs", "Pd", "Pc", "Cc")


def _without_punctuation(label: str) -> str:
    return folded(label).replace("-", "")


def _skeleton(label: str) -> str:
    """A label with all letters of Latin that could be meant by those drawn alike."""
    return _without_punctuation(unicodedata.normalize("NFKC", label).translate(_LOOKALIKE_LETTERS))


def _without_invisible(label: str) -> str:
    return composed(_INVISIBLE.sub("", label))


def _of_one_width(label: str) -> str:
    return caseless(unicodedata.normalize("NFKC", _without_invisible(label)))


_CASE = "case"
#: Each step also ignores what the steps before it ignore.
_DIFFERENCES: tuple[tuple[Callable[[str], str], str], ...] = (
    (composed, "how their letters are composed"),
    (_without_invisible, "characters that cannot be seen"),
    (caseless, _CASE),
    (_of_one_width, "the width or style of their characters"),
    (_without_punctuation, "spaces, hyphens or other punctuation, or in case"),
)


def _difference(labels: Sequence[str]) -> str:
    for form, difference in _DIFFERENCES:
        if len({form(label) for label in labels}) == 1:
            return difference
    return "letters of different alphabets that look the same"

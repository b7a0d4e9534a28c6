"""Whether a value is printed on a page: a number, a day or a text in any of its usual spellings.

A page was read by OCR, so that a letter in five may be wrong, and its lines may come in another order than
the value has them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import date

#: Of the letters of a word, so many may be read wrongly.
_WRONG_LETTERS = 0.2
#: Of the letters of a text, as many must stand on the page, word by word.
_FOUND_LETTERS = 0.75
#: ``%-d`` is not known everywhere: the zeros of days and months are left out by hand.
_DAY_FORMATS = (
    *("%Y%m%d", "%d%m%Y", "%m%d%Y", "%d%m%y", "%m%d%y"),
    *("%B%d%Y", "%d%B%Y", "%b%d%Y", "%d%b%Y", "%d%b%y", "%b%d%y"),
)


def squeezed(text: str) -> str:
    """The letters and digits of a text, as they are compared."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def is_printed(value: str | float, page: str) -> bool:
    """Whether a value stands on a page, whose text is `squeezed`."""
    if not isinstance(value, str):
        return any(one in page for one in (squeezed(f"{abs(value):.2f}"), squeezed(f"{abs(value):.10g}")))
    if squeezed(value) in page:
        return True
    if day := _day_in(value):
        return any(_occurs(one, page) for one in _spellings(day))
    words = [word for word in map(squeezed, value.split()) if word]
    found = sum(len(word) for word in words if _occurs(word, page))
    return bool(words) and found >= _FOUND_LETTERS * sum(map(len, words))


def _day_in(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _spellings(day: date) -> Iterator[str]:
    for form in _DAY_FORMATS:
        yield day.strftime(form).casefold()
        without_zeros = form.replace("%d", str(day.day)).replace("%m", str(day.month))
        yield day.strftime(without_zeros).casefold()


def _occurs(word: str, page: str) -> bool:
    may_be_wrong = 0 if word.isdecimal() else int(_WRONG_LETTERS * len(word))
    return word in page or (may_be_wrong > 0 and _distance(word, page) <= may_be_wrong)


def _distance(word: str, page: str) -> int:
    """How many letters tell a word from that part of a page which is most like it (Sellers, 1980)."""
    # A column for each letter of the page: the cost of ending the word's first letters there.
    column = [0]
    for own in word:
        column.append(column[-1] + _gap(own))
    least = column[-1]
    for letter in page:
        before, column[0] = column[0], 0
        for place, own in enumerate(word, 1):
            cost = min(
                before + _exchange(own, letter), column[place] + _gap(letter), column[place - 1] + _gap(own)
            )
            before, column[place] = column[place], cost
        least = min(least, column[-1])
    return least


def _exchange(own: str, letter: str) -> int:
    # One digit in the place of another is another value; a letter in its place was misread.
    return 0 if own == letter else 2 if own.isdecimal() and letter.isdecimal() else 1


def _gap(letter: str) -> int:
    return 2 if letter.isdecimal() else 1

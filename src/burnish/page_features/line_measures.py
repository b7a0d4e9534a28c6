"""What is measured on the lines of a text: how they begin and end, and what they hold.

Forms have lines that end in a colon, questionnaires in a question mark; tables are lines of digits, articles
lines that begin in lower case.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from burnish.page_features.page_measures import ReadPage
from burnish.pages.reading import Line

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: The share of lines that match is measured.
LINE_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r":\s*$",
        r":",
        r"\?\s*$",
        r"\.\s*$",
        r",\s*$",
        r"-\s*$",  # a word is hyphenated
        r"^\s*([•·*o-]|\(?\d{1,2}[.)]|\(?[a-z][.)])\s*\w",  # a list
        r"^\d",
        r"[$%]",
        r"\d[.,]\d",
        r"(19|20)\d\d",
        r"_{3,}|\.{4,}",  # to be filled in
        r"\[\d+\]|et al|pp?\.\s*\d|vol",  # a reference
        r"@",
    )
)
#: The logarithm of the number of matches on the page is measured.
PAGE_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*\b",
        r"\d{1,2}[/-]\d{1,2}[/-]\d{2,4}",  # a date
        r"\(?\d{3}\)?[ -]\d{3}-\d{4}",  # a telephone number
        r"\b\d{1,2}:\d\d",  # a time
        r"\b(i|you|we|your|our|my)\b",
        r"\b(the|of|and|in)\b",
        r"\b(is|was|were|are|be)\b",
        '["“”]',
    )
)
#: How many lines count as the beginning and as the end of a page.
ENDS = 5
#: Lines in one of so many bands of the page are taken for one row of it.
BANDS = 90
_MEASURES = 23
#: How many numbers `line_measures_of` gives.
LINE_MEASURES = len(LINE_PATTERNS) + len(PAGE_PATTERNS) + _MEASURES


def line_measures_of(page: ReadPage) -> NDArray[np.float64]:
    """Shares of lines of some form, counts of telling words and numbers, lengths, rows: (LINE_MEASURES,)."""
    import numpy as np

    lines = [line for line in page.lines if line.text.strip()]
    if not lines:
        return np.zeros(LINE_MEASURES)
    texts = [line.text for line in lines]
    whole = page.text
    return np.array(
        [
            *(_share(texts, pattern.search) for pattern in LINE_PATTERNS),
            *(np.log1p(len(pattern.findall(whole))) for pattern in PAGE_PATTERNS),
            *_capitals_and_digits(texts),
            *_lengths(texts),
            *_rows(lines),
            *_vocabulary(whole.casefold().split()),
        ],
        dtype=float,
    )


def _share(texts: Sequence[str], is_so: Callable[[str], object]) -> float:
    return sum(bool(is_so(text)) for text in texts) / len(texts)


def _digits(text: str) -> float:
    return sum(map(str.isdigit, text)) / len(text)


def _letters(text: str) -> float:
    return sum(map(str.isalpha, text)) / len(text)


def _capitals_and_digits(texts: Sequence[str]) -> list[float]:
    digits = [_digits(text) for text in texts]
    return [
        _share(texts, str.isupper),
        _share(texts, str.istitle),
        _share(texts, lambda text: text[0].islower()),
        _share(texts, lambda text: _digits(text) > 0.5),
        _share(texts, lambda text: _letters(text) < 0.4),
        float(texts[0].isupper()),
        sum(digits[:ENDS]) / len(digits[:ENDS]),
        sum(digits[-ENDS:]) / len(digits[-ENDS:]),
    ]


def _lengths(texts: Sequence[str]) -> list[float]:
    """Words and characters of lines."""
    import numpy as np

    words = [len(text.split()) for text in texts]
    characters = [len(text) for text in texts]
    return [
        *np.quantile(words, (0.1, 0.5, 0.9, 1)),
        *np.log1p(np.quantile(characters, (0.1, 0.5, 0.9))),
        np.log1p(len(texts)),
    ]


def _rows(lines: Sequence[Line]) -> list[float]:
    """How many lines stand side by side, and how high the highest is."""
    import numpy as np

    beside = np.array(list(Counter(round((one.top + one.bottom) / 2 * BANDS) for one in lines).values()))
    heights = np.array([one.bottom - one.top for one in lines])
    tallest = heights.max() / max(float(np.median(heights)), 1e-3)
    return [(beside > 1).mean(), (beside > 2).mean(), beside.max(), tallest]


def _vocabulary(words: Sequence[str]) -> list[float]:
    """How many words there are, how many of them differ, and how long they are."""
    import numpy as np

    size = max(len(words), 1)
    return [np.log1p(len(words)), len(set(words)) / size, sum(map(len, words)) / size]

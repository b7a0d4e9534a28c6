"""Where a page names a label: an invoice says "invoice", a memo "memorandum", at the top or in large type."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from statistics import median

from burnish.page_features.page_measures import HEAD_LINES, ReadPage

#: Words are compared by so many letters at most: "specification" is in "specifications" and "specs" is not.
STEM = 6
_SHORTEST_STEM = 3
#: A heading that is higher still tells no more.
_TALLEST = 4.0
_WORD = re.compile(r"[^\W\d_]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
#: How many numbers `mentions_of` gives for each label.
MENTION_MEASURES = 4


@dataclass(frozen=True, kw_only=True)
class _Mention:
    """How a word occurs on a page."""

    count: int = 0
    is_in_head: bool = False
    #: Of the highest line that has it, relative to the page's usual line.
    height: float = 0.0
    #: One over the words of the shortest line that has it.
    prominence: float = 0.0


def stems_of(label: str) -> tuple[str, ...]:
    """The beginnings of the words of a label's name."""
    words = _WORD.findall(_HUMP.sub(" ", label))
    return tuple(word.casefold()[:STEM] for word in words if len(word) >= _SHORTEST_STEM)


def mentions_of(page: ReadPage, stems: Sequence[Sequence[str]]) -> list[float]:
    """For each label, given by the stems of its name: whether the head names it, how often the page does, the
    relative height of the highest line with it, and how much of a line it fills; means over its stems."""
    found = _mentions(page, {stem for label in stems for stem in label})
    return [measure for label in stems for measure in _measures([found.get(one, _NEVER) for one in label])]


_NEVER = _Mention()


def _measures(mentions: Sequence[_Mention]) -> list[float]:
    from numpy import log1p

    size = max(len(mentions), 1)
    return [
        sum(one.is_in_head for one in mentions) / size,
        float(sum(log1p(one.count) for one in mentions)) / size,
        sum(one.height for one in mentions) / size,
        sum(one.prominence for one in mentions) / size,
    ]


def _mentions(page: ReadPage, stems: Set[str]) -> Mapping[str, _Mention]:
    """How each of the stems occurs, by the stem."""
    lines = [line for line in page.lines if line.text.strip()]
    usual = median(one.bottom - one.top for one in lines) if lines else 0.0
    found: dict[str, _Mention] = {}
    for number, line in enumerate(lines):
        words = _WORD.findall(line.text.casefold())
        height = min((line.bottom - line.top) / usual, _TALLEST) if usual > 0 else 1.0
        for stem in (start for word in words for start in _starts(word) if start in stems):
            known = found.get(stem, _NEVER)
            found[stem] = _Mention(
                count=known.count + 1,
                is_in_head=known.is_in_head or number < HEAD_LINES,
                height=max(known.height, height),
                prominence=max(known.prominence, 1 / len(words)),
            )
    return found


def _starts(word: str) -> Iterator[str]:
    """The beginnings of a word that may be the stem of a label."""
    return (word[:size] for size in range(_SHORTEST_STEM, min(len(word), STEM) + 1))

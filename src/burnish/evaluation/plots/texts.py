"""Texts of strangers in plots: short enough, in letters that the fonts have, and each different."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from burnish.evaluation.plots.fonts import is_drawable

MAX_LENGTH = 26
#: In the place of a letter that no font has.
_NO_LETTER = "\N{WHITE VERTICAL RECTANGLE}"


def shortened(text: str, longest: int = MAX_LENGTH) -> str:
    """A text that is not too long for a plot, its beginning and its end kept."""
    if len(text) <= longest:
        return text
    end = longest // 3
    return f"{text[: longest - end - 1]}…{text[-end:]}"


def drawn(text: str, longest: int = MAX_LENGTH) -> str:
    """A text in one line, with boxes for letters that no font has."""
    plain = "".join(one if is_drawable(one) else _NO_LETTER for one in _in_one_line(text))
    return shortened(plain, longest)


def distinct(names: Sequence[str]) -> list[str]:
    """Names as a plot can show them, no two alike.

    A name that cannot be written, or looks like another once it is short, is given its number: ``#7`` is the
    seventh of the names. So is one that begins like a number of these.
    """
    short = [_written(name) for name in names]
    # Counted after shortening: two long names may differ only in what is cut.
    seen = Counter(text for text, is_whole in short if is_whole)
    return [
        _unhidden(text if is_whole and seen[text] == 1 else f"#{number} {text}".strip())
        for number, (text, is_whole) in enumerate(short, 1)
    ]


def numbered(names: Sequence[str]) -> dict[str, str]:
    """The numbers that stand for names in plots, for the names that are shown by one."""
    shown = zip(names, distinct(names), strict=True)
    return {
        name: f"#{number}"
        for number, (name, text) in enumerate(shown, 1)
        if text.split(" ")[0] == f"#{number}"
    }


def _written(name: str) -> tuple[str, bool]:
    """What of a name can be written, shortened, and whether that is all of it and looks like no number."""
    text = _in_one_line(name)
    rest = "".join(one for one in text if is_drawable(one)).strip()
    is_whole = bool(rest) and len(rest) == len(text)
    return shortened(rest), is_whole and not rest.startswith("#")


def _in_one_line(text: str) -> str:
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def _unhidden(text: str) -> str:
    """The text as no legend hides it: matplotlib leaves out what begins with an underscore."""
    return f" {text}" if text.startswith("_") else text

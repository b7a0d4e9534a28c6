"""The fonts of plots, and what can be written with those that are installed."""

from __future__ import annotations

from functools import cache

#: Fonts that look like the report's own text, the first that is there; DejaVu Sans comes with matplotlib.
FONTS = ("Inter", "Segoe UI", "Helvetica Neue", "Roboto", "Noto Sans", "Liberation Sans", "Arial")
#: Fonts for the scripts that these lack; of each, what is there is used.
OTHER_SCRIPTS = (
    *("Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans", "PingFang SC", "Hiragino Sans"),
    *("Microsoft YaHei", "Yu Gothic", "Malgun Gothic", "WenQuanYi Micro Hei", "Noto Sans Devanagari"),
    *("Nirmala UI", "Noto Sans Thai", "Leelawadee UI", "Noto Sans Arabic", "Arial Unicode MS"),
)


@cache
def fonts() -> list[str]:
    """Fonts that are installed, in our order: asking for one that is not makes matplotlib complain."""
    from matplotlib import font_manager

    installed = set(font_manager.get_font_names())
    first = [name for name in FONTS if name in installed][:1]
    return [*first, "DejaVu Sans", *(name for name in OTHER_SCRIPTS if name in installed)]


def is_drawable(letter: str) -> bool:
    """Whether one of the fonts has the letter: without, a plot shows a box and matplotlib complains."""
    # By the fonts' own tables: which letters are there depends on the machine, not on the script.
    return ord(letter) in _letters()


@cache
def _letters() -> frozenset[int]:
    from matplotlib import font_manager

    paths = [font_manager.findfont(name) for name in fonts()]
    return frozenset().union(*(font_manager.get_font(path).get_charmap() for path in paths))

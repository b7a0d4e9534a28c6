"""Colours, the same in plots and on pages, and which of them a model has.

People of every kind of colour vision tell the colours of models from one another and from that of mistakes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Theme:
    """The colours of a plot or page, as ``#rrggbb``."""

    paper: str
    ink: str
    muted: str
    line: str
    #: One colour for each model: the base model's comes first and recedes.
    models: tuple[str, ...]
    right: str
    wrong: str
    empty: str


LIGHT = Theme(
    paper="#ffffff",
    ink="#1b2130",
    muted="#5c6577",
    line="#dfe3ea",
    models=("#8590a3", "#1f66d1", "#6b1a87", "#0b5a36", "#a04b70", "#0d94f0"),
    right="#174f9f",
    wrong="#cf5a0a",
    empty="#f5f6f9",
)
DARK = Theme(
    paper="#171b24",
    ink="#e9ecf2",
    muted="#9ba5b7",
    line="#2c3340",
    models=("#7d8799", "#62a6ff", "#a82fd0", "#0a8f52", "#ffc2d1", "#80eaff"),
    right="#62a6ff",
    wrong="#ff9440",
    empty="#1e232e",
)


def colour_of(name: str, among: Sequence[str], theme: Theme) -> str:
    """The colour of a model: the same wherever the same models are shown."""
    return theme.models[place_of(name, among)]


def place_of(name: str, among: Sequence[str]) -> int:
    """Which of the colours a model has. With more models than colours, they come round again."""
    if len(among) == 1:
        return 1  # nothing to recede behind
    return list(among).index(name) % len(LIGHT.models)


def css_variables(theme: Theme) -> str:
    """The colours as declarations of a style sheet."""
    named = {
        "card": theme.paper,
        "ink": theme.ink,
        "soft": theme.muted,
        "line": theme.line,
        "wash": theme.empty,
        "right": theme.right,
        "wrong": theme.wrong,
        **{f"model-{place}": colour for place, colour in enumerate(theme.models)},
    }
    return " ".join(f"--{name}: {colour};" for name, colour in named.items())


def blend(start: str, end: str, share: float) -> str:
    """The colour that lies so far from the one to the other."""
    mixed = [round(255 * (a + (b - a) * share)) for a, b in zip(_rgb(start), _rgb(end), strict=True)]
    return "#" + "".join(f"{part:02x}" for part in mixed)


def readable_on(colour: str) -> str:
    """Black or white, whichever has more contrast."""
    return max("#ffffff", "#000000", key=lambda text: contrast(text, colour))


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 to 21 (WCAG 2)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _rgb(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue

"""Plots as pictures for any reader: light or dark, wide or narrow, and in words."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from burnish.evaluation.plots import DARK, DOTS_PER_INCH, LIGHT, png_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_CSS_DOTS_PER_INCH = 96
_NARROW_INCHES = 2.6
_NARROW = "(max-width: 640px)"
_DARK = "screen and (prefers-color-scheme: dark)"


@dataclass(frozen=True, kw_only=True)
class Plot:
    """A function of the package `plots` with all that it draws, and the same in words."""

    draw: Callable[..., Figure]
    alt: str


@dataclass(frozen=True, kw_only=True)
class PictureSource:
    """A plot as a data URI, its measures in CSS pixels, and for which reader it is."""

    uri: str
    width: int
    height: int
    media: str


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A plot for light, wide pages and its variants for others, of which the first that fits is shown."""

    uri: str
    width: int
    height: int
    alt: str
    sources: tuple[PictureSource, ...]


def page_uri(image: bytes) -> str:
    """A page's image as a data URI. Earlier versions saved JPEG."""
    kind = "webp" if image.startswith(b"RIFF") else "jpeg"
    return f"data:image/{kind};base64," + base64.b64encode(image).decode()


def picture(plot: Plot) -> Picture:
    """A plot in light and in dark."""
    draw, alt = plot.draw, plot.alt
    light = _source(draw(theme=LIGHT))
    sources = (_source(draw(theme=DARK), _DARK),)
    return Picture(uri=light.uri, width=light.width, height=light.height, alt=alt, sources=sources)


def picture_for_any_width(plot: Plot) -> Picture:
    """A plot in light and in dark, wide and narrow."""
    draw = plot.draw
    narrow_dark = _source(draw(theme=DARK, width=_NARROW_INCHES), f"{_DARK} and {_NARROW}")
    narrow = _source(draw(theme=LIGHT, width=_NARROW_INCHES), f"screen and {_NARROW}")
    wide = picture(plot)
    return replace(wide, sources=(narrow_dark, *wide.sources, narrow))


def _source(figure: Figure, media: str = "all") -> PictureSource:
    image = png_of(figure)
    # A PNG says its measures in the first bytes of its header.
    dots = struct.unpack(">II", image[16:24])
    width, height = (round(side * _CSS_DOTS_PER_INCH / DOTS_PER_INCH) for side in dots)
    uri = "data:image/png;base64," + base64.b64encode(image).decode()
    return PictureSource(uri=uri, width=width, height=height, media=media)

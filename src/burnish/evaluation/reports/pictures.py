"""What every report is made of: pictures for any reader, figures as words, a page that needs only itself."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from burnish.evaluation.plots import DARK, DOTS_PER_INCH, LIGHT, png_of
from burnish.shown_texts import visible

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


def rendered(template: str, view: Mapping[str, Any]) -> str:
    """A template of the reports as a self-contained HTML page."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("burnish.evaluation.reports")
    environment = Environment(
        loader=loader,
        autoescape=True,
        finalize=visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": percent, "duration": duration, "jpeg_uri": jpeg_uri, "usd": usd}
    return environment.get_template(template).render(view)


def usd(amount: float | None) -> str:
    """Dollars: whole cents, and below a dollar as fine as it takes."""
    if amount is None:
        return "not known"
    return f"${amount:,.2f}" if amount >= 1 or amount == 0 else f"${amount:.3g}"


def percent(share: float) -> str:
    """A share as whole percent, which is as fine as a few hundred pages allow."""
    return f"{share * 100:.0f}%"


def duration(seconds: float | None) -> str:
    """Seconds as a reader says them."""
    if seconds is None:
        return "none"
    if seconds < 10:
        return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def jpeg_uri(image: bytes) -> str:
    """A JPEG image as a data URI."""
    return "data:image/jpeg;base64," + base64.b64encode(image).decode()


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

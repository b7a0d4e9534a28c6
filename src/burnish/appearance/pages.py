"""HTML pages that need nothing but themselves, all with the same base, styles and parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from burnish.appearance.colours import DARK, LIGHT, css_variables
from burnish.appearance.quantities import duration, percent, signed_points, usd
from burnish.pace import rough_duration
from burnish.shown_texts import visible

if TYPE_CHECKING:
    from jinja2 import Environment


def rendered(template: str, view: Mapping[str, Any], *, package: str) -> str:
    """A template of a package, or one that all pages share, as a self-contained HTML page.

    Templates extend ``base.html.jinja``, and import from ``parts.html.jinja``; both are of this package.
    """
    return template_environment(package).get_template(template).render(view)


def template_environment(package: str) -> Environment:
    """Where the templates of a package, and those that all pages share, are found and filled in.

    What they print is escaped, and control characters in it are made visible.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("burnish.appearance")]),
        autoescape=True,
        finalize=visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "percent": percent,
        "signed_points": signed_points,
        "duration": duration,
        "rough_duration": rough_duration,
        "usd": usd,
    }
    environment.globals |= {"light": css_variables(LIGHT), "dark": css_variables(DARK)}
    return environment

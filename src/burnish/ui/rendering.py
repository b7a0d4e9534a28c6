"""Templates as text: of the site, with what they need in every page."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from burnish.appearance.pages import template_environment
from burnish.job_standing import outlook, standing
from burnish.shown_times import shown_time
from burnish.ui.links import step, url

if TYPE_CHECKING:
    from jinja2 import Environment


def rendered_template(name: str, /, **values: Any) -> str:  # noqa: ANN401
    """A template of the site with its values."""
    return _environment().get_template(name).render(values)


@cache
def _environment() -> Environment:
    environment = template_environment("burnish.ui")
    environment.globals |= {"url": url, "outlook": outlook, "standing": standing}
    environment.filters |= {"step": step, "shown_time": shown_time}
    return environment

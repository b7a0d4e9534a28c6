"""A request as handlers see it, and the answers that they give."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from burnish.errors import InvalidInput
from burnish.ui.rendering import rendered_template
from burnish.ui.sessions import Session
from burnish.ui.workbench import Workbench


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A request of somebody who has come in, and what the pages are about.

    ``form`` holds the fields of an action, whose CSRF token was right, ``upload`` the body of one that sends
    a file.
    """

    request: Request
    session: Session
    bench: Workbench
    #: Title and path of every view.
    navigation: Sequence[tuple[str, str]]
    form: Mapping[str, str] = field(default_factory=dict)
    upload: bytes = b""

    @property
    def is_partial(self) -> bool:
        """Whether htmx asks, which puts a part of the answer into the page that is there."""
        return "hx-request" in self.request.headers

    def path(self, name: str) -> str:
        """A part of the path that its pattern names."""
        return str(self.request.path_params[name])

    def query(self, name: str, default: str = "") -> str:
        """A parameter behind the question mark."""
        return self.request.query_params.get(name, default)

    def number(self, name: str, default: int, *, least: int = 0) -> int:
        """A parameter that is a whole number. Raises `InvalidInput` for one that is none, or less."""
        given = self.query(name) or str(default)
        if not (given.isascii() and given.isdecimal() and len(given) < 10 and int(given) >= least):
            raise InvalidInput(f"{name} is {given!r}: it must be a whole number from {least} on")
        return int(given)

    def share(self, name: str, default: float) -> float:
        """A parameter from 0 to 1. Raises `InvalidInput` for anything else."""
        given = self.query(name) or str(default)
        try:
            value = float(given)
        except ValueError:
            value = -1.0
        if not 0 <= value <= 1:
            raise InvalidInput(f"{name} is {given!r}: it must be a number from 0 to 1")
        return value

    def page(self, template: str, status: int = 200, /, **values: Any) -> Response:  # noqa: ANN401
        """A template as a page, with its values; it also sees the ``visit`` itself."""
        return HTMLResponse(rendered_template(template, visit=self, **values), status_code=status)

    def redirect(self, path: str, *, notice: str = "") -> Response:
        """Go on to another page, which tells the notice. How an action ends."""
        if notice:
            self.session.notices.append(notice)
        return RedirectResponse(path, status_code=303)


Handler = Callable[[Visit], Response]


@dataclass(frozen=True, kw_only=True)
class SiteView:
    """A part of the site: its title and path in the navigation, and its handlers by the path below that."""

    title: str
    path: str
    #: Answer GET; they change nothing.
    pages: Mapping[str, Handler]
    #: Answer POST.
    actions: Mapping[str, Handler] = field(default_factory=dict)

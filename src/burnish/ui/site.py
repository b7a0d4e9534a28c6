"""The site as an ASGI application: the views, behind the guards, with an answer to every error."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from burnish.errors import BurnishError, CannotConnect, Conflict, InvalidInput, NotFound, ServiceError
from burnish.ui.guards import ENTRANCE, StrangerGuard
from burnish.ui.rendering import rendered_template
from burnish.ui.sessions import Session, Sessions
from burnish.ui.stylesheet import stylesheet
from burnish.ui.visits import Handler, SiteView, Visit
from burnish.ui.workbench import Workbench

Endpoint = Callable[[Request], Awaitable[Response]]

STATIC = Path(__file__).with_name("static")
#: Of a form, and of a page that is dropped onto the site.
_MAX_FORM, _MAX_UPLOAD = 1024 * 1024, 64 * 1024 * 1024
_FORM = "application/x-www-form-urlencoded"
_CSRF_FIELD, _CSRF_HEADER = "csrf", "x-csrf-token"
_NO_SESSION = (
    "This browser has not come in yet, or burnish ui was started again since: open the link that it printed "
    "last. Each link works once."
)


def create_site(
    bench: Workbench,
    views: Sequence[SiteView],
    *,
    sessions: Sessions,
    cookie: str,
    on_enter: Callable[[], None] = lambda: None,
) -> ASGIApp:
    """The application. ``on_enter`` is called whenever a link was used, and there is a next one."""
    site = _Site(bench, views, sessions, cookie)
    home = Route("/", lambda _: RedirectResponse(views[0].path))
    routes: list[BaseRoute] = [
        home,
        Route(ENTRANCE + "{secret}", site.entrance(on_enter)),
        Route("/static/site.css", lambda _: Response(stylesheet(), media_type="text/css")),
        Mount("/static", StaticFiles(directory=STATIC)),
        *(route for view in views for route in site.routes_of(view)),
    ]
    told = {BurnishError: site.told, HTTPException: site.told, Exception: site.internal_error}
    # Around all of it, and no middleware of it: those are within what answers an error that nobody foresaw.
    return StrangerGuard(Starlette(routes=routes, exception_handlers=told), refusal=_bare_page)


class _Site:
    """What the handlers of a site share."""

    def __init__(self, bench: Workbench, views: Sequence[SiteView], sessions: Sessions, cookie: str) -> None:
        self._bench = bench
        self._navigation = tuple((view.title, view.path) for view in views)
        self._sessions = sessions
        self._cookie = cookie

    def entrance(self, on_enter: Callable[[], None]) -> Endpoint:
        """The page behind a one-time link: it sets the cookie and goes on by itself."""

        async def enter(request: Request) -> Response:
            cookie = self._sessions.enter(request.path_params["secret"])
            if cookie is None:
                return _bare_page(403, _NO_SESSION)
            on_enter()
            # A page and no redirect: with one that began on another site, browsers send no strict cookie.
            answer = HTMLResponse(rendered_template("entered.html.jinja"))
            answer.set_cookie(self._cookie, cookie, httponly=True, samesite="strict", path="/")
            return answer

        return enter

    def routes_of(self, view: SiteView) -> list[Route]:
        """The routes of a view."""
        pages = [Route(view.path + below, self._page(one)) for below, one in view.pages.items()]
        actions = [
            Route(view.path + below, self._action(one), methods=["POST"])
            for below, one in view.actions.items()
        ]
        return pages + actions

    def _page(self, handler: Handler) -> Endpoint:
        async def answer(request: Request) -> Response:
            session = self._session(request)
            if session is None:
                return _bare_page(403, _NO_SESSION)
            return await run_in_threadpool(handler, self._visit(request, session))

        return answer

    def _action(self, handler: Handler) -> Endpoint:
        async def answer(request: Request) -> Response:
            session = self._session(request)
            if session is None:
                return _bare_page(403, _NO_SESSION)
            form, upload = await _sent(request)
            token = form.pop(_CSRF_FIELD, "") or request.headers.get(_CSRF_HEADER, "")
            if not secrets.compare_digest(token.encode(), session.csrf.encode()):
                raise HTTPException(403, "The form is not one of this session: load the page again.")
            visit = self._visit(request, session, form, upload)
            return await run_in_threadpool(handler, visit)

        return answer

    def _session(self, request: Request) -> Session | None:
        return self._sessions.session_of(request.cookies.get(self._cookie))

    def _visit(
        self, request: Request, session: Session, form: dict[str, str] | None = None, upload: bytes = b""
    ) -> Visit:
        return Visit(
            request=request,
            session=session,
            bench=self._bench,
            navigation=self._navigation,
            form=form or {},
            upload=upload,
        )

    async def told(self, request: Request, error: Exception) -> Response:
        """An error as a page that says what to do."""
        status, message = _status_of(error), _message_of(error)
        return self._error_page(request, status, message)

    async def internal_error(self, request: Request, error: Exception) -> Response:
        """An error that nobody foresaw. Starlette raises it again, and uvicorn logs its traceback."""
        message = f"Internal error ({type(error).__name__}). The terminal of burnish ui shows where."
        return self._error_page(request, 500, message)

    def _error_page(self, request: Request, status: int, message: str) -> Response:
        session = self._session(request)
        if session is None:
            return _bare_page(status, message)
        visit = self._visit(request, session)
        answer = visit.page("error.html.jinja", status, message=message)
        if visit.is_partial:
            # Not in place of what was asked for, which would be lost, but above it.
            answer.headers.update(
                {"HX-Retarget": "#notices", "HX-Reselect": ".notice", "HX-Reswap": "innerHTML"}
            )
            answer.headers["HX-Push-Url"] = "false"
        return answer


async def _sent(request: Request) -> tuple[dict[str, str], bytes]:
    """The fields of a form, or a body of another kind."""
    is_form = request.headers.get("content-type", _FORM).partition(";")[0] == _FORM
    body = await _body_of(request, _MAX_FORM if is_form else _MAX_UPLOAD)
    if not is_form:
        return {}, body
    try:
        fields = parse_qsl(
            body.decode(), keep_blank_values=True, strict_parsing=bool(body), max_num_fields=1000
        )
    except ValueError as error:
        raise HTTPException(400, "The form cannot be read.") from error
    return dict(fields), b""


async def _body_of(request: Request, most: int) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            raise HTTPException(413, f"That is more than the {most // 1024**2} MB that fit here.")
    return bytes(body)


def _bare_page(status: int, message: str) -> Response:
    """A page for strangers: it tells nothing of what is here."""
    return HTMLResponse(rendered_template("stranger.html.jinja", message=message), status_code=status)


def _status_of(error: Exception) -> int:
    if isinstance(error, HTTPException):
        return error.status_code
    if isinstance(error, NotFound):
        return 404
    if isinstance(error, Conflict):
        return 409
    if isinstance(error, InvalidInput):
        return 400
    return 502 if isinstance(error, ServiceError | CannotConnect) else 500


def _message_of(error: Exception) -> str:
    if isinstance(error, BurnishError):
        return error.in_terminal
    if isinstance(error, HTTPException) and error.status_code == 404:
        return "There is no such page here."
    return str(getattr(error, "detail", error))

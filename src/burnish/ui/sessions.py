"""Who may see the pages: whoever opened a link that works once, in the browser that opened it."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Session:
    """A browser that has come in. ``csrf`` is in every form of its pages, where no other site can read it."""

    csrf: str
    #: What its next page tells it, such as what an action has done.
    notices: list[str] = field(default_factory=list)
    #: Items of reviews that it has put off, by their keys.
    skipped: set[str] = field(default_factory=set)

    def take_notices(self) -> list[str]:
        """What there is to tell, which is told once."""
        taken = self.notices[:]
        self.notices.clear()
        return taken


class Sessions:
    """The link that works next, and the sessions of those that have worked. They end with the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = secrets.token_urlsafe(32)
        self._open: dict[str, Session] = {}

    @property
    def next_link(self) -> str:
        """The secret part of the link that works next."""
        with self._lock:
            return self._next

    def enter(self, secret: str) -> str | None:
        """The cookie of a new session; None for a link that is not the next one, as after it was used."""
        with self._lock:
            if not secrets.compare_digest(secret.encode(), self._next.encode()):
                return None
            self._next = secrets.token_urlsafe(32)
            cookie = secrets.token_urlsafe(32)
            self._open[cookie] = Session(csrf=secrets.token_urlsafe(32))
            return cookie

    def session_of(self, cookie: str | None) -> Session | None:
        """The session of a cookie; None where there is none."""
        with self._lock:
            # A table look-up and no comparison: of a secret this long, its time tells nothing that helps.
            return self._open.get(cookie or "")

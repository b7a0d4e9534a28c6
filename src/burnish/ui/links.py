"""Addresses of pages."""

from __future__ import annotations

from urllib.parse import quote, urlencode


def url(path: str, **parameters: object) -> str:
    """A path with parameters, of which those that are None or empty are left out."""
    given = {name: value for name, value in parameters.items() if value not in (None, "")}
    joint = "&" if "?" in path else "?"
    return f"{path}{joint}{urlencode(given)}" if given else path


def step(text: str) -> str:
    """A text as one step of a path."""
    return quote(text, safe="")

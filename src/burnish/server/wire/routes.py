"""Which operation a path means. The routes are those of botocore's models; nobody types a path.

Matching is done on the path as it came over the wire, because an ARN in it carries percent-encoded
slashes; each parameter is decoded once it has been cut out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from urllib.parse import unquote

from burnish.server.wire.schema import service_model

_PARAMETER = re.compile(r"\{(\w+)\+?\}")


@dataclass(frozen=True, kw_only=True)
class Route:
    """One operation's method and path."""

    service: str
    operation: str
    method: str
    segments: tuple[str, ...]

    @cached_property
    def literals(self) -> tuple[bool, ...]:
        """Which segments are fixed: of two routes that match, the more fixed one is meant."""
        return tuple(not _PARAMETER.fullmatch(segment) for segment in self.segments)

    @cached_property
    def fixed(self) -> tuple[tuple[int, str], ...]:
        """The fixed segments and their places."""
        return tuple((place, self.segments[place]) for place, literal in enumerate(self.literals) if literal)


@dataclass(frozen=True, kw_only=True)
class RouteMatch:
    """An operation and its path's parameters, decoded, by their names on the wire."""

    service: str
    operation: str
    parameters: Mapping[str, str]


@cache
def routes_of(service: str) -> tuple[Route, ...]:
    """Every operation of a rest service."""
    model = service_model(service)
    return tuple(
        Route(
            service=service,
            operation=name,
            method=model.operation_model(name).http["method"],
            segments=_segments(model.operation_model(name).http["requestUri"].partition("?")[0]),
        )
        for name in model.operation_names
    )


# Clients ask for the same few paths again and again. Bounded, for strangers choose them.
@lru_cache(maxsize=128)
def match_route(services: tuple[str, ...], method: str, raw_path: str) -> RouteMatch | None:
    """The operation of one of ``services`` that a request means, or None."""
    segments = _segments(raw_path)
    candidates = _by_beginning(services).get((method, len(segments), segments[0]), ())
    matching = [route for route in candidates if _fits(route, segments)]
    if not matching or "" in segments:
        return None
    route = max(matching, key=lambda route: route.literals)
    return RouteMatch(
        service=route.service, operation=route.operation, parameters=_parameters(route, segments)
    )


@cache
def _by_beginning(services: tuple[str, ...]) -> dict[tuple[str, int, str], list[Route]]:
    """The routes by method, number of segments and first segment, which all of them have fixed."""
    grouped: dict[tuple[str, int, str], list[Route]] = {}
    for service in services:
        for route in routes_of(service):
            key = (route.method, len(route.segments), route.segments[0])
            grouped.setdefault(key, []).append(route)
    return grouped


def _segments(path: str) -> tuple[str, ...]:
    return tuple(path.strip("/").split("/"))


def _fits(route: Route, segments: tuple[str, ...]) -> bool:
    return all(segments[place] == expected for place, expected in route.fixed)


def _parameters(route: Route, segments: tuple[str, ...]) -> dict[str, str]:
    pairs = zip(route.literals, route.segments, segments, strict=True)
    return {expected.strip("{}+"): unquote(given) for literal, expected, given in pairs if not literal}

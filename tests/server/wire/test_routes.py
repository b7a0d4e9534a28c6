"""Paths and operations: every route of the models leads to its own operation."""

from urllib.parse import quote

import pytest

from burnish.server.wire.routes import match_route, routes_of

SERVICES = ("bedrock", "bedrock-runtime")
ROUTES = [route for service in SERVICES for route in routes_of(service)]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation)
def test_every_route_leads_to_its_operation_even_with_arns_in_it(route):
    value = "arn:aws:bedrock:us-east-1:123456789012:thing/a b%c/x"
    filled = [
        segment if literal else quote(value, safe="")
        for segment, literal in zip(route.segments, route.literals, strict=True)
    ]
    match = match_route(SERVICES, route.method, "/" + "/".join(filled))
    assert match is not None
    assert (match.service, match.operation) == (route.service, route.operation)
    assert set(match.parameters.values()) <= {value}


def test_every_route_begins_with_a_fixed_segment_by_which_it_is_found():
    assert all(route.literals[0] for route in ROUTES)


def test_all_operations_of_both_services_are_there():
    assert len(ROUTES) == len({(route.method, route.segments) for route in ROUTES}) >= 119


@pytest.mark.parametrize("path", ["/", "", "/model//converse", "/custom-models/a/b", "/nothing"])
def test_a_path_of_no_operation_leads_nowhere(path):
    assert match_route(SERVICES, "POST", path) is None

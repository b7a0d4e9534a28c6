"""Who is kept out of the pages in a browser: other hosts, other sites, and whoever has no link."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

import pytest

PAGES = ("/", "/evaluations", "/documents", "/review", "/nothing", "/static/site.css")


@pytest.fixture(scope="module")
def cookie(site) -> str:
    return site.enter()


@pytest.mark.attack(
    "Pages in a browser", "A page of another site under its own name for 127.0.0.1 (DNS rebinding)", "403"
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
def test_a_foreign_host_is_refused_whatever_the_method(site, cookie, method):
    for host in ("evil.example", "127.0.0.1.evil.example:80", "localhost@evil.example", "", "example"):
        assert site.ask(method, "/evaluations", Host=host, Cookie=cookie).status == 403, host
    assert site.ask("GET", "/evaluations", Host=urlsplit(site.url).netloc, Cookie=cookie).status == 200


@pytest.mark.attack(
    "Pages in a browser", "A request that a page of another site, or of another port, has made", "403"
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_a_foreign_origin_is_refused_whatever_the_method(site, cookie, method):
    for origin in ("https://evil.example", "null", "http://127.0.0.1:1", f"{site.url}.evil.example"):
        assert site.ask(method, "/evaluations", Origin=origin, Cookie=cookie).status == 403, origin
    for came_from in ("cross-site", "same-site"):
        found = site.ask(method, "/evaluations", Cookie=cookie, **{"Sec-Fetch-Site": came_from})
        assert found.status == 403, came_from
    assert site.ask("GET", "/evaluations", Origin=site.url, Cookie=cookie).status == 200


@pytest.mark.attack(
    "Pages in a browser", "Any page without the session of a link", "403, which tells nothing"
)
@pytest.mark.parametrize("path", ["/evaluations", "/documents", "/review"])
def test_nothing_is_shown_without_a_session(site, path):
    for given in ({}, {"Cookie": "burnish-ui-1=x"}, {"Cookie": f"burnish-ui-{urlsplit(site.url).port}=x"}):
        found = site.ask("GET", path, **given)
        assert found.status == 403
        assert "Papers" not in found.text
        assert "set-cookie" not in found.headers


@pytest.mark.attack(
    "Pages in a browser", "A link that was used already, or is guessed", "403; the link works once"
)
def test_a_link_works_once_and_then_the_next_one_does(site):
    path = urlsplit(site.next_link()).path
    first = site.ask("GET", path)
    assert first.status == 200
    for word in ("HttpOnly", "SameSite=strict", "Path=/"):
        assert word in first.headers["set-cookie"]
    assert site.ask("GET", path).status == 403
    assert site.ask("GET", "/enter/guessed").status == 403
    assert site.ask("GET", urlsplit(site.next_link()).path).status == 200


@pytest.mark.attack(
    "Pages in a browser", "An action without the session's own CSRF token", "403; nothing is done"
)
def test_no_action_is_taken_without_the_token_of_the_session(site, cookie, csrf):
    decide = f"/review/{site.classification}/undo"
    form = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie, "Origin": site.url}
    other = csrf(site.enter())
    for body in ("", "csrf=", f"csrf={other}", "csrf=%FF"):
        assert site.ask("POST", decide, body, **form).status == 403, body
    without_session = {**form, "Cookie": "a=b"}
    assert site.ask("POST", decide, f"csrf={quote(csrf(cookie))}", **without_session).status == 403
    assert site.ask("POST", decide, f"csrf={quote(csrf(cookie))}", **form).status == 303


@pytest.mark.attack(
    "Pages in a browser",
    "Scripts, frames or styles that a page is made to load",
    "the policy allows none inline",
)
@pytest.mark.parametrize("path", PAGES)
def test_every_answer_has_the_headers_that_a_browser_obeys(site, cookie, path):
    for given in ({}, {"Cookie": cookie}, {"Host": "evil.example"}):
        headers = site.ask("GET", path, **given).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
        assert not [name for name in headers if name.startswith("access-control-")]


@pytest.mark.attack(
    "Pages in a browser", "A path to a file that is not in the list", "404; no path is ever opened"
)
@pytest.mark.parametrize(
    "path", ["/evaluations/..%2F..%2Fetc%2Fpasswd", "/documents/%2Fetc", "/static/..%2Fsite.py"]
)
def test_no_other_file_is_opened(site, cookie, path):
    assert site.ask("GET", path, Cookie=cookie).status == 404


@pytest.mark.attack(
    "Pages in a browser", "A page image that is no image, or another kind of file", "never sent as it is"
)
def test_a_page_image_is_made_anew_and_never_sent_as_it_lies_there(site, cookie):
    picture = site.ask("GET", f"{site.evaluation}/picture?name=form/00.png", Cookie=cookie)
    assert picture.status == 200
    assert picture.headers["content-type"] == "image/webp"
    assert picture.text.startswith("RIFF")
    scans = site.folder / "new" / "scans"
    (scans / "scan-003.png").write_text("<script>alert(1)</script>")
    found = site.ask("GET", f"/documents/{site.classification}/picture?place=3", Cookie=cookie)
    assert found.status == 400
    assert "alert(1)" not in found.text


def test_only_this_machine_is_listened_to(site):
    import psutil

    listening = [one for one in psutil.Process(site.process.pid).net_connections() if one.status == "LISTEN"]
    assert {one.laddr.ip for one in listening} == {"127.0.0.1"}


def test_a_form_that_is_too_large_is_refused_before_it_is_kept(site, cookie):
    form = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
    found = site.ask("POST", f"/review/{site.classification}/undo", "a" * (1024 * 1024 + 1), **form)
    assert found.status == 413


def test_a_parameter_that_is_none_is_told_and_not_an_internal_error(site, cookie):
    for path in (
        f"{site.evaluation}?model=nobody",
        f"{site.evaluation}?truth=nothing&predicted=form",
        f"{site.evaluation}?truth=form",
        f"{site.evaluation}?offset=-1",
        f"{site.evaluation}/threshold?threshold=nan",
        f"{site.evaluation}/threshold?threshold=2",
        f"/documents/{site.classification}?decision=maybe",
        f"/documents/{site.classification}?order=label",
    ):
        found = site.ask("GET", path, Cookie=cookie)
        assert found.status == 400, path
        assert 'role="alert"' in found.text

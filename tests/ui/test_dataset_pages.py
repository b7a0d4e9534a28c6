"""Data sets in a browser: what is in them, which labels to doubt, and what a later version has changed."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlencode

import pytest
from sample_dataset import ADDED, OUTLIER, RELABELLED, REMOVED, SUSPECT
from sample_work import SCRIPT

from burnish.datasets.correction_files import read_corrections

NONE = "\N{EN DASH}"
expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
FORM = {"Content_Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def cookie(site):
    return site.enter()


@pytest.fixture
def read(site, cookie):
    """The text of a page about the data set at a place, without its tags."""

    def ask(below: str, place: str, **parameters: str) -> str:
        query = urlencode({"at": place, **parameters})
        answer = site.ask("GET", f"/datasets/set{below}?{query}", Cookie=cookie)
        assert answer.status == 200, answer.text
        return " ".join(unescape(re.sub("<[^>]*>", " ", answer.text)).split())

    return ask


def test_a_folder_opens_its_current_version_and_tells_the_split(site, read):
    told = read("", site.dataset.folder)
    assert "Current version 27 documents with 27 pages and 4 labels." in told
    assert "invoice 7 2 1 10 37%" in told
    assert "1 group of copies with different labels" in told
    assert f"{SCRIPT} (0)" in told
    assert "Earlier version" in read("", site.dataset.earlier)


def test_filters_choose_the_documents(site, read):
    told = read("/documents", site.dataset.later, label="letter", part="train")
    assert "4 documents." in told
    assert "letter/05.png" in told
    assert RELABELLED not in told
    assert "No document is like that" in read("/documents", site.dataset.later, name="nowhere")


def test_versions_tell_what_was_added_relabelled_and_removed_by_whom(site, read):
    told = read("/versions", site.dataset.later)
    assert f"{RELABELLED} relabelled letter invoice Ada 2026-11-20" in told
    assert f"{REMOVED} removed letter {NONE} Ada 2026-11-20" in told
    assert f"{ADDED} added {NONE} {SCRIPT} {SCRIPT} 2026-11-20".replace("\x1b", "\\u001b") in told
    assert "letter 6 4 \N{MINUS SIGN}2" in told
    assert "models of both versions can be compared" in told


def test_only_pages_of_the_data_set_are_shown(site, cookie):
    query = urlencode({"at": site.dataset.later, "page": "0" * 64})
    assert site.ask("GET", f"/datasets/set/picture?{query}", Cookie=cookie).status == 404
    elsewhere = urlencode({"at": "file:///etc/passwd"})
    assert site.ask("GET", f"/datasets/set?{elsewhere}", Cookie=cookie).status == 400


def test_without_an_audit_the_page_names_the_command_and_starts_one(site, cookie, bucket):
    query = urlencode({"at": f"s3://{bucket}/pages-in-a-browser"})
    page = site.ask("GET", f"/datasets/set/suspects?{query}", Cookie=cookie).text
    assert "<code>burnish audit papers</code>" in page
    assert 'action="/datasets/set/suspects/audit"' in page


def test_a_decision_that_was_taken_elsewhere_is_not_overwritten(site, cookie, csrf):
    corrections = site.folder / "burnish-audit" / "corrections.csv"
    row = next(one for one in read_corrections(corrections).rows if one.name == OUTLIER)
    page = site.ask(
        "GET", f"/datasets/set/suspects?{urlencode({'at': site.dataset.earlier})}", Cookie=cookie
    ).text
    form = {
        "csrf": csrf(cookie),
        "at": site.dataset.earlier,
        "audit": re.search(r'name="audit" value="(\w+)"', page)[1],
        "line": row.line,
        "digest": row.digest,
        "seen": "",
    }

    def decide(**what: str) -> int:
        sent = urlencode({**form, **what})
        return site.ask(
            "POST", "/datasets/set/suspects/decide", sent, Cookie=cookie, Origin=site.url, **FORM
        ).status

    assert decide(label="form") == 303
    assert decide(action="drop") == 303
    assert decide(action="anything") == 400
    assert decide(label="no label") == 400
    found = {one.name: one.decision for one in read_corrections(corrections).rows}
    assert found[OUTLIER] == "form"


def test_suspects_are_decided_by_keyboard(browser, site):
    context = browser.new_context()
    page = context.new_page()
    page.goto(site.next_link())
    page.wait_for_url("**/evaluations")
    page.goto(f"{site.url}/datasets/set/suspects?{urlencode({'at': site.dataset.earlier})}")
    page.get_by_role("link", name=SUSPECT).focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    # On to the next one that nobody has decided about.
    expect(page.get_by_role("link", name="invoice/01.png")).to_be_focused()
    assert "Decided: letter" in page.locator(".card", has_text=SUSPECT).inner_text()
    context.close()
    corrections = read_corrections(site.folder / "burnish-audit" / "corrections.csv")
    assert {one.name: one.decision for one in corrections.rows}[SUSPECT] == "letter"

"""The pages in a real browser: accessible, at every width, by keyboard alone, deaf to what documents say."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from accessible_pages import AXE, for_every_reader, require_accessible
from sample_work import HOSTILE_PAGE, SCRIPT

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
#: The first page that is read loads the models of the recognition.
READING_MILLISECONDS = 60_000


@pytest.fixture(scope="module")
def context(browser, site):
    """A browser that has come in. Each of its pages notes what goes wrong."""
    context = browser.new_context()
    context.add_init_script(path=AXE)
    first = context.new_page()
    first.goto(site.next_link())
    first.wait_for_url("**/evaluations")
    first.close()
    yield context
    context.close()


@pytest.fixture
def page(context):
    page = context.new_page()
    page.troubles = []
    page.on("console", lambda message: page.troubles.append(message.text))
    page.on("pageerror", lambda error: page.troubles.append(str(error)))
    yield page
    assert page.troubles == []
    page.close()


def paths(site) -> list[str]:
    """One page of every kind."""
    evaluation, documents = site.evaluation, f"/documents/{site.classification}"
    hostile = quote(HOSTILE_PAGE)
    return [
        "/evaluations",
        f"{evaluation}?model=tuned",
        f"{evaluation}/compared?first=base&second=tuned&model=tuned&rival=base",
        f"{evaluation}/threshold?model=tuned",
        f"{evaluation}/page?model=tuned&name={hostile}",
        "/documents",
        documents,
        f"{documents}/document?place=1",
        "/review",
        f"/review/{site.classification}",
        "/datasets",
        *(f"/datasets/set{below}" for below in dataset_paths(site.dataset)),
    ]


def dataset_paths(dataset) -> list[str]:
    earlier, later = (f"?at={place}" for place in (dataset.earlier, dataset.later))
    document = f"/document{later}&digest={dataset.hostile_document}"
    return [
        later,
        f"/documents{later}",
        document,
        f"/copies{later}",
        f"/suspects{earlier}",
        f"/versions{later}",
    ]


@for_every_reader
def test_every_page_is_accessible_and_fits(page, site, reader):
    require_accessible(page, [site.url + path for path in paths(site)], reader)


def test_times_are_told_in_one_format_on_every_page(page, site):
    told = []
    for path in paths(site):
        page.goto(site.url + path)
        told += page.locator("time").all_inner_texts()
    assert told
    assert [one for one in told if not re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", one)] == []


@pytest.mark.attack(
    "Pages in a browser",
    "A page, a label and a title that hold `<script>` and control characters",
    "shown as text; no script runs",
)
def test_what_pages_and_labels_are_called_is_text_and_never_a_script(page, site):
    for path in paths(site):
        page.goto(site.url + path)
        assert page.title() != "taken over", path
        assert page.evaluate("[...document.scripts].every(one => one.src !== '' && one.text === '')"), path
    page.goto(f"{site.url}{site.evaluation}/page?model=tuned&name={quote(HOSTILE_PAGE)}")
    heading = page.locator("h1").inner_text()
    assert SCRIPT in heading
    assert r"\u001b[2J" in heading
    assert "\x1b" not in page.content()


def test_a_cell_of_the_matrix_opens_its_pages_by_keyboard_alone(page, site):
    page.goto(f"{site.url}{site.evaluation}?model=tuned")
    first = page.locator(".matrix td a").first
    first.focus()
    page.keyboard.press("ArrowDown")
    expect(first).not_to_be_focused()
    page.keyboard.press("Enter")
    title = page.locator("#pages-title")
    expect(title).to_be_focused()
    expect(title).to_contain_text("which tuned")
    assert "truth=" in page.url
    assert page.locator(".cards img").first.evaluate("one => one.decode().then(() => one.naturalWidth)") > 0
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/page?*")
    assert page.locator(".paper img").evaluate("one => one.decode().then(() => one.naturalWidth)") > 0
    expect(page.locator("#text pre")).to_contain_text(
        re.compile("form|invoice|letter"), timeout=READING_MILLISECONDS
    )
    first = page.locator("h1").inner_text()
    page.keyboard.press("ArrowRight")
    expect(page.locator("h1")).not_to_have_text(first)
    page.keyboard.press("Escape")
    page.wait_for_url("**#pages")


def test_the_threshold_slider_tells_what_is_left_to_review(page, site):
    page.goto(f"{site.url}{site.evaluation}/threshold?model=tuned&threshold=0.5&per_day=400")
    told = page.locator("#effort-says")
    before = told.inner_text()
    assert "of 400 pages a day" in before
    page.get_by_role("slider").focus()
    for _ in range(4):
        page.keyboard.press("PageUp")
    expect(told).not_to_have_text(before)
    expect(page.get_by_role("slider")).to_be_focused()
    assert page.locator("#curve tbody tr").count() > 5
    expect(page.locator("figure.chart canvas")).to_have_count(1)


def test_documents_are_reviewed_with_one_key_each(page, site):
    told = page.locator("p[role=status]")
    page.goto(f"{site.url}/review/{site.classification}")
    first = page.locator("h1").inner_text()
    expect(told).to_have_text("0 of 6 decided, 6 to go")
    page.keyboard.press("Enter")
    expect(told).to_have_text("1 of 6 decided, 5 to go")
    expect(page.locator("h1")).not_to_have_text(first)
    # As fast as somebody types: what comes while the next page is on its way is meant for that.
    page.keyboard.press("2")
    page.keyboard.press("3")
    page.keyboard.press("x")
    expect(told).to_have_text("4 of 6 decided, 2 to go")
    last = page.locator("h1").inner_text()
    page.keyboard.press("u")
    expect(told).to_have_text("3 of 6 decided, 3 to go")
    expect(page.locator(".notice")).to_contain_text("Taken back")
    page.keyboard.press("s")
    expect(page.locator("h1")).to_have_text(last)
    kept = (site.folder / "new").glob("*decisions*")
    assert [one.read_text().count('"by":"tester"') for one in kept] == [5]


def test_the_keys_of_a_page_are_listed_and_can_be_switched_off(page, site):
    page.goto(f"{site.url}/documents/{site.classification}/document?place=1")
    page.keyboard.press("?")
    assert "Next document" in page.locator("dialog[open]").inner_text()
    page.get_by_label("Single keys act").uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("j")
    assert "place=1" in page.url
    page.keyboard.press("?")
    page.get_by_label("Single keys act").check()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("j")
    page.wait_for_url("**place=2")


def test_the_filters_of_a_classification_choose_its_rows(page, site):
    page.goto(f"{site.url}/documents/{site.classification}")
    page.get_by_label("Decision").select_option("review")
    page.get_by_label("Order").select_option("least-sure")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**decision=review**")
    told = page.locator("tbody .meter").all_inner_texts()
    assert len(told) == 6
    assert told == sorted(told)
    assert set(page.locator("tbody .tag").all_inner_texts()) == {"review"}

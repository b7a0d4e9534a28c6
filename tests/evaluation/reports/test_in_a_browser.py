"""Reports in a real browser: no error, no request, nothing cut off, and every figure reached by keyboard."""

from __future__ import annotations

from pathlib import Path

import pytest
from evaluations import demo, evaluation

from burnish.evaluation.reports.folder import write_evaluation


@pytest.fixture(scope="module", params=[evaluation, demo])
def path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_evaluation(request.param(), tmp_path_factory.mktemp("report"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1600])
def test_a_report_opens_without_errors_or_requests_and_fits(browser, path: Path, width: int, scheme: str):
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    troubles: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    assert troubles == []
    assert [url for url in requests if not url.startswith("data:")] == [path.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") == width
    shown = page.evaluate(
        "Array.from(document.images).every(image => image.complete && image.naturalWidth > 0)"
    )
    assert shown
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(15, 18, 26)") is (scheme == "dark")
    page.close()


def test_a_report_is_read_with_a_keyboard_alone(browser, path: Path):
    page = browser.new_page(viewport={"width": 360, "height": 900})
    page.goto(path.as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    # Whatever is wider than a phone can be reached, and moved, without a mouse.
    cut_off = page.evaluate(
        "Array.from(document.querySelectorAll('main *')).filter(one => one.scrollWidth > one.clientWidth + 1"
        " && getComputedStyle(one).overflowX === 'auto' && one.tabIndex < 0).length"
    )
    assert cut_off == 0
    page.close()


def test_what_is_wider_than_a_phone_moves_and_fades_while_its_labels_stay(browser, path: Path):
    page = browser.new_page(viewport={"width": 360, "height": 900})
    page.goto(path.as_uri())
    box = page.locator(".scroll.matrix").first
    label = box.locator("tbody th").first
    fade = "one => getComputedStyle(one).getPropertyValue('--fade')"
    assert box.evaluate("one => one.scrollWidth > one.clientWidth")
    assert float(box.evaluate(fade).removesuffix("px")) > 20
    left = label.bounding_box()["x"]
    box.evaluate("one => one.scrollLeft = one.scrollWidth")
    page.wait_for_function(
        "one => getComputedStyle(one).getPropertyValue('--fade') === '0px'", arg=box.element_handle()
    )
    assert label.bounding_box()["x"] == left
    page.close()


def test_a_thumbnail_opens_its_page_and_closes_again(browser, path: Path):
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.goto(path.as_uri())
    image = page.locator(".sheet img").first
    small = image.bounding_box()["width"]
    page.locator(".sheet .open").first.click()
    assert image.bounding_box()["width"] > 5 * small
    page.get_by_role("link", name="Close").click()
    assert image.bounding_box()["width"] == small
    page.close()


def test_a_report_prints_in_light_and_whole(browser, path: Path, tmp_path: Path):
    import pypdfium2

    page = browser.new_page(color_scheme="dark")
    page.goto(path.as_uri())
    page.pdf(path=tmp_path / "report.pdf", format="A4")
    page.close()
    printed = pypdfium2.PdfDocument(tmp_path / "report.pdf")
    said = "".join(sheet.get_textpage().get_text_range() for sheet in printed)
    assert "Made by Burnish" in said
    assert printed[0].render(scale=0.2).to_pil().convert("L").getpixel((2, 2)) > 250

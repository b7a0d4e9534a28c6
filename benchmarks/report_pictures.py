"""The documentation's pictures of a report, as a browser shows the one that a page has made."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

WIDTH = 1180


def take_pictures(made: Path, pictures: Path) -> None:
    """Write ``report.png`` and ``confidence.png`` into a folder, of the report in another."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for report in made.glob("*/report.html"):
            _take_top(browser, report, pictures / "report.png", height=760)
            _take_section(browser, report, "#confidence", pictures / "confidence.png")
        browser.close()


def _take_top(browser: Browser, path: Path, picture: Path, *, height: int) -> None:
    page = browser.new_page(viewport={"width": WIDTH, "height": height})
    page.goto(path.as_uri())
    page.screenshot(path=picture)
    page.close()


def _take_section(browser: Browser, path: Path, selector: str, picture: Path) -> None:
    page = browser.new_page(viewport={"width": WIDTH, "height": 900})
    page.goto(path.as_uri())
    page.locator(selector).screenshot(path=picture)
    page.close()

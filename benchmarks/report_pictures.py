"""The documentation's pictures of reports, as a browser shows those of the README's path and of the demo.

python benchmarks/report_pictures.py burnish-demo     the confidence section of a demo's report
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "images"


def take_top(report: Path, picture: Path) -> None:
    """Write a picture of what a report opens with."""
    with opened(report) as page:
        page.screenshot(path=picture)


def take_confidence(report: Path, picture: Path) -> None:
    """Write a picture of a report's section about confidence."""
    with opened(report) as page:
        page.locator("#confidence").screenshot(path=picture)


@contextmanager
def opened(report: Path) -> Iterator[Page]:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1180, "height": 760})
        page.goto(report.resolve().as_uri())
        # Parts that a reader opens are folded away at first.
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        yield page
        browser.close()


if __name__ == "__main__":
    take_confidence(Path(sys.argv[1]) / "report.html", PICTURES / "confidence.png")

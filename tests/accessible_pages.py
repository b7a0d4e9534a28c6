"""What a page has to be for everybody who reads it: accessible, and no wider than its screen, by axe-core."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

AXE = Path(__file__).parent / "ui" / "axe" / "axe.min.js"
FINDINGS = """async rules => (await axe.run(rules.length ? {runOnly: rules} : {}))
    .violations.map(one => [one.id, one.nodes.map(node => node.html)])"""
NIGHT = "rgb(15, 18, 26)"


@dataclass(frozen=True)
class Reader:
    """A screen, and what is looked for on it: with no rules, all of axe's."""

    width: int
    scheme: str
    rules: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.width}-{self.scheme}"


#: All rules of axe for a phone by night and a desk by day, and for the other two those that can differ there.
OF_LOOKS = ("color-contrast", "scrollable-region-focusable", "target-size")
READERS = (
    Reader(360, "dark"),
    Reader(360, "light", OF_LOOKS),
    Reader(1600, "dark", OF_LOOKS),
    Reader(1600, "light"),
)
for_every_reader = pytest.mark.parametrize("reader", READERS, ids=str)


def require_accessible(page, addresses: list[str], reader: Reader) -> None:
    """Open the addresses as a reader does. The browser's context must know `AXE`."""
    page.set_viewport_size({"width": reader.width, "height": 900})
    page.emulate_media(color_scheme=reader.scheme)
    for address in addresses:
        page.goto(address)
        assert page.evaluate(FINDINGS, list(reader.rules)) == [], address
        assert page.evaluate("document.documentElement.scrollWidth") == reader.width, address
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (background == NIGHT) is (reader.scheme == "dark"), address

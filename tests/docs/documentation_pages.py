"""Pages of the documentation as programs: every block of code that says what it is, in the page's order.

A block is run by what stands after its backticks: ``bash`` by bash, ``python`` in the page's one interpreter,
``python pytest`` by pytest. A ``bash serve`` is left running until the page ends. How to install is
``bash clone`` and ``bash wheel``, which benchmarks/first_ten_minutes.py types. What is there to be looked at
only is ``text``, ``json``, ``toml`` or nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for path in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"))
    if "reference" not in path.parts and "_build" not in path.parts
)
RUN = ("bash", "bash serve", "python", "python pytest")
SHOWN = ("bash clone", "bash wheel", "text", "json", "toml", "{toctree}", "")


@dataclass(frozen=True)
class Block:
    """A block of code, how it is run, and the line where it begins."""

    kind: str
    code: str
    line: int


def blocks_of(page: Path) -> list[Block]:
    """The blocks of a page, in their order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(found[1].strip(), found[2], text[: found.start()].count("\n") + 1)
        for found in re.finditer(r"^```([^\n`]*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    ]

"""The table of attacks in ``docs/security.md``, made of the tests that are marked as attacks.

``python tests/docs/attack_table.py [PAGE]`` writes it anew; a test holds the page equal to it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "security.md"
MARK = "pytest.mark.attack("
BEGIN, END = "<!-- attacks: begin -->", "<!-- attacks: end -->"
#: From the outside in. A door that is not named here is a mistake in a mark.
DOORS = (
    "Connections",
    "Bedrock API",
    "OpenAI's API",
    "Batch inference",
    "Invocation logs",
    "S3",
    "Inner ports of the S3 server",
    "Images and documents",
    "Imported models",
    "Files on disk",
    "Processes",
    "Reports and tables",
    "Pages in a browser",
    "Secrets",
)


@dataclass(frozen=True, kw_only=True)
class Attack:
    """What is tried at which door, what comes of it, and the file of the test that tries it."""

    door: str
    request: str
    refusal: str
    file: str


class _Collector:
    """A plugin of pytest that keeps the marks of the tests it finds."""

    def __init__(self) -> None:
        self.attacks: list[Attack] = []

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: Sequence[pytest.Item]) -> None:
        for item in items:
            for mark in item.iter_markers("attack"):
                door, request, refusal = mark.args
                file = item.path.relative_to(ROOT).as_posix()
                self.attacks.append(Attack(door=door, request=request, refusal=refusal, file=file))


def attacks_in_the_tests() -> list[Attack]:
    """Every attack that a test is marked with, by door, each once."""
    collector = _Collector()
    # The others need not be collected: that takes twice as long.
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    marked = [str(path) for path in files if MARK in path.read_text("utf-8")]
    arguments = ["--collect-only", "-qq", "-m", "attack", "-p", "no:cacheprovider", *marked]
    if code := pytest.main(arguments, plugins=[collector]):
        raise SystemExit(f"The tests cannot be collected (pytest ended with {code})")
    once = dict.fromkeys(collector.attacks)
    return sorted(once, key=lambda attack: (DOORS.index(attack.door), attack.file))


def table_of(attacks: Sequence[Attack]) -> str:
    """The attacks in Markdown: a heading and a table for each door."""
    parts = []
    for door, group in groupby(attacks, key=attrgetter("door")):
        rows = [f"| {_cell(row.request)} | {_cell(row.refusal)} | `{row.file}` |" for row in group]
        parts.append(
            "\n".join(
                [f"### {door}", "", "| tried | what comes of it | test |", "| --- | --- | --- |", *rows]
            )
        )
    return "\n\n".join(parts)


def page_with(table: str, page: str) -> str:
    """The page with this table in the place of the one it has."""
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n\n{table}\n\n{END}{after}"


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def main(page: Path) -> None:
    """Write the table of the tests into a page."""
    page.write_text(page_with(table_of(attacks_in_the_tests()), page.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PAGE)

"""A page of the documentation as what a reader types: one command after another."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

#: What Burnish is installed from.
SOURCES = ("clone", "wheel")


@dataclass(frozen=True, kw_only=True)
class Page:
    """The commands of a page in their order, each with its kind, and how it says to install, by source."""

    name: str
    commands: tuple[tuple[str, str], ...]
    install: Mapping[str, str]


def read_page(path: Path) -> Page:
    """A page's commands; lines that a backslash continues are one."""
    text = path.read_text(encoding="utf-8")
    blocks = re.findall(r"^```(bash[^\n`]*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    lines = [
        (kind, line)
        for kind, code in blocks
        for line in re.sub(r"\\\n\s*", "", code).splitlines()
        if line.strip()
    ]
    return Page(
        name=path.name,
        commands=tuple(line for line in lines if line[0] in ("bash", "bash serve")),
        install={source: line for kind, line in lines if (source := kind.removeprefix("bash ")) in SOURCES},
    )

"""Each message that the page explains occurs in the source of Burnish, as it is quoted."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "troubleshooting.md"
#: What stands for a name or a number, on the page and in the texts of the source.
ELLIPSIS, VALUE = "…", "\0"
#: How a text of the source holds a value: in an f-string, for `str.format`, or written as an ellipsis.
ANY_VALUE = rf"(?:{VALUE}|\{{[^{{}}]*\}}|{ELLIPSIS})"
QUOTED = re.findall(r"^### `(.+)`$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)


def texts_in(source: str) -> Iterator[str]:
    """Every string of a module but its docstrings: joined where it is written in parts, values left out."""
    tree = ast.parse(source)
    docstrings = {
        id(statement.value)
        for statement in ast.walk(tree)
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else VALUE for part in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


@pytest.fixture(scope="module")
def texts() -> list[str]:
    files = sorted((ROOT / "src" / "burnish").rglob("*.py"))
    return [text for file in files for text in texts_in(file.read_text(encoding="utf-8"))]


def test_a_text_is_found_however_it_is_written():
    source = 'def f(a):\n    """A docstring."""\n    raise E(f"No {a!r} is " "there: " f"make {a}", "plain")'
    assert set(texts_in(source)) >= {f"No {VALUE} is there: make {VALUE}", "plain"}
    assert "A docstring." not in set(texts_in(source))


@pytest.mark.parametrize("message", QUOTED)
def test_a_message_on_the_page_is_one_of_the_source(texts, message):
    pattern = re.compile(f"{ANY_VALUE}+".join(map(re.escape, message.split(ELLIPSIS))))
    assert any(pattern.search(text) for text in texts)


@pytest.mark.parametrize("message", QUOTED)
def test_a_message_is_quoted_at_such_length_that_it_can_be_found(message):
    assert max(map(len, message.split(ELLIPSIS))) >= 12


def test_enough_messages_are_explained_and_none_twice():
    assert len(QUOTED) == len(set(QUOTED)) >= 25

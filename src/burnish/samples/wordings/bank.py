"""The wordings of one kind, read from the TOML file of its name beside this module.

A file has a table ``training`` and a table ``held_out``. In each, ``shared`` holds what all wordings of the
side have in common, and every entry of ``wordings`` what is its own; a page without a title has no ``title``.
Words in braces are slots: `burnish.samples.facts.Facts` fills them in. No sentence may stand on both sides:
a test compares them, so that a model is never scored on a phrase that it was trained on.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, TypeVar

import msgspec

Words = TypeVar("Words")


def read_bank(name: str, words: type[Words]) -> tuple[tuple[Words, ...], tuple[Words, ...]]:
    """The wordings of the training side and those of the held-out side."""
    bank = tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8"))
    return _side(bank["training"], words), _side(bank["held_out"], words)


def _side(side: dict[str, Any], words: type[Words]) -> tuple[Words, ...]:
    shared = side.get("shared", {})
    return tuple(msgspec.convert({**shared, **own}, words) for own in side["wordings"])

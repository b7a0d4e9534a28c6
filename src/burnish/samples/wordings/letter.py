"""The words of letters."""

from __future__ import annotations

from dataclasses import dataclass

from burnish.samples.prose import Matter
from burnish.samples.wordings.bank import read_bank


@dataclass(frozen=True, kw_only=True)
class LetterWords:
    """The set phrases of one letter. Its title, if any, says how it is sent."""

    title: str | None = None
    greetings: tuple[str, ...]
    subject_mark: str
    farewells: tuple[str, ...]
    roles: tuple[str, ...]
    postscripts: tuple[str, ...]
    matters: tuple[Matter, ...]


TRAINING, HELD_OUT = read_bank("letter", LetterWords)

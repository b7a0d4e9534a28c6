"""The words of scientific papers."""

from __future__ import annotations

from dataclasses import dataclass

from burnish.samples.wordings.bank import read_bank


@dataclass(frozen=True, kw_only=True)
class Field:
    """What papers of one field are called and say."""

    titles: tuple[str, ...]
    journal: str
    keywords: str
    aims: tuple[str, ...]
    methods: tuple[str, ...]
    results: tuple[str, ...]
    measure: tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class PaperWords:
    """The headings of one journal."""

    title: str | None = None
    abstract: str
    keywords: str
    introduction: str
    methods: str
    results: str
    references: str
    figure: str
    dates: str
    fields: tuple[Field, ...]


TRAINING, HELD_OUT = read_bank("scientific_paper", PaperWords)

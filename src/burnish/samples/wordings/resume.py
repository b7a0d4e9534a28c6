"""The words of résumés."""

from __future__ import annotations

from dataclasses import dataclass

from burnish.samples.wordings.bank import read_bank


@dataclass(frozen=True, kw_only=True)
class Trade:
    """What people of one trade have been, done, learned and know."""

    posts: tuple[str, ...]
    deeds: tuple[str, ...]
    degrees: tuple[str, ...]
    skills: tuple[str, ...]
    profile: str


@dataclass(frozen=True, kw_only=True)
class ResumeWords:
    """The headings of one résumé."""

    title: str | None = None
    profile: str
    work: str
    schooling: str
    skills: str
    other: str
    now: str
    others: tuple[str, ...]
    trades: tuple[Trade, ...]


TRAINING, HELD_OUT = read_bank("resume", ResumeWords)

"""The words of memos."""

from __future__ import annotations

from dataclasses import dataclass

from burnish.samples.prose import Matter
from burnish.samples.wordings.bank import read_bank


@dataclass(frozen=True, kw_only=True)
class MemoWords:
    """The labels of one memo, in the order in which they stand."""

    title: str | None = None
    receiver: str
    sender: str
    date: str
    subject: str
    receivers: tuple[str, ...]
    departments: tuple[str, ...]
    ends: tuple[str, ...]
    matters: tuple[Matter, ...]


TRAINING, HELD_OUT = read_bank("memo", MemoWords)

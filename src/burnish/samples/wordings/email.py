"""The words of e-mails."""

from __future__ import annotations

from dataclasses import dataclass

from burnish.samples.prose import Matter
from burnish.samples.wordings.bank import read_bank


@dataclass(frozen=True, kw_only=True)
class MailWords:
    """The labels and set phrases of one mail program and its user."""

    title: str | None = None
    sender: str
    sent: str
    receiver: str
    copy: str
    subject: str
    greetings: tuple[str, ...]
    farewells: tuple[str, ...]
    quote_line: str
    reply_mark: str
    footers: tuple[str, ...]
    matters: tuple[Matter, ...]


TRAINING, HELD_OUT = read_bank("email", MailWords)

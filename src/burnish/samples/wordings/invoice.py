"""The words of invoices."""

from __future__ import annotations

from dataclasses import dataclass

from burnish.samples.wordings.bank import read_bank


@dataclass(frozen=True, kw_only=True)
class InvoiceWords:
    """The labels of one invoice."""

    title: str | None = None
    number: str
    issued: str
    due: str
    buyer: str
    columns: tuple[str, str, str, str]
    net: str
    tax: str
    total: str
    items: tuple[str, ...]
    notes: tuple[str, ...]


TRAINING, HELD_OUT = read_bank("invoice", InvoiceWords)

"""Invoices: a seller asks to be paid for listed goods or services."""

from __future__ import annotations

from dataclasses import dataclass

from burnish.samples.drawing import (
    Block,
    banner,
    boxed,
    gap,
    heading,
    labelled,
    lines,
    rule,
    side_by_side,
    table,
    text,
    title_of,
)
from burnish.samples.kind import Draft, Kind, Side
from burnish.samples.prose import sentences
from burnish.samples.shapes import logo
from burnish.samples.sheets import Sheet, sheet_of
from burnish.samples.wordings.invoice import HELD_OUT, TRAINING, InvoiceWords

CURRENCIES = {"$": "USD", "USD": "USD", "£": "GBP", "€": "EUR"}
#: In the order in which fields are written beside a page.
FIELDS = ("number", "issued", "due", "seller", "buyer", "currency", "total")


@dataclass(frozen=True, kw_only=True)
class Bill:
    """The figures of one invoice, as they are printed, and who sends it."""

    rows: list[list[str]]
    sums: list[tuple[str, str]]
    total: str
    seller: str


def _bill(words: InvoiceWords, draft: Draft) -> Bill:
    rng, money = draft.rng, draft.facts.money
    rows, net = [list(words.columns)], 0.0
    for item in rng.sample(words.items, rng.randint(2, 8)):
        quantity, price = rng.randint(1, 24), rng.randint(450, 32_000) / 100
        net += quantity * price
        rows.append([item, str(quantity), money(price), money(quantity * price)])
    tax = round(net * rng.choice((0.05, 0.07, 0.19, 0.2)), 2)
    total = money(net + tax)
    sums = [(words.net, money(net)), (words.tax, money(tax)), (words.total, total)]
    seller = draft.facts.company()
    currency = CURRENCIES[draft.facts.currency.strip()]
    # Of the sum as it is printed, which is rounded.
    draft.fields.update(seller=seller, currency=currency, total=float(f"{net + tax:.2f}"))
    return Bill(rows=rows, sums=sums, total=total, seller=seller)


def _references(words: InvoiceWords, draft: Draft) -> list[tuple[str, str]]:
    facts = draft.facts
    number, due = facts.code(), facts.later_day()
    draft.fields.update(number=number, issued=facts.day().isoformat(), due=due.isoformat())
    return [(words.number, number), (words.issued, facts.date()), (words.due, facts.written(due))]


def _buyer(draft: Draft) -> list[str]:
    facts = draft.facts
    buyer = facts.company()
    draft.fields["buyer"] = buyer
    return [buyer, facts.person(), facts.street(), facts.town_line()]


def _buyer_block(words: InvoiceWords, draft: Draft) -> list[Block]:
    look = draft.look
    return [text(look, words.buyer, bold=True, after=0.1), text(look, "\n".join(_buyer(draft)))]


def _notes(words: InvoiceWords, draft: Draft, seller: str) -> list[Block]:
    # The slots that are no facts, {seller} and {fee}, are filled here: they have to agree with the bill.
    fee = draft.facts.money(5 * draft.rng.randint(2, 12))
    bank = [note.replace("{seller}", seller).replace("{fee}", fee) for note in words.notes]
    return lines(draft.look, sentences(draft, bank, draft.rng.randint(1, 4)), size=0.9, after=0.2)


def _letterhead(words: InvoiceWords, draft: Draft) -> Sheet:
    look, facts, bill = draft.look, draft.facts, _bill(words, draft)
    own = [
        text(look, bill.seller, size=1.3, bold=True, after=0.1),
        text(look, f"{facts.street()}, {facts.town_line()}", size=0.9),
    ]
    references = [labelled(look, f"{label}:", value) for label, value in _references(words, draft)]
    title = title_of(look, words.title, size=1.9, bold=True, color=look.accent)
    receiver = [*title, *_buyer_block(words, draft)]
    narrow = look.width * 0.45
    sums = table(look, bill.sums, (0.62, 0.38), style="plain", numbers_from=1, bold_rows=(2,), width=narrow)
    return sheet_of(
        side_by_side(look, [logo(look, draft.rng)], own, shares=(0.12, 0.88)),
        rule(look),
        side_by_side(look, receiver, references, shares=(0.58, 0.42)),
        gap(look),
        table(look, bill.rows, (0.46, 0.14, 0.2, 0.2), style="grid", numbers_from=1),
        side_by_side(look, [], [gap(look, 0.3), sums], shares=(0.55, 0.45)),
        gap(look),
        *_notes(words, draft, bill.seller),
    )


def _bannered(words: InvoiceWords, draft: Draft) -> Sheet:
    look, facts, bill = draft.look, draft.facts, _bill(words, draft)
    own = [
        text(look, bill.seller, bold=True, after=0.1),
        text(look, f"{facts.street()}\n{facts.town_line()}\nTel. {facts.phone()}"),
    ]
    buyer = _buyer_block(words, draft)
    labels, values = zip(*_references(words, draft), strict=True)
    return sheet_of(
        banner(look, words.title or bill.seller),
        gap(look, 0.8),
        side_by_side(look, own, buyer),
        gap(look),
        table(look, [labels, values], (1 / 3, 1 / 3, 1 / 3), style="grid"),
        gap(look),
        table(look, bill.rows, (0.46, 0.14, 0.2, 0.2), style="striped", numbers_from=1),
        rule(look),
        *[
            text(look, f"{label}    {value}", align="right", bold=label == words.total, after=0.15)
            for label, value in bill.sums
        ],
        gap(look),
        *_notes(words, draft, bill.seller),
        foot=f"{bill.seller} \u2013 {facts.mail_address(facts.person(), bill.seller)}",
    )


def _centred(words: InvoiceWords, draft: Draft) -> Sheet:
    look, facts, bill = draft.look, draft.facts, _bill(words, draft)
    rows = [*bill.rows, *[["", "", label, value] for label, value in bill.sums]]
    references = "  |  ".join(f"{label}: {value}" for label, value in _references(words, draft))
    contact = f"{facts.street()} \u2022 {facts.town_line()} \u2022 {facts.phone()}"
    return sheet_of(
        text(look, bill.seller, size=1.7, bold=True, align="centre"),
        text(look, contact, size=0.9, align="centre"),
        rule(look, weight=1.5),
        *title_of(look, words.title, size=1.3, align="centre", after=0.6),
        text(look, references, after=0.8),
        text(look, f"{words.buyer}: " + ", ".join(_buyer(draft)), after=0.8),
        table(look, rows, (0.4, 0.14, 0.26, 0.2), style="ruled", numbers_from=1, bold_rows=(0, -1)),
        gap(look),
        *_notes(words, draft, bill.seller),
    )


def _total_first(words: InvoiceWords, draft: Draft) -> Sheet:
    look, facts, bill = draft.look, draft.facts, _bill(words, draft)
    (number, issued, due) = _references(words, draft)
    total = labelled(look, words.total, bill.total, size=1.3)
    summary = [total, *[labelled(look, *reference) for reference in (due, number, issued)]]
    return sheet_of(
        text(look, bill.seller, align="right", bold=True, after=0.1),
        text(look, f"{facts.street()}\n{facts.town_line()}", align="right"),
        *(heading(look, words.title, size=1.6) if words.title else []),
        boxed(look, summary, fill="#f0f0f0"),
        gap(look),
        table(look, bill.rows, (0.44, 0.15, 0.2, 0.21), style="lines", numbers_from=1),
        # The total stands above, in the box.
        table(look, bill.sums[:2], (0.79, 0.21), style="lines", numbers_from=1, bold_rows=()),
        gap(look),
        labelled(look, f"{words.buyer}:", " / ".join(_buyer(draft))),
        gap(look, 0.5),
        *_notes(words, draft, bill.seller),
    )


def _with_slip(words: InvoiceWords, draft: Draft) -> Sheet:
    look, facts, bill = draft.look, draft.facts, _bill(words, draft)
    references = lines(look, [f"{label}\n{value}" for label, value in _references(words, draft)], size=0.9)
    buyer = [text(look, words.buyer, italic=True, after=0.1), text(look, "\n".join(_buyer(draft)), size=0.9)]
    wide = look.width * 0.72
    figures = [
        table(
            look, bill.rows, (0.42, 0.17, 0.2, 0.21), style="shaded", numbers_from=1, width=wide, size=0.88
        ),
        gap(look, 0.4),
        table(look, bill.sums, (0.72, 0.28), style="plain", numbers_from=1, bold_rows=(-1,), width=wide),
        gap(look, 0.4),
        *_notes(words, draft, bill.seller),
    ]
    seller = [text(look, bill.seller, size=1.4, bold=True)]
    return sheet_of(
        side_by_side(look, seller, [text(look, words.title or "", size=1.4, align="right")]),
        rule(look, weight=2),
        gap(look, 0.5),
        side_by_side(look, [*references, *buyer], figures, shares=(0.28, 0.72)),
        gap(look),
        # Below the dashes is the slip to be cut off and sent in with the payment.
        rule(look, dashed=True),
        text(look, f"{words.total}: {bill.total}", bold=True),
        text(look, f"{bill.seller}, {facts.street()}, {facts.town_line()}", size=0.9),
    )


INVOICE = Kind(
    label="invoice",
    description="a seller's request for payment, listing what was supplied and the sum owed",
    training=Side(wordings=TRAINING, layouts=(_letterhead, _bannered, _centred)),
    held_out=Side(wordings=HELD_OUT, layouts=(_total_first, _with_slip)),
    fields=FIELDS,
)

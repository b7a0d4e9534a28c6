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
    rule,
    side_by_side,
    table,
    text,
)
from burnish.samples.kind import Draft, Kind, Side
from burnish.samples.prose import sentences
from burnish.samples.shapes import logo
from burnish.samples.sheets import Sheet


@dataclass(frozen=True, kw_only=True)
class InvoiceWords:
    """The labels of one invoice."""

    title: str | None
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


@dataclass(frozen=True, kw_only=True)
class Bill:
    """The figures of one invoice, as they are printed."""

    rows: list[list[str]]
    net: str
    tax: str
    total: str


_ITEMS = (
    "Copier paper, A4, box of 5 reams",
    "Toner cartridge, black",
    "Office chair, adjustable",
    "Desk lamp, LED",
    "Annual software licence, 10 seats",
    "Website hosting, 12 months",
    "Logo design, second revision",
    "Carpet cleaning, ground floor",
    "Replacement pump seal",
    "Labour, electrician",
    "Call-out charge",
    "Copper pipe, 15 mm, 3 m length",
    "Safety gloves, pair",
    "Printed brochures, 16 pages",
    "Catering, buffet lunch for 20",
    "Room hire, half day",
    "Translation, 4,200 words",
    "Legal advice, lease review",
    "Garden maintenance, spring visit",
    "Coffee beans, 1 kg",
    "Delivery and packing",
    "Pallet wrap, roll",
    "Accounting services, second quarter",
    "Tyre change, two front wheels",
    "Oil filter and engine oil",
    "Network cable, 20 m",
)
_NOTES = (
    "Please pay within 30 days of the date above.",
    "Cheques should be made out to {seller}.",
    "Bank transfer: account {number}, quoting the number of this document.",
    "Interest of 1.5% a month is charged on overdue accounts.",
    "Goods remain our property until paid for in full.",
    "Thank you for your business.",
    "Questions about this bill? Call {phone}.",
    "Returns are accepted within 14 days in the original packing.",
    "Our VAT registration number is GB {number}.",
)
_OTHER_ITEMS = (
    "Aluminium window frame, white",
    "Scaffold rental per week",
    "Ready-mix concrete, cubic metre",
    "Dental crown, porcelain",
    "X-ray, two views",
    "Boarding of one dog, nights",
    "Wedding photographs, album of 40",
    "Piano tuning",
    "Seed potatoes, 25 kg sack",
    "Diesel fuel, litres",
    "Freight Rotterdam to Hull, container",
    "Customs clearance",
    "Stage lighting rental",
    "Sound engineer, evening rate",
    "Proofreading, thesis chapter",
    "Firewood, seasoned, per stack",
    "Chimney sweep",
    "Banner printing, 3 m",
)
_OTHER_NOTES = (
    "Kindly remit the sum shown to our giro account {number}.",
    "A late fee of {fee} applies after the last day of payment.",
    "Prices are in the currency shown and exclude bank fees.",
    "Disputes must reach us in writing within eight days of receipt.",
    "Card payments can be made by telephone on {phone}.",
    "Supplied under our general conditions of sale and delivery.",
    "We appreciate prompt settlement.",
)

_TRAINING = (
    InvoiceWords(
        title="INVOICE",
        number="Invoice no.",
        issued="Invoice date",
        due="Due date",
        buyer="Bill to",
        columns=("Description", "Qty", "Unit price", "Amount"),
        net="Subtotal",
        tax="Sales tax",
        total="Total due",
        items=_ITEMS,
        notes=_NOTES,
    ),
    InvoiceWords(
        title="Tax Invoice",
        number="Document number",
        issued="Date of issue",
        due="Payment due",
        buyer="Sold to",
        columns=("Item", "Quantity", "Price each", "Line total"),
        net="Net amount",
        tax="Value added tax",
        total="Total including VAT",
        items=_ITEMS,
        notes=_NOTES,
    ),
    InvoiceWords(
        title=None,
        number="Account no.",
        issued="Billing date",
        due="Please pay by",
        buyer="Customer",
        columns=("Service", "Hours", "Hourly rate", "Charge"),
        net="Services",
        tax="Tax",
        total="Balance due",
        items=_ITEMS,
        notes=_NOTES,
    ),
    InvoiceWords(
        title="Bill for Services",
        number="Bill number",
        issued="Billed on",
        due="Payable by",
        buyer="Client",
        columns=("Work done", "Units", "Rate", "Cost"),
        net="Sum of work",
        tax="Service tax",
        total="Please pay",
        items=_ITEMS,
        notes=_NOTES,
    ),
    InvoiceWords(
        title=None,
        number="Our reference",
        issued="Date",
        due="Terms: net, until",
        buyer="Deliver and charge to",
        columns=("Goods", "Pieces", "Price", "Value"),
        net="Goods total",
        tax="Duty and tax",
        total="Amount owing",
        items=_ITEMS,
        notes=_NOTES,
    ),
    InvoiceWords(
        title="Sales Invoice and Delivery Note",
        number="No.",
        issued="Dispatched",
        due="To be paid until",
        buyer="Ordered by",
        columns=("Article", "Number", "Each", "Sum"),
        net="Sum of articles",
        tax="VAT",
        total="Invoice total",
        items=_ITEMS,
        notes=_NOTES,
    ),
    InvoiceWords(
        title="Account Rendered",
        number="Customer account",
        issued="Rendered on",
        due="Settlement due",
        buyer="In account with",
        columns=("Particulars", "Quantity", "Unit cost", "Extended"),
        net="Before tax",
        tax="State tax",
        total="Total payable",
        items=_ITEMS,
        notes=_NOTES,
    ),
)
_HELD_OUT = (
    InvoiceWords(
        title="Statement of charges",
        number="Statement ID",
        issued="Statement date",
        due="Settle before",
        buyer="Prepared for",
        columns=("Details", "Count", "Per unit", "Charges"),
        net="Charges before tax",
        tax="Added tax",
        total="Total of all charges",
        items=_OTHER_ITEMS,
        notes=_OTHER_NOTES,
    ),
    InvoiceWords(
        title="Amount payable",
        number="Case file",
        issued="Drawn up on",
        due="Last day of payment",
        buyer="Debtor",
        columns=("Supplied", "Volume", "Tariff", "To pay"),
        net="Net value",
        tax="Turnover tax",
        total="Grand total to pay",
        items=_OTHER_ITEMS,
        notes=_OTHER_NOTES,
    ),
    InvoiceWords(
        title=None,
        number="Order ref.",
        issued="Raised",
        due="Credit period ends",
        buyer="Purchaser",
        columns=("Product or service", "Ordered", "List price", "Extension"),
        net="Sub-total",
        tax="GST",
        total="Amount now due",
        items=_OTHER_ITEMS,
        notes=_OTHER_NOTES,
    ),
    InvoiceWords(
        title="Commercial invoice",
        number="Shipment",
        issued="Made out on",
        due="Payment not later than",
        buyer="Consignee",
        columns=("Commodity", "Packages", "Unit value", "Total value"),
        net="Value of goods",
        tax="Import levy",
        total="Final sum",
        items=_OTHER_ITEMS,
        notes=_OTHER_NOTES,
    ),
)


def _bill(words: InvoiceWords, draft: Draft) -> Bill:
    rng, money = draft.rng, draft.facts.money
    rows, net = [list(words.columns)], 0.0
    for item in rng.sample(words.items, rng.randint(2, 8)):
        quantity, price = rng.randint(1, 24), rng.randint(450, 32_000) / 100
        net += quantity * price
        rows.append([item, str(quantity), money(price), money(quantity * price)])
    tax = round(net * rng.choice((0.05, 0.07, 0.19, 0.2)), 2)
    return Bill(rows=rows, net=money(net), tax=money(tax), total=money(net + tax))


def _references(words: InvoiceWords, draft: Draft) -> list[tuple[str, str]]:
    facts = draft.facts
    return [(words.number, facts.code()), (words.issued, facts.date()), (words.due, facts.later())]


def _buyer(draft: Draft) -> list[str]:
    facts = draft.facts
    return [facts.company(), facts.person(), facts.street(), facts.town_line()]


def _notes(words: InvoiceWords, draft: Draft, seller: str) -> list[Block]:
    fee = draft.facts.money(5 * draft.rng.randint(2, 12))
    bank = [note.replace("{seller}", seller).replace("{fee}", fee) for note in words.notes]
    return [
        text(draft.look, note, size=0.9, after=0.2)
        for note in sentences(draft, bank, draft.rng.randint(1, 4))
    ]


def _sums(words: InvoiceWords, bill: Bill) -> list[list[str]]:
    return [[words.net, bill.net], [words.tax, bill.tax], [words.total, bill.total]]


def _letterhead(words: InvoiceWords, draft: Draft) -> Sheet:
    look, facts, bill, seller = draft.look, draft.facts, _bill(words, draft), draft.facts.company()
    own = [
        text(look, seller, size=1.3, bold=True, after=0.1),
        text(look, f"{facts.street()}, {facts.town_line()}", size=0.9),
    ]
    references = [labelled(look, f"{label}:", value) for label, value in _references(words, draft)]
    title = [text(look, words.title, size=1.9, bold=True, color=look.accent)] if words.title else []
    buyer = [text(look, words.buyer, bold=True, after=0.1), text(look, "\n".join(_buyer(draft)))]
    sums = table(
        look,
        _sums(words, bill),
        (0.62, 0.38),
        style="plain",
        numbers_from=1,
        bold_rows=(2,),
        width=look.width * 0.45,
    )
    return Sheet(
        top=[
            side_by_side(look, [logo(look, draft.rng)], own, shares=(0.12, 0.88)),
            rule(look),
            side_by_side(look, [*title, *buyer], references, shares=(0.58, 0.42)),
            gap(look),
            table(look, bill.rows, (0.46, 0.14, 0.2, 0.2), style="grid", numbers_from=1),
            side_by_side(look, [], [gap(look, 0.3), sums], shares=(0.55, 0.45)),
            gap(look),
            *_notes(words, draft, seller),
        ]
    )


def _bannered(words: InvoiceWords, draft: Draft) -> Sheet:
    look, facts, bill, seller = draft.look, draft.facts, _bill(words, draft), draft.facts.company()
    own = [
        text(look, seller, bold=True, after=0.1),
        text(look, f"{facts.street()}\n{facts.town_line()}\nTel. {facts.phone()}"),
    ]
    buyer = [text(look, words.buyer, bold=True, after=0.1), text(look, "\n".join(_buyer(draft)))]
    labels, values = zip(*_references(words, draft), strict=True)
    return Sheet(
        top=[
            banner(look, words.title or seller),
            gap(look, 0.8),
            side_by_side(look, own, buyer),
            gap(look),
            table(look, [labels, values], (1 / 3, 1 / 3, 1 / 3), style="grid"),
            gap(look),
            table(look, bill.rows, (0.46, 0.14, 0.2, 0.2), style="striped", numbers_from=1),
            rule(look),
            *[
                text(look, f"{label}    {value}", align="right", bold=label == words.total, after=0.15)
                for label, value in _sums(words, bill)
            ],
            gap(look),
            *_notes(words, draft, seller),
        ],
        foot=f"{seller} \u2013 {facts.mail_address(facts.person(), seller)}",
    )


def _centred(words: InvoiceWords, draft: Draft) -> Sheet:
    look, facts, bill, seller = draft.look, draft.facts, _bill(words, draft), draft.facts.company()
    closing = [["", "", label, value] for label, value in _sums(words, bill)]
    title = [text(look, words.title, size=1.3, align="centre", after=0.6)] if words.title else []
    references = "  |  ".join(f"{label}: {value}" for label, value in _references(words, draft))
    return Sheet(
        top=[
            text(look, seller, size=1.7, bold=True, align="centre"),
            text(
                look,
                f"{facts.street()} \u2022 {facts.town_line()} \u2022 {facts.phone()}",
                size=0.9,
                align="centre",
            ),
            rule(look, weight=1.5),
            *title,
            text(look, references, after=0.8),
            text(look, f"{words.buyer}: " + ", ".join(_buyer(draft)), after=0.8),
            table(
                look,
                [*bill.rows, *closing],
                (0.4, 0.14, 0.26, 0.2),
                style="ruled",
                numbers_from=1,
                bold_rows=(0, -1),
            ),
            gap(look),
            *_notes(words, draft, seller),
        ]
    )


def _total_first(words: InvoiceWords, draft: Draft) -> Sheet:
    look, facts, bill, seller = draft.look, draft.facts, _bill(words, draft), draft.facts.company()
    (number, issued, due) = _references(words, draft)
    title = heading(look, words.title, size=1.6) if words.title else []
    summary = [
        labelled(look, words.total, bill.total, size=1.3),
        labelled(look, *due),
        labelled(look, *number),
        labelled(look, *issued),
    ]
    return Sheet(
        top=[
            text(look, seller, align="right", bold=True, after=0.1),
            text(look, f"{facts.street()}\n{facts.town_line()}", align="right"),
            *title,
            boxed(look, summary, fill="#f0f0f0"),
            gap(look),
            table(look, bill.rows, (0.44, 0.15, 0.2, 0.21), style="lines", numbers_from=1),
            table(look, _sums(words, bill)[:2], (0.79, 0.21), style="lines", numbers_from=1, bold_rows=()),
            gap(look),
            labelled(look, f"{words.buyer}:", " / ".join(_buyer(draft))),
            gap(look, 0.5),
            *_notes(words, draft, seller),
        ]
    )


def _with_slip(words: InvoiceWords, draft: Draft) -> Sheet:
    look, facts, bill, seller = draft.look, draft.facts, _bill(words, draft), draft.facts.company()
    facts_column = [text(look, f"{label}\n{value}", size=0.9) for label, value in _references(words, draft)]
    buyer = [text(look, words.buyer, italic=True, after=0.1), text(look, "\n".join(_buyer(draft)), size=0.9)]
    wide = look.width * 0.72
    figures = [
        table(
            look, bill.rows, (0.42, 0.17, 0.2, 0.21), style="shaded", numbers_from=1, width=wide, size=0.88
        ),
        gap(look, 0.4),
        table(
            look, _sums(words, bill), (0.72, 0.28), style="plain", numbers_from=1, bold_rows=(-1,), width=wide
        ),
        gap(look, 0.4),
        *_notes(words, draft, seller),
    ]
    slip = [
        text(look, f"{words.total}: {bill.total}", bold=True),
        text(look, f"{seller}, {facts.street()}, {facts.town_line()}", size=0.9),
    ]
    return Sheet(
        top=[
            side_by_side(
                look,
                [text(look, seller, size=1.4, bold=True)],
                [text(look, words.title or "", size=1.4, align="right")],
            ),
            rule(look, weight=2),
            gap(look, 0.5),
            side_by_side(look, [*facts_column, *buyer], figures, shares=(0.28, 0.72)),
            gap(look),
            rule(look, dashed=True),
            *slip,
        ]
    )


INVOICE = Kind(
    label="invoice",
    description="a seller's request for payment, listing what was supplied and the sum owed",
    training=Side(wordings=_TRAINING, layouts=(_letterhead, _bannered, _centred)),
    held_out=Side(wordings=_HELD_OUT, layouts=(_total_first, _with_slip)),
)

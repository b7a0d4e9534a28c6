"""The words of invoices."""

from __future__ import annotations

from dataclasses import dataclass


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


TRAINING = (
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


HELD_OUT = (
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

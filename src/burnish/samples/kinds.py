"""The kinds of sample documents. A further kind is one module with one value, named here."""

from __future__ import annotations

from burnish.samples.budget import BUDGET
from burnish.samples.email import EMAIL
from burnish.samples.form import FORM
from burnish.samples.invoice import INVOICE
from burnish.samples.kind import AnyKind
from burnish.samples.letter import LETTER
from burnish.samples.memo import MEMO
from burnish.samples.resume import RESUME
from burnish.samples.scientific_paper import SCIENTIFIC_PAPER

KINDS: tuple[AnyKind, ...] = (INVOICE, LETTER, RESUME, MEMO, FORM, EMAIL, BUDGET, SCIENTIFIC_PAPER)

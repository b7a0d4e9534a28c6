"""The kinds of sample documents.

A further kind is a module here, a module and a TOML file of the same name in `wordings`, and its value below.
"""

from __future__ import annotations

from burnish.samples.kind import AnyKind
from burnish.samples.kinds.budget import BUDGET
from burnish.samples.kinds.email import EMAIL
from burnish.samples.kinds.form import FORM
from burnish.samples.kinds.invoice import INVOICE
from burnish.samples.kinds.letter import LETTER
from burnish.samples.kinds.memo import MEMO
from burnish.samples.kinds.resume import RESUME
from burnish.samples.kinds.scientific_paper import SCIENTIFIC_PAPER

KINDS: tuple[AnyKind, ...] = (INVOICE, LETTER, RESUME, MEMO, FORM, EMAIL, BUDGET, SCIENTIFIC_PAPER)

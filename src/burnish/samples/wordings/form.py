"""The words of forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from burnish.samples.wordings.bank import read_bank


@dataclass(frozen=True, kw_only=True)
class FormWords:
    """One form: by section its fields, each a label and the fact that is entered, and its questions to tick.

    The order of a mapping is that on the page.
    """

    title: str | None = None
    instructions: str
    sections: Mapping[str, Mapping[str, str]]
    questions: Mapping[str, tuple[str, ...]]
    declaration: str
    sign: str
    office: str


TRAINING, HELD_OUT = read_bank("form", FormWords)

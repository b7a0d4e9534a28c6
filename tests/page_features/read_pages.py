"""Pages as they were read, for tests of what features make of them."""

from __future__ import annotations

import random
from dataclasses import dataclass

from burnish.page_features.appearance import SIZE
from burnish.pages.reading import Line, text_of

WORDS = {
    "invoice": ["total", "due", "net", "amount", "payment", "12", "40", "vat"],
    "letter": ["dear", "sir", "yours", "sincerely", "thank", "you", "regards", "kind"],
    "memo": ["to", "from", "subject", "staff", "please", "note", "office", "meeting"],
}


@dataclass(frozen=True)
class ReadText:
    """A page of lines that stand one below the other."""

    lines: tuple[Line, ...]
    appearance: bytes = b""

    @property
    def text(self) -> str:
        return text_of(self.lines)


def page_of(text: str, appearance: bytes = b"") -> ReadText:
    """A page of this text."""
    lines = enumerate(text.split("\n"))
    return ReadText(
        tuple(Line(one, 0.1, 0.05 * row, 0.9, 0.05 * row + 0.03) for row, one in lines), appearance
    )


def pages_of(labels: list[str], seed: int = 0) -> list[ReadText]:
    """A page for each label, of words that its label has and others do not."""
    rng = random.Random(seed)
    shades = {label: place for place, label in enumerate(sorted(WORDS))}
    return [
        page_of(
            "\n".join(" ".join(rng.sample(WORDS[label], 3)) for _ in range(6)),
            bytes(rng.randrange(40) + 60 * shades[label] for _ in range(SIZE)),
        )
        for label in labels
    ]

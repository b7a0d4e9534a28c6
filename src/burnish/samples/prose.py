"""Running text about one matter: letters, memos and e-mails say what they say in this way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from burnish.samples.kind import Draft


@dataclass(frozen=True, kw_only=True)
class Matter:
    """Something to write about. Sentences may hold slots, filled with facts."""

    subjects: tuple[str, ...]
    openings: tuple[str, ...]
    points: tuple[str, ...]
    closings: tuple[str, ...]


def paragraphs(draft: Draft, matter: Matter, *, points: int) -> list[str]:
    """An opening, that many points (as far as there are) in one or two paragraphs, and a closing."""
    said = sentences(draft, matter.points, points)
    cut = max(1, len(said) // 2) if len(said) > 3 else len(said)
    opening = draft.facts.say(draft.rng.choice(matter.openings))
    closing = draft.facts.say(draft.rng.choice(matter.closings))
    first = f"{opening} {said[0]}"
    middle = [" ".join(part) for part in (said[1:cut], said[cut:]) if part]
    return [first, *middle, closing]


def sentences(draft: Draft, bank: Sequence[str], count: int) -> list[str]:
    """That many different sentences of the bank, in the bank's order, filled with facts."""
    chosen = sorted(draft.rng.sample(range(len(bank)), min(count, len(bank))))
    return [draft.facts.say(bank[index]) for index in chosen]

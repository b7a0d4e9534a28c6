"""The known word that somebody probably meant, for messages about an unknown one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

#: How similar two words must be, from 0 to 1, for one to be suggested in the place of the other.
LEAST_SIMILARITY = 0.6


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """The known words that are most similar to a word: several where it is as near to each, or none."""
    similarity = {one: SequenceMatcher(None, word, one).ratio() for one in known}
    most = max(similarity.values(), default=0.0)
    return sorted(one for one, ratio in similarity.items() if ratio == most >= LEAST_SIMILARITY)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A question to put behind a message, with a space before it; empty where nothing is similar."""
    near = nearest(word, known)
    return f" Did you mean {' or '.join(map(repr, near))}?" if near else ""

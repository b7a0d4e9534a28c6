"""Checks of all labels together: whether any look alike, and whether the prompt covers them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from burnish.datasets.documents import Documents
from burnish.errors import InvalidDocuments
from burnish.label_spellings import look_alikes, with_suggestion
from burnish.records import ClassificationPrompt


def with_label_notes(found: Documents) -> Documents:
    """The documents, with a note for each group of labels that people take for one another."""
    return replace(found, notes=tuple(dict.fromkeys((*found.notes, *label_notes(found.labels)))))


def label_notes(labels: Iterable[str]) -> list[str]:
    """A note for each group of labels that people take for one another."""
    return [
        f"Labels that look alike: {group}. A model learns them as different types, and an answer in another "
        "spelling counts for none of them"
        for group in look_alikes(labels)
    ]


def require_distinct_labels(found: Documents) -> Documents:
    """The documents, if no two labels look alike. Raises `InvalidDocuments` naming those that do."""
    require_distinct(found.labels, origin=found.origin)
    return found


def require_distinct(labels: Iterable[str], *, origin: str) -> None:
    """Raise `InvalidDocuments` naming labels that look alike, if there are any."""
    groups = look_alikes(labels)
    if groups:
        listed = "".join(f"\n  - {group}" for group in groups)
        raise InvalidDocuments(
            f"{origin!r} has labels that look alike:{listed}\nRename them where the documents are, or "
            "give their documents one label with --corrections; without --strict they are different types"
        )


def require_prompt_for(found: Documents, prompt: ClassificationPrompt) -> None:
    """Raise `InvalidDocuments` unless the prompt asks about every label and describes nothing else."""
    if missing := sorted(set(found.labels) - set(prompt.labels)):
        named = ", ".join(with_suggestion(label, prompt.labels) for label in missing)
        raise InvalidDocuments(
            f"The prompt does not ask about types that {found.origin!r} has: {named}. Make it for all labels"
        )
    require_known(prompt.descriptions, prompt.labels, where="The prompt")


def require_known(described: Iterable[str], labels: Iterable[str], *, where: str) -> None:
    """Raise `InvalidDocuments` where something is described that is no label."""
    known = tuple(labels)
    if unknown := [label for label in described if label not in known]:
        named = ", ".join(with_suggestion(label, known) for label in unknown)
        raise InvalidDocuments(
            f"{where} describes labels that no document has: {named}. "
            f"The labels are {', '.join(map(repr, known))}"
        )

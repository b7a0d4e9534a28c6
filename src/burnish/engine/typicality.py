"""How typical a conversation's pages are of those that a model of any kind was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile

from msgspec import structs

from burnish.disk import reporting_full_disk
from burnish.engine.closed_sets import page_of
from burnish.engine.conversations import Conversation, Example
from burnish.engine.inference_messages import Answer
from burnish.errors import ModelFailed
from burnish.page_features.typicality import TypicalPages, load_typical_pages, typical_pages


def save_typical_pages(examples: Sequence[Example], folder: Path) -> None:
    """Write the pages of a training into the model's folder, to compare others with. Raises `DiskFull`.

    Nothing is written of pages that are too few, or of which the model is given no text.
    """
    pages = typical_pages([page_of(example.conversation).text for example in examples])
    if pages:
        with reporting_full_disk(folder):
            pages.save(folder)


def saved_typical_pages(tuned: Path | None) -> TypicalPages | None:
    """The pages in a model's folder; None without any. Raises `ModelFailed` where they are damaged."""
    try:
        return load_typical_pages(tuned) if tuned else None
    except (ValueError, KeyError, BadZipFile) as error:
        raise ModelFailed(
            f"The training pages in {tuned} are damaged ({error}): put back a copy from a backup that "
            "`burnish backup` has made"
        ) from error


def with_typicality(
    pages: TypicalPages | None, conversations: Sequence[Conversation], answers: Sequence[Answer]
) -> list[Answer]:
    """Answers with the p-value of their pages; as they are where there is nothing to compare with."""
    if pages is None:
        return list(answers)
    found = pages.p_values([page_of(conversation).text for conversation in conversations])
    return [
        structs.replace(answer, typicality=value)
        for answer, value in zip(answers, found.tolist(), strict=True)
    ]

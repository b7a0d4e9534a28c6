"""Deciding in a terminal: a document, its text, and a line that says its label."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from burnish.cli.output import print_message
from burnish.errors import InvalidInput, UnreadableDocument
from burnish.shown_texts import shown

if TYPE_CHECKING:
    from burnish.review import ReviewItem, ReviewQueue

_LINES, _LETTERS = 12, 100
_HELP = (
    "Enter accepts {suggested}, a number or a label gives another; "
    "l leaves it out, s skips, u undoes, q ends."
)
_UNLIKE = "it was accepted, but is unlike all training pages"


def decide_all(queue: ReviewQueue, *, with_text: bool) -> None:
    """Ask about one item after the other, until there are none, or the person ends it."""
    skipped: set[str] = set()
    _show_what_waits(queue)
    for number, label in enumerate(queue.labels, 1):
        print_message(f"{number:>3} {label}")
    while (item := queue.next(without=skipped)) is not None:
        _show(queue, item, with_text=with_text)
        said = _answer(queue, item)
        if said == "q":
            return
        if said == "s":
            skipped.add(item.key)
        elif said == "u":
            _undo(queue, skipped)
        else:
            _decide(queue, item, said)


def _show_what_waits(queue: ReviewQueue) -> None:
    """Say what is asked about, which is more than the classification has counted as for review."""
    waiting = queue.upcoming()
    unlike = sum(not one.is_for_review for one in waiting)
    more = f", and {unlike} that were accepted, but are unlike all training pages" if unlike else ""
    print_message(f"To decide: {len(waiting) - unlike} for review{more}. The labels, by number:")


def _decide(queue: ReviewQueue, item: ReviewItem, said: str) -> None:
    from burnish.review import AlreadyDecided

    try:
        if said == "l":
            queue.leave_out(item)
        else:
            queue.decide(item, said)
    except (AlreadyDecided, InvalidInput) as error:
        print_message(error.in_terminal)


def _undo(queue: ReviewQueue, skipped: set[str]) -> None:
    if (undone := queue.undo()) is None:
        print_message("There is nothing of yours to undo.")
        return
    skipped.discard(undone.item)
    print_message(f"Undone: {shown(undone.document)}, {undone.told}.")


def _answer(queue: ReviewQueue, item: ReviewItem) -> str:
    """A label, or one of the letters."""
    suggested = queue.suggested_label(item)
    while True:
        print_message(_HELP.format(suggested=repr(suggested) if suggested else "nothing"))
        line = sys.stdin.readline()
        said = line.strip()
        if not line:
            return "q"
        if said in ("l", "s", "u", "q"):
            return said
        if not said and suggested:
            return suggested
        if said.isdecimal() and 0 < int(said) <= len(queue.labels):
            return queue.labels[int(said) - 1]
        try:
            return queue.known_label(said)
        except InvalidInput as error:
            print_message(error.in_terminal)


def _show(queue: ReviewQueue, item: ReviewItem, *, with_text: bool) -> None:
    progress = queue.progress()
    sure = f" ({item.probability:.0%})" if item.probability is not None else ""
    second = f", or {item.runner_up} ({item.runner_up_probability or 0:.0%})" if item.runner_up else ""
    print_message("")
    print_message(f"{progress.decided + 1} of {progress.items}: {item.document}, p. {item.pages_told}")
    print_message(f"{item.path}")
    reason = item.reason or (_UNLIKE if item.is_unlike_training else "")
    print_message(f"{item.label or 'no label'}{sure}{second}{f': {reason}' if reason else ''}")
    if with_text:
        for line in _text_of(item):
            print_message(f"  | {line}")


def _text_of(item: ReviewItem) -> list[str]:
    """The first lines that are read off an item, or why there are none."""
    from burnish.datasets.document_features import extract_features
    from burnish.datasets.documents import Document

    if item.path is None:
        return []
    extent = item.pages if item.key != item.digest else None
    document = Document(path=item.path, label="", digest=item.digest, name=item.document, extent=extent)
    try:
        features, skipped = extract_features([document], renderers=1)
    except UnreadableDocument as error:
        return [error.reason]
    if not features:
        return [one.reason for one in skipped]
    lines = [line for line in features[0].text.splitlines() if line.strip()]
    return [line[:_LETTERS] for line in lines[:_LINES]] or ["(no text is read off it)"]

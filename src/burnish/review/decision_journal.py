"""The decisions of a review, in a file to which lines are only ever added: who, when, what, and before what.

Every decision is on disk when it is returned. Several people, in one process or in several on this machine,
decide at once: a file lock puts their lines one after another, and who decides about what somebody else has
decided meanwhile is told so. To take a decision back is an entry as well.
"""

from __future__ import annotations

import errno
import getpass
import os
import threading
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType

import msgspec

from burnish.disk import reporting_full_disk, write_through
from burnish.errors import Conflict, InvalidConfig, InvalidInput
from burnish.file_locks import locked
from burnish.review.items import ReviewItem

_MOST_LETTERS = 200


class ReviewAction(StrEnum):
    """What a person does with an item."""

    LABEL = "label"
    #: None of the labels fits: it is not to be trained on.
    LEAVE_OUT = "leave-out"
    UNDO = "undo"


class ReviewEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of the journal."""

    id: str
    at: datetime
    by: str
    action: ReviewAction
    item: str
    document: str
    digest: str
    pages: tuple[int, int]
    #: The label before and after: the model's own answer, or that of an earlier decision. None for no label.
    before: str | None = None
    after: str | None = None
    #: What the model had answered, and how sure it was.
    answer: str | None = None
    probability: float | None = None
    #: The entry that is taken back.
    undoes: str | None = None

    @property
    def told(self) -> str:
        """What was decided, for a reader."""
        return "to leave it out" if self.action is ReviewAction.LEAVE_OUT else repr(self.after)


class AlreadyDecided(Conflict):
    """Somebody has decided about an item since it was shown. ``entry`` is the decision that is in force."""

    def __init__(self, entry: ReviewEntry | None, document: str) -> None:
        self.entry = entry
        said = f"{entry.by} has decided {entry.told} at {entry.at:%H:%M}" if entry else "it was taken back"
        super().__init__(f"{document!r} was decided by somebody else meanwhile: {said}. Look at it again")


class DecisionJournal:
    """A JSONL file of decisions, made by ``reviewer``. It may be shared by threads and processes."""

    def __init__(self, path: Path, reviewer: str | None = None) -> None:
        self.path = path
        self.reviewer = require_reviewer(reviewer or current_user())
        self._thread_lock = threading.RLock()
        self._read_up_to = 0
        self._entries: list[ReviewEntry] = []
        self._by_item: dict[str, list[ReviewEntry]] = defaultdict(list)
        with reporting_full_disk(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
            is_new = not path.exists()
            # Unbuffered: what cannot be written to a full disk must not wait in a buffer for the next time.
            self._file = path.open("a+b", buffering=0)
            if is_new:
                write_through(path.parent)
        self.refresh()

    def __enter__(self) -> DecisionJournal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    @property
    def entries(self) -> tuple[ReviewEntry, ...]:
        """All lines as they were written, those that were taken back too."""
        return tuple(self._entries)

    @property
    def decisions(self) -> Mapping[str, ReviewEntry]:
        """The decision that is in force about each item, by its key."""
        return {item: found[-1] for item, found in self._by_item.items() if found}

    def decision_on(self, item: str) -> ReviewEntry | None:
        """The decision that is in force about the item of a key."""
        found = self._by_item.get(item)
        return found[-1] if found else None

    def refresh(self) -> bool:
        """Learn what others have decided; tells whether there was anything."""
        with self._thread_lock:
            self._file.seek(self._read_up_to)
            # Not the rest behind the last line's end: somebody is writing it, or was killed over it.
            *lines, _ = self._file.readall().split(b"\n")
            for line in lines:
                self._hold(self._decoded(line))
                self._read_up_to += len(line) + 1
            return bool(lines)

    def decide(self, item: ReviewItem, label: str | None, *, seen: ReviewEntry | None = None) -> ReviewEntry:
        """Write down that an item has this label; None leaves it out, as none of the labels fits.

        ``seen`` is the decision in force when the item was shown, if there was one. Raises `AlreadyDecided`
        where by now it is another.
        """
        with self._writing():
            held = self.decision_on(item.key)
            if (held and held.id) != (seen and seen.id):
                raise AlreadyDecided(held, item.document)
            return self._add(
                ReviewEntry(
                    id=uuid.uuid4().hex,
                    at=datetime.now(UTC),
                    by=self.reviewer,
                    action=ReviewAction.LEAVE_OUT if label is None else ReviewAction.LABEL,
                    item=item.key,
                    document=item.document,
                    digest=item.digest,
                    pages=item.pages,
                    before=held.after if held else item.truth or item.label,
                    after=label,
                    answer=item.label,
                    probability=item.probability,
                )
            )

    def undo(self) -> ReviewEntry | None:
        """Take back the reviewer's own last decision that is in force, and return that; None without one."""
        with self._writing():
            mine = (one for one in reversed(self._entries) if one.by == self.reviewer)
            last = next((one for one in mine if self.decision_on(one.item) is one), None)
            if last:
                self._add(
                    msgspec.structs.replace(
                        last,
                        id=uuid.uuid4().hex,
                        at=datetime.now(UTC),
                        action=ReviewAction.UNDO,
                        before=last.after,
                        after=last.before,
                        undoes=last.id,
                    )
                )
            return last

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold the file alone, with all lines of others read and half a line of a killed process removed."""
        with self._thread_lock, locked(self._file), reporting_full_disk(self.path.parent):
            if self._file.seek(0, os.SEEK_END) < self._read_up_to:
                raise InvalidInput(f"{self.path} was shortened by another program: open the review again")
            self.refresh()
            # Else the next entry would be appended to the half line, and both be unreadable.
            self._file.truncate(self._read_up_to)
            yield

    def _add(self, entry: ReviewEntry) -> ReviewEntry:
        line = msgspec.json.encode(entry) + b"\n"
        self._file.seek(0, os.SEEK_END)
        try:
            if self._file.write(line) < len(line):
                raise OSError(errno.ENOSPC, "a line was only partly written")
            # What a person has decided must survive the machine, and not only this process.
            os.fsync(self._file.fileno())
        except BaseException:
            # Not said to be there, so not there: where it cannot be removed now, the next writer will.
            self._file.truncate(self._read_up_to)
            raise
        self._read_up_to += len(line)
        self._hold(entry)
        return entry

    def _hold(self, entry: ReviewEntry) -> None:
        self._entries.append(entry)
        held = self._by_item[entry.item]
        if entry.action is ReviewAction.UNDO:
            held[:] = [one for one in held if one.id != entry.undoes]
        else:
            held.append(entry)

    def _decoded(self, line: bytes) -> ReviewEntry:
        try:
            return msgspec.json.decode(line, type=ReviewEntry)
        except msgspec.MsgspecError as error:
            raise InvalidInput(
                f"{self.path}, line {len(self._entries) + 1}, is no decision of a review ({error}): put back "
                "a copy of the file, or remove the line"
            ) from error


def current_user() -> str:
    """Who works here: ``BURNISH_REVIEWER``, or the name of this user."""
    try:
        return os.environ.get("BURNISH_REVIEWER", "").strip() or getpass.getuser()
    except (OSError, KeyError) as error:
        # In a container without an entry for its user; what `getpass` raises depends on the version.
        raise InvalidConfig(
            "The review", ["it is not known who reviews: give a name, or set BURNISH_REVIEWER"]
        ) from error


def require_reviewer(name: str) -> str:
    """The name of a reviewer, stripped. Raises `InvalidConfig` for none, and for what is no line of text."""
    stripped = name.strip()
    if not stripped or not stripped.isprintable() or len(stripped) > _MOST_LETTERS:
        problem = f"the reviewer is {name!r}: give a name of at most {_MOST_LETTERS} printable characters"
        raise InvalidConfig("The review", [problem])
    return stripped

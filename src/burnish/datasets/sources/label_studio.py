"""An export of Label Studio, as JSON or JSON-MIN: documents with the choice that people made."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from burnish.datasets.documents import Documents, SourceFile, usable_documents
from burnish.datasets.sources.document_files import DocumentFiles, FileMatch, Remark
from burnish.datasets.sources.label_studio_labels import (
    LabelledTask,
    control_of,
    labelled,
    require_distinct_labels,
    unlabelled,
)
from burnish.datasets.sources.label_studio_tasks import Task, read_tasks
from burnish.datasets.sources.references import FileReference, Names, short_names
from burnish.errors import InvalidDocuments

#: So many references that could mean several files are listed, and the others are counted.
LISTED = 10


@dataclass(frozen=True, kw_only=True)
class LabelStudioSource:
    """The file of an export. The documents lie in ``documents``, or where the export does.

    ``control`` names the control whose choices are the labels, where there are several. The label of a choice
    in a tree or taxonomy is its whole path, such as ``finance/invoice``.
    """

    path: Path
    documents: Path | None = None
    control: str | None = None

    def read(self) -> Documents:
        """The documents that somebody has labelled; the notes say how they were found.

        Raises `InvalidDocuments` where it is no export, and where it cannot be told which control or which
        file is meant.
        """
        tasks, origin = tasks_in(self.path), str(self.path)
        control = control_of(tasks, self.control, origin=origin)
        require_distinct_labels(tasks, control, origin=origin)
        known = [labelled(task, control) for task in tasks]
        folder = self.documents or self.path.parent
        named = documents_named(known, folder, origin=origin)
        found = usable_documents(origin, (one.candidate(folder) for one in named))
        notes = (*_notes_on_labels(tasks, known, self.control), *notes_on_files(named))
        return replace(found, notes=notes)


def tasks_in(path: Path) -> list[Task]:
    """The tasks of an export. Raises `InvalidDocuments` where it is none, or holds none."""
    try:
        tasks = read_tasks(export_body(path))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidDocuments(
            f"{str(path)!r} is not an export of Label Studio ({error}): export as JSON or JSON-MIN"
        ) from error
    if not tasks:
        raise InvalidDocuments(f"{str(path)!r} holds no tasks: import documents there, and export again")
    return tasks


def files_in_export(path: Path) -> list[SourceFile]:
    """The documents that the tasks of an export name, each once, whether somebody has labelled it or not.

    One that is not found, or of which it cannot be told which file it is, has a reason.
    """
    known = [unlabelled(task) for task in tasks_in(path)]
    matches = DocumentFiles(path.parent).match_all(one.reference for one in known if one.reference)
    return [
        SourceFile(
            path=one.match.files[0] if one.match.files else path.parent,
            name=one.name,
            label=None,
            reason=one.reason_without_file,
        )
        for one in _by_file(known, matches)
    ]


@dataclass(frozen=True, kw_only=True)
class NamedDocument:
    """A document, the tasks that name it, and the file that was found."""

    name: str
    tasks: tuple[LabelledTask, ...]
    match: FileMatch

    def candidate(self, folder: Path) -> SourceFile:
        """What the source offers, with the reason if it cannot be used."""
        labels = self._labels
        return SourceFile(
            path=self.match.files[0] if self.match.files else folder,
            name=self.name,
            label=labels[0] if len(labels) == 1 else None,
            reason=self.reason,
        )

    @property
    def reason(self) -> str | None:
        """Why it cannot be used, as far as the export tells."""
        labels = self._labels
        if len(labels) > 1:
            names = list(dict.fromkeys(one.name for one in self.tasks if one.labels))
            by = f" ({', '.join(names)})" if len(names) > 1 else ""
            return f"it was labelled in several ways{by}: {', '.join(labels)}. Resolve it and export again"
        if not any(one.labels and one.reference for one in self.tasks):
            return self.tasks[0].reason
        return self._missing

    @property
    def reason_without_file(self) -> str | None:
        """Why it is not clear which file it is, whatever its label."""
        reference = self.tasks[0].reference
        if reference is None:
            return self.tasks[0].reason
        doubt = _doubt_about(reference, self.match)
        return f"it is not clear which file is meant: {doubt}" if doubt else self._missing

    @property
    def _missing(self) -> str | None:
        if self.match.files:
            return None
        near = f"; {str(self.match.near)!r} has its name, but another path" if self.match.near else ""
        return f"there is no such file{near}"

    @property
    def _labels(self) -> list[str]:
        return sorted({label for one in self.tasks for label in one.labels})


def export_body(path: Path) -> bytes:
    """What the file of an export holds. Raises `InvalidDocuments` where it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise InvalidDocuments(f"{str(path)!r} does not exist") from error
    except OSError as error:
        raise InvalidDocuments(f"{str(path)!r} cannot be read: {error.strerror}") from error


def documents_named(known: Sequence[LabelledTask], folder: Path, *, origin: str) -> list[NamedDocument]:
    """The documents that tasks name, each with all tasks that name its file below a folder.

    Raises `InvalidDocuments` where it cannot be told which file is meant.
    """
    matches = DocumentFiles(folder).match_all(one.reference for one in known if one.reference)
    _require_unambiguous(known, matches, origin=origin)
    return _by_file(known, matches)


def _require_unambiguous(
    known: Sequence[LabelledTask], matches: Mapping[Names, FileMatch], *, origin: str
) -> None:
    references = {one.reference.path: one.reference for one in known if one.reference and one.labels}
    wrong = [text for path, one in references.items() if (text := _doubt_about(one, matches[path]))]
    if wrong:
        more = [f"and {len(wrong) - LISTED} more"] if len(wrong) > LISTED else []
        lines = "".join(f"\n  - {text}" for text in [*wrong[:LISTED], *more])
        raise InvalidDocuments(
            f"{origin!r}: it is not clear which files are meant. Lay the documents out beside the export "
            f"as its paths say, and no others:{lines}"
        )


def _doubt_about(reference: FileReference, match: FileMatch) -> str | None:
    if match.rivals:
        rivals = ", ".join(map(repr, match.rivals))
        return f"{reference.text!r} may be {str(match.files[0])!r}, but so may {rivals}"
    if len(match.files) > 1:
        return f"{reference.text!r} may be {' or '.join(repr(str(file)) for file in match.files)}"
    return None


def _by_file(known: Sequence[LabelledTask], matches: Mapping[Names, FileMatch]) -> list[NamedDocument]:
    """The documents, each with all tasks that name its file."""
    names = short_names(one.reference.path for one in known if one.reference)
    found: dict[object, NamedDocument] = {}
    for number, one in enumerate(known):
        match = matches[one.reference.path] if one.reference else FileMatch()
        name = names[one.reference.path] if one.reference else one.name
        # By the file and not by its name: two tasks may reach one document by different references.
        key = os.path.realpath(match.files[0]) if len(match.files) == 1 else (number, name)
        first = found.get(key, NamedDocument(name=name, tasks=(), match=match))
        found[key] = replace(first, tasks=(*first.tasks, one))
    return list(found.values())


def _notes_on_labels(
    tasks: Sequence[Task], known: Sequence[LabelledTask], control: str | None
) -> Iterator[str]:
    read = sorted({one.control for task in tasks if task.is_brief for one in task.choices})
    # JSON-MIN does not tell controls from other data: what was taken for the labels has to be said.
    if read and control is None:
        yield f"The labels are what the export says under {read[0]!r}"
    if settled := [one.name for one in known if one.is_settled]:
        yield _note("Labelled in several ways; the ground truth was used", settled)


def notes_on_files(named: Sequence[NamedDocument]) -> Iterator[str]:
    """What a user should know of how files were found."""
    used = [one for one in named if not one.reason]
    for remark in Remark:
        if remark and (those := [one for one in used if one.match.remark is remark]):
            yield _note(remark, [f"{str(one.match.files[0])!r} as {one.name!r}" for one in those])
    if several := [one.name for one in used if len(one.tasks) > 1]:
        yield _note("Named by several tasks, and labelled in one way", several)


def _note(text: str, those: Sequence[str]) -> str:
    count = f"{len(those)} {'document' if len(those) == 1 else 'documents'}"
    return f"{text}: {count}, such as {those[0]}"

"""The fields of a task in an export of Label Studio: what people wrote, chose and counted, by control.

A region with a label and a text of its own, as in the templates for OCR, is a value of the field that its
label names. Everything else is a value of the field that its control names.
"""

from __future__ import annotations

import codecs
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from burnish.datasets.documents import Documents
from burnish.datasets.sources.fields import LABEL, documents_with_fields, fields_text
from burnish.datasets.sources.label_studio import documents_named, export_body, notes_on_files
from burnish.datasets.sources.label_studio_labels import LabelledTask, documents_of_task, reason_in
from burnish.datasets.sources.label_studio_tasks import Task, name_of_task, references_in
from burnish.errors import InvalidDocuments

HOW_TO_GIVE_FIELDS = (
    "fields are what annotators write, choose or count in the controls of a document, or transcribe in "
    "labelled regions; annotate some, and export as JSON"
)
#: The members of a result that hold values, and those that hold the labels of its region.
_VALUES = ("text", "choices", "taxonomy", "number", "rating", "datetime")
_LABELS = (
    *("labels", "rectanglelabels", "polygonlabels", "ellipselabels"),
    *("brushlabels", "keypointlabels", "hypertextlabels"),
)

#: The values of each field, as one annotator gave them.
_FieldValues = Mapping[str, Sequence[Any]]


@dataclass(frozen=True, kw_only=True)
class LabelStudioFieldsSource:
    """The file of an export as JSON. The documents lie in ``documents``, or where the export does.

    A field is a list where any annotator gave several values of it in one document.
    """

    path: Path
    documents: Path | None = None

    def read(self) -> Documents:
        """The documents with their fields; the notes say how they were found.

        Raises `InvalidDocuments` where it is no export, and where it cannot be told which file is meant.
        """
        origin, folder = str(self.path), self.documents or self.path.parent
        tasks = _tasks_in(export_body(self.path), origin)
        lists = _fields_with_several(tasks)
        known = [_with_fields(one, lists) for one in tasks]
        named = documents_named(known, folder, origin=origin)
        files = (one.candidate(folder) for one in named)
        return documents_with_fields(
            origin,
            [replace(one, label=LABEL, fields=one.label or "") for one in files],
            how=HOW_TO_GIVE_FIELDS,
            notes=tuple(notes_on_files(named)),
        )


@dataclass(frozen=True, kw_only=True)
class _GivenFields:
    values: _FieldValues
    #: The parts of the task that it is about.
    targets: frozenset[str]
    is_truth: bool


@dataclass(frozen=True, kw_only=True)
class _FieldsTask:
    """A task, and the annotations of it that were not skipped."""

    task: Task
    annotations: tuple[_GivenFields, ...]

    @property
    def counted(self) -> tuple[_GivenFields, ...]:
        """Those that count: if there is a ground truth, nothing else does."""
        return tuple(one for one in self.annotations if one.is_truth) or self.annotations


class _FieldsResult(msgspec.Struct):
    id: str = ""
    from_name: str = ""
    to_name: str = ""
    value: dict[str, Any] = {}
    #: Where versions before 1.0 keep the text of a region.
    meta: dict[str, Any] = {}


class _FieldsAnnotation(msgspec.Struct):
    result: list[_FieldsResult] = []
    was_cancelled: bool | None = False
    ground_truth: bool | None = False


class _TaskWithFields(msgspec.Struct):
    data: dict[str, Any]
    annotations: list[_FieldsAnnotation] = []
    completions: list[_FieldsAnnotation] = []
    predictions: list[Any] | None = []


def _tasks_in(body: bytes, origin: str) -> list[_FieldsTask]:
    try:
        given = msgspec.json.decode(body.removeprefix(codecs.BOM_UTF8), type=list[dict[str, Any]])
        if brief := sum("data" not in one for one in given):
            raise InvalidDocuments(
                f"{origin!r} is an export as JSON-MIN, or none of Label Studio ({brief} of {len(given)} "
                "tasks have no data): JSON-MIN does not tell fields from other data; export as JSON"
            )
        tasks = [_task(one, number) for number, one in enumerate(given, 1)]
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InvalidDocuments(
            f"{origin!r} is not an export of Label Studio ({error}): export as JSON"
        ) from error
    if not tasks:
        raise InvalidDocuments(f"{origin!r} holds no tasks: annotate documents, and export again")
    return tasks


def _task(given: Mapping[str, Any], number: int) -> _FieldsTask:
    whole = msgspec.convert(given, _TaskWithFields)
    made = [*whole.annotations, *whole.completions]
    return _FieldsTask(
        task=Task(
            name=name_of_task(given, number),
            references=references_in(whole.data),
            choices=(),
            has_predictions=bool(whole.predictions),
        ),
        annotations=tuple(
            _GivenFields(
                values=_values_in(one.result),
                targets=frozenset(result.to_name for result in one.result),
                is_truth=bool(one.ground_truth),
            )
            for one in made
            if not one.was_cancelled
        ),
    )


def _values_in(results: Sequence[_FieldsResult]) -> _FieldValues:
    """The values of each field, in the order in which they were given."""
    # The results of one region share its id: one has its label, another the text that was read in it.
    labels = {one.id: label for one in results if one.id and (label := _label_of(one))}
    values: defaultdict[str, list[Any]] = defaultdict(list)
    for one in results:
        for value in _given_in(one):
            values[labels.get(one.id, one.from_name)].append(value)
    return {name: found for name, found in values.items() if name}


def _label_of(result: _FieldsResult) -> str | None:
    found = [label for name in _LABELS for label in result.value.get(name) or ()]
    return str(found[0]) if found else None


def _given_in(result: _FieldsResult) -> Iterator[Any]:
    """The values of a result: texts that are not blank, numbers, paths of a taxonomy as one text."""
    given = [result.value.get(name) for name in _VALUES]
    if not any(_listed(one) for one in given):
        given = [result.meta.get("text")]
    for value in (value for one in given for value in _listed(one)):
        text = "/".join(map(str, value)) if isinstance(value, list) else value
        if not isinstance(text, str):
            yield text
        elif text.strip():
            yield text.strip()


def _listed(value: Any) -> list[Any]:  # noqa: ANN401  # whatever JSON holds
    return value if isinstance(value, list) else [] if value is None else [value]


def _fields_with_several(tasks: Iterable[_FieldsTask]) -> frozenset[str]:
    """The fields that are lists. In all documents, for a field is of one kind."""
    annotations = (one for task in tasks for one in task.counted)
    return frozenset(name for one in annotations for name, values in one.values.items() if len(values) > 1)


def _with_fields(one: _FieldsTask, lists: frozenset[str]) -> LabelledTask:
    """The task with its fields as the one label of it; annotators that differ give several."""
    counted = [made for made in one.counted if made.values]
    references = documents_of_task(one.task, {target for made in counted for target in made.targets})
    told = frozenset(_told(made.values, lists) for made in counted)
    return LabelledTask(
        name=one.task.name,
        reference=next(iter(references.values())) if len(references) == 1 else None,
        labels=told,
        reason=reason_in(references) or (None if told else _reason_without_fields(one)),
        is_settled=False,
    )


def _told(values: _FieldValues, lists: frozenset[str]) -> str:
    fields = {name: list(given) if name in lists else given[0] for name, given in sorted(values.items())}
    return fields_text(fields)


def _reason_without_fields(one: _FieldsTask) -> str:
    if one.annotations:
        return "its annotation has no fields"
    return "only a model has annotated it" if one.task.has_predictions else "nobody has annotated it"

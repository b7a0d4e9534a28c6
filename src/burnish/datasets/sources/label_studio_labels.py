"""The label of a task in an export of Label Studio: what people chose in one control."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from burnish.datasets.sources.label_studio_tasks import Task
from burnish.datasets.sources.references import FileReference, Names
from burnish.errors import InvalidDocuments

#: So many labels show what a control is for.
EXAMPLES = 3


def control_of(tasks: Sequence[Task], wanted: str | None, *, origin: str) -> str | None:
    """The control that is to be read; none where there is but one, or where none has a name.

    Raises `InvalidDocuments` where there are several, and where the one that is wanted is not there.
    """
    controls = _controls(tasks)
    if wanted is not None and wanted not in controls:
        has = f"it has {_listed(controls)}" if controls else "it has none with a name"
        raise InvalidDocuments(f"{origin!r} has no choices in a control named {wanted!r}: {has}")
    if wanted is None and len(controls) > 1:
        brief = " (JSON-MIN does not tell controls from other data; JSON does)"
        raise InvalidDocuments(
            f"{origin!r} has several controls, and labels are in one: {_listed(controls)}. Name it with "
            f"--control NAME{brief if any(task.is_brief for task in tasks) else ''}"
        )
    return wanted


def require_distinct_labels(tasks: Sequence[Task], control: str | None, *, origin: str) -> None:
    """Refuse two choices that would be one label. Raises `InvalidDocuments`."""
    paths: dict[str, Names] = {}
    for choice in (choice for task in tasks for choice in task.choices):
        if control is not None and choice.control != control:
            continue
        if paths.setdefault(choice.label, choice.path) != choice.path:
            raise InvalidDocuments(
                f"{origin!r}: the label of two different choices would be {choice.label!r}, "
                f"{list(paths[choice.label])} and {list(choice.path)}: rename one of them, without a slash"
            )


@dataclass(frozen=True, kw_only=True)
class LabelledTask:
    """A task with the one document that it names, if it names one, and the labels that people gave it.

    Without a label or a document there is a ``reason``. ``is_settled`` says that people did not agree, and
    that the ground truth decided.
    """

    name: str
    reference: FileReference | None
    labels: frozenset[str]
    reason: str | None
    is_settled: bool


def labelled(task: Task, control: str | None) -> LabelledTask:
    """The task with what people chose in the control; if there is a ground truth, nothing else counts."""
    made = [one for one in task.choices if control is None or one.control == control]
    # A ground truth settles what annotators did not agree on: that is what it is marked for.
    counted = [one for one in made if one.is_truth] or made
    labels = frozenset(one.label for one in counted)
    documents = documents_of_task(task, {one.target for one in counted})
    return LabelledTask(
        name=task.name,
        reference=next(iter(documents.values())) if len(documents) == 1 else None,
        labels=labels,
        reason=reason_in(documents) or (None if labels else _reason_without_label(task, control)),
        is_settled=labels != {one.label for one in made},
    )


def unlabelled(task: Task) -> LabelledTask:
    """The task with the document that it names, and none of its labels."""
    documents = documents_of_task(task, {one.target for one in task.choices})
    reference = next(iter(documents.values())) if len(documents) == 1 else None
    return LabelledTask(
        name=task.name,
        reference=reference,
        labels=frozenset(),
        reason=reason_in(documents),
        is_settled=False,
    )


def documents_of_task(task: Task, targets: set[str]) -> dict[str, FileReference]:
    """The document that a task is about, by the member of its data; several where that cannot be told.

    It is the one that the control belongs to, or the only one that has an address, or the only one.
    """
    targeted = {name: one for name, one in task.references.items() if name in targets}
    addresses = {name: one for name, one in task.references.items() if one.is_address}
    return _different(targeted if len(targeted) == 1 else addresses or task.references)


def _different(references: Mapping[str, FileReference]) -> dict[str, FileReference]:
    """The references, those left out that another one ends with."""
    found: dict[str, FileReference] = {}
    for name, one in sorted(references.items(), key=lambda item: len(item[1].path), reverse=True):
        # A file's bare name beside its whole path is the same document, named twice.
        if not any(other.path[-len(one.path) :] == one.path for other in found.values()):
            found[name] = one
    return found


def reason_in(documents: Mapping[str, FileReference]) -> str | None:
    """Why a task is about no document, or about several."""
    if len(documents) > 1:
        members = ", ".join(sorted(map(repr, documents)))
        return f"it names several documents, in {members}: leave one of them in its data"
    return None if documents else "it names no document"


def _reason_without_label(task: Task, control: str | None) -> str:
    if control is not None and task.choices:
        return f"no choice was made in {control!r}"
    return "only a model has labelled it" if task.has_predictions else "nobody has labelled it"


def _controls(tasks: Sequence[Task]) -> dict[str, list[str]]:
    """The labels in each control that has a name, in the order of their names."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for choice in (choice for task in tasks for choice in task.choices):
        if choice.control:
            found[choice.control].add(choice.label)
    return {name: sorted(labels) for name, labels in sorted(found.items())}


def _listed(controls: Mapping[str, list[str]]) -> str:
    def examples(labels: list[str]) -> str:
        return ", ".join([*labels[:EXAMPLES], *(["…"] if len(labels) > EXAMPLES else [])])

    return ", ".join(f"{name!r} ({examples(labels)})" for name, labels in controls.items())

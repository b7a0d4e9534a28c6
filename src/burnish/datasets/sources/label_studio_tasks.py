"""The tasks of an export of Label Studio, as JSON or as JSON-MIN: what they name, and what people chose."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from burnish.datasets.sources.references import FileReference, Names, reference_in

#: What JSON-MIN says of a task beside its data and the choices.
_ABOUT_THE_TASK = frozenset(
    ("id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time", "agreement", "history")
)


@dataclass(frozen=True, kw_only=True)
class LabelChoice:
    """What somebody chose in a control; ``path`` has several names where choices form a tree.

    ``target`` is the part of the task that it is about, ``is_truth`` whether it was marked as ground truth.
    """

    control: str
    path: Names
    target: str = ""
    is_truth: bool = False

    @property
    def label(self) -> str:
        """The label that the choice stands for."""
        return "/".join(self.path)


@dataclass(frozen=True, kw_only=True)
class Task:
    """A task: what its data names by the name of each member, and the choices that count."""

    name: str
    references: Mapping[str, FileReference]
    choices: tuple[LabelChoice, ...]
    #: Whether it is of JSON-MIN, where members of the data cannot be told from controls.
    is_brief: bool = False
    has_predictions: bool = False


_Chosen = str | int | list[str | int]


class _Value(msgspec.Struct):
    choices: list[_Chosen] = []
    taxonomy: list[_Chosen] = []


class _Result(msgspec.Struct):
    type: str = ""
    from_name: str = ""
    to_name: str = ""
    value: _Value = msgspec.field(default_factory=_Value)


class _Annotation(msgspec.Struct):
    result: list[_Result] = []
    was_cancelled: bool | None = False
    ground_truth: bool | None = False


class _Whole(msgspec.Struct):
    """A task of the whole export. Before its version 1, Label Studio called annotations completions."""

    data: dict[str, Any]
    annotations: list[_Annotation] = []
    completions: list[_Annotation] = []
    predictions: list[Any] | None = []


def read_tasks(body: bytes) -> list[Task]:
    """The tasks of an export. Raises `msgspec.DecodeError` or `UnicodeDecodeError` where it is none."""
    given = msgspec.json.decode(body.removeprefix(codecs.BOM_UTF8), type=list[dict[str, Any]])
    return [_task(one, number) for number, one in enumerate(given, 1)]


def _task(given: Mapping[str, Any], number: int) -> Task:
    name = name_of_task(given, number)
    if "data" not in given:
        choices = tuple(_brief_choices(given))
        return Task(name=name, references=references_in(given), choices=choices, is_brief=True)
    whole = msgspec.convert(given, _Whole)
    return Task(
        name=name,
        references=references_in(whole.data),
        choices=tuple(_whole_choices(whole)),
        has_predictions=bool(whole.predictions),
    )


def name_of_task(given: Mapping[str, Any], number: int) -> str:
    """What a task is called: by its id, or else by where it stands."""
    return f"task {given['id'] if isinstance(given.get('id'), int) else number}"


def references_in(data: Mapping[str, Any]) -> dict[str, FileReference]:
    """What the data of a task names, by the name of each member."""
    texts = {name: value for name, value in data.items() if isinstance(value, str)}
    return {name: found for name, text in texts.items() if (found := reference_in(text))}


def _whole_choices(task: _Whole) -> Iterator[LabelChoice]:
    for annotation in (*task.annotations, *task.completions):
        # Cancelled is what the annotator skipped: what was chosen until then does not count.
        for result in () if annotation.was_cancelled else annotation.result:
            for path in _paths(result.value.choices) | _paths(result.value.taxonomy):
                yield LabelChoice(
                    control=result.from_name,
                    path=path,
                    target=result.to_name,
                    is_truth=bool(annotation.ground_truth),
                )


def _brief_choices(given: Mapping[str, Any]) -> Iterator[LabelChoice]:
    """The choices of JSON-MIN: what somebody chose is a text, several are a list or an object of them."""
    for control, value in given.items():
        if control in _ABOUT_THE_TASK or (isinstance(value, str) and reference_in(value)):
            continue
        chosen = [
            path for one in (value if isinstance(value, list) else [value]) for path in _brief_paths(one)
        ]
        yield from (LabelChoice(control=control, path=path) for path in sorted(set(chosen)))


def _brief_paths(value: object) -> set[Names]:
    if isinstance(value, dict):
        choices = msgspec.convert(value, _Value)
        return _paths(choices.choices) | _paths(choices.taxonomy)
    return _paths([value]) if isinstance(value, str) else set()


def _paths(choices: list[_Chosen]) -> set[Names]:
    """Each choice as a path: a text is one of a single name, a list leads through a tree."""
    paths = (one if isinstance(one, list) else [one] for one in choices)
    return {tuple(map(str, path)) for path in paths if any(str(name).strip() for name in path)}

"""Exports of Label Studio, and documents that lie beside them."""

from __future__ import annotations

import json
from pathlib import Path

from burnish.datasets.documents import Documents
from burnish.datasets.sources import LabelStudioSource


def lay_out(folder: Path, *names: str) -> None:
    """Write documents under these paths, each with its path as its content."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())


def task(image: str, *choices: str, **more: object) -> dict[str, object]:
    """A task that names an image, with the choice of each annotator."""
    annotations = [annotation(chosen("doctype", choice)) for choice in choices]
    return {"data": {"image": image}, "annotations": annotations, **more}


def annotation(*results: dict[str, object], **more: object) -> dict[str, object]:
    return {"result": list(results), **more}


def chosen(control: str, *choices: object, kind: str = "choices") -> dict[str, object]:
    """What one annotator chose in a control."""
    return {"from_name": control, "to_name": "image", "type": kind, "value": {kind: list(choices)}}


def export(folder: Path, *tasks: object, control: str | None = None) -> Documents:
    """What an export with these tasks gives."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "export.json"
    path.write_text(json.dumps(tasks))
    return LabelStudioSource(path=path, control=control).read()


def contents(found: Documents) -> dict[str, str]:
    """The label of each document by what stands in it, which is the path that it was written under."""
    return {one.path.read_text(): one.label for one in found.documents}


def reasons(found: Documents) -> dict[str, str]:
    return {one.name: one.reason for one in found.skipped}

"""What labels mean, from a file: the table of document types that a model is shown."""

from __future__ import annotations

import csv
from pathlib import Path

import msgspec

from burnish.errors import InvalidDocuments


def read_descriptions(path: Path) -> dict[str, str]:
    """The descriptions by label, from a CSV with the columns label and description, or a JSON object."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, IsADirectoryError) as error:
        raise InvalidDocuments(f"There are no descriptions at {str(path)!r}") from error
    except UnicodeDecodeError as error:
        raise InvalidDocuments(f"{str(path)!r} is not text in UTF-8: save it as such") from error
    if path.suffix.lower() == ".json":
        try:
            return msgspec.json.decode(text, type=dict[str, str])
        except msgspec.DecodeError as error:
            raise InvalidDocuments(f"{str(path)!r} is no JSON object of texts by label: {error}") from error
    rows = list(csv.DictReader(text.splitlines()))
    if rows and not {"label", "description"} <= set(rows[0]):
        raise InvalidDocuments(f"{str(path)!r} must have the columns label and description")
    return {row["label"].strip(): row["description"].strip() for row in rows if row["label"]}

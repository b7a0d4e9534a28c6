"""Sample documents for `burnish demo`: pages of eight types, invented from end to end.

The held-out pages have other layouts, other fonts and other wordings than the training pages: a model that
knows them has learned what an invoice is, not what one template looks like.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from burnish.errors import InvalidConfig

if TYPE_CHECKING:
    from burnish.datasets.documents import Documents

__all__ = ["SampleSet", "sample_documents", "write_sample_documents"]

#: What sample documents are for: to tell their types apart, or to read fields off them.
Task: TypeAlias = Literal["classification", "extraction"]
#: matplotlib is here for the DejaVu and STIX fonts that it carries; it is not imported.
NEEDED_PACKAGES = ("faker", "matplotlib", "reportlab")


@dataclass(frozen=True, kw_only=True)
class SampleSet:
    """Sample documents on the disk: two folders, each with one folder per label."""

    training: Path
    held_out: Path
    labels: tuple[str, ...]
    #: What each label means in one line, for the prompt.
    descriptions: Mapping[str, str]
    documents: int


def write_sample_documents(
    folder: Path,
    *,
    per_label: int,
    held_out_per_label: int,
    seed: int,
    task: Task = "classification",
    on_document: Callable[[Path], None] | None = None,
) -> SampleSet:
    """Sample documents, as PDF, PNG and TIFF files of one page, under ``training`` and ``held-out``.

    For extraction they are of those types that have fields, which are written beside each as JSON.

    The same seed gives the same bytes, whatever the counts: asking for more adds files. Half of the pages
    carry no title that names their type. Raises `InvalidConfig` for counts below 1 or missing packages, and
    `InvalidDocuments` where the two folders already hold files that this call would not write.
    """
    _check(per_label, held_out_per_label)
    from burnish.samples.kinds import KINDS
    from burnish.samples.writing import HELD_OUT, TRAINING, write_all

    counts = {TRAINING: per_label, HELD_OUT: held_out_per_label}
    extracts = task == "extraction"
    kinds = [kind for kind in KINDS if kind.fields or not extracts]
    return SampleSet(
        training=folder / TRAINING,
        held_out=folder / HELD_OUT,
        labels=tuple(kind.label for kind in kinds),
        descriptions={kind.label: kind.description for kind in kinds},
        documents=write_all(folder, counts, seed, on_document, kinds=kinds, with_fields=extracts),
    )


def sample_documents(
    folder: Path | str, *, per_label: int = 24, held_out_per_label: int = 8, seed: int = 0
) -> Documents:
    """Sample documents as `write_sample_documents` writes them, with what each type means."""
    from burnish.datasets.sources import read_documents

    made = write_sample_documents(
        Path(folder), per_label=per_label, held_out_per_label=held_out_per_label, seed=seed
    )
    return replace(read_documents(made.training, held_out=made.held_out), descriptions=made.descriptions)


def _check(per_label: int, held_out_per_label: int) -> None:
    counts = {"per_label": per_label, "held_out_per_label": held_out_per_label}
    problems = [f"{name} is {count}: it must be at least 1" for name, count in counts.items() if count < 1]
    missing = [package for package in NEEDED_PACKAGES if find_spec(package) is None]
    problems += [
        f"the package {package} is not installed: pip install 'burnish[samples]'" for package in missing
    ]
    if problems:
        raise InvalidConfig("The request for sample documents", problems)

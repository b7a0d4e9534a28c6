"""Options of the commands that read documents or records, and what they stand for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter, validators

from burnish.cli.lines import complain
from burnish.cli.options import family_claiming

if TYPE_CHECKING:
    from burnish.datasets import sources
    from burnish.datasets.corrections import AppliedCorrections
    from burnish.datasets.documents import Documents
    from burnish.datasets.pages import Rendering
    from burnish.datasets.splitting import SplitPlan
    from burnish.families import DatasetRules

Source = Annotated[
    str,
    Parameter(help="A folder with a sub-folder per type, a .csv or .jsonl, a .json, s3://…, or hf:name."),
]
BaseModel = Annotated[
    str, Parameter(help="The base model that is to be tuned, by id or ARN: its rules count.")
]
Control = Annotated[
    str | None,
    Parameter(help="Which control of a Label Studio export, or column of hf:name, holds the labels."),
]
Layout = Annotated[
    Literal["labels", "parts"] | None,
    Parameter(help="What folders are named for, where that is in doubt: types, or train, validation, test."),
]
SHARE = validators.Number(gte=0, lt=1)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class SplitOptions:
    """Which documents are for what."""

    held_out: Annotated[
        str | None, Parameter(help="Documents to test with, from a source like the first.")
    ] = None
    layout: Layout = None
    test_share: Annotated[float, Parameter(help="The share of each type to test with.", validator=SHARE)] = (
        0.2
    )
    validation_share: Annotated[
        float, Parameter(help="The share of each type to validate with.", validator=SHARE)
    ] = 0.15
    per_label: Annotated[int | None, Parameter(help="At most so many documents of each type.")] = None
    keep_copies: Annotated[
        bool, Parameter(help="Let copies of a document be on two sides.", negative="", show_default=False)
    ] = False
    seed: Annotated[int, Parameter(help="Another seed, another split.")] = 0

    def plan(self) -> SplitPlan:
        """How documents are divided."""
        from burnish.datasets.splitting import SplitPlan

        return SplitPlan(
            test_share=self.test_share,
            validation_share=self.validation_share,
            per_label=self.per_label,
            seed=self.seed,
        )


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class PageOptions:
    """What becomes of a document."""

    pages: Annotated[Literal["first", "all"], Parameter(help="Which pages of a document.")] = "first"
    longest_edge: Annotated[int, Parameter(help="The longest edge of a page, in pixels.")] = 1568

    def rendering(self) -> Rendering:
        """How pages are made."""
        from burnish.datasets.pages import Rendering

        return Rendering(pages=self.pages, longest_edge=self.longest_edge)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class LabelOptions:
    """What is known of labels beside their names."""

    descriptions: Annotated[
        Path | None, Parameter(help="What the types mean: a CSV of label and description, or JSON.")
    ] = None
    corrections: Annotated[
        Path | None, Parameter(help="Decisions about documents, as `burnish audit` writes them.")
    ] = None
    strict: Annotated[
        bool,
        Parameter(
            help="Refuse labels that look alike, such as Invoice and invoice.",
            negative="",
            show_default=False,
        ),
    ] = False
    control: Control = None

    def meanings(self, found: Documents) -> dict[str, str]:
        """What labels mean: as the source says, and as the file says, which has the last word.

        Raises `InvalidDocuments` where the file describes what is no label.
        """
        from burnish.datasets.descriptions import read_descriptions
        from burnish.datasets.label_checks import require_known

        said = {label: text for label, text in found.descriptions.items() if label in found.labels}
        if self.descriptions is None:
            return said
        read = read_descriptions(self.descriptions)
        require_known(read, found.labels, where=repr(str(self.descriptions)))
        return {**said, **read}


def rules_of(model: str) -> DatasetRules:
    """What a base model asks of its data. Raises `InvalidConfig` for one that no family claims."""
    from burnish.families import model_id_of

    return family_claiming(model).tuning(model_id_of(model)).rules


def documents_of(
    source: str,
    *,
    held_out: str | None,
    corrections: Path | None,
    control: str | None,
    strict: bool = False,
    layout: Layout = None,
) -> tuple[Documents, AppliedCorrections | None]:
    """The documents of the sources that the command line names, and what became of a person's decisions.

    Labels that look alike are among their notes, and refused where ``strict``.
    """
    from burnish.datasets.correction_files import read_corrections
    from burnish.datasets.corrections import corrected
    from burnish.datasets.documents import require_types, with_held_out
    from burnish.datasets.label_checks import require_distinct_labels, with_label_notes
    from burnish.datasets.sources.folders import HOW_TO_LAY_OUT

    rows = read_corrections(corrections) if corrections else None
    first, *others = _sources([source, held_out] if held_out else [source], control, layout)
    read = [require_types(first.read(), 1, remedy=HOW_TO_LAY_OUT), *(other.read() for other in others)]
    read, applied = corrected(read, rows) if rows else (read, None)
    # Only now, so that what was decided about the one source cannot touch the other.
    found = with_held_out(*read) if held_out else read[0]
    if strict:
        require_distinct_labels(found)
    return with_label_notes(found), applied


def show_applied(applied: AppliedCorrections | None) -> None:
    """Say which decisions were applied, and list the others."""
    if applied is None:
        return
    complain(str(applied))
    for one in applied.not_applied:
        complain(f"Not applied: {one}")


def _sources(texts: list[str], control: str | None, layout: Layout) -> list[sources.Source]:
    """The sources, read by this control or layout. Raises `InvalidDocuments` where none has such."""
    from burnish.datasets.sources import source_named
    from burnish.errors import InvalidDocuments

    found = [source_named(text) for text in texts]
    where = " and ".join(map(repr, texts))
    chosen = [_reading(one, control) for one in found] if control is not None else found
    if control is not None and chosen == found:
        raise InvalidDocuments(
            f"There is no control {control!r} in {where}: --control is for exports of Label Studio and data "
            "sets of Hugging Face; leave it out"
        )
    arranged = [_laid_out(one, layout) for one in chosen] if layout else chosen
    if layout and arranged == chosen:
        raise InvalidDocuments(
            f"There is no layout {layout!r} in {where}: --layout is for folders and s3://…; leave it out"
        )
    return arranged


def _reading(source: sources.Source, control: str | None) -> sources.Source:
    from burnish.datasets.sources import HuggingFaceSource, LabelStudioSource

    if isinstance(source, LabelStudioSource):
        return replace(source, control=control)
    return replace(source, label_column=control) if isinstance(source, HuggingFaceSource) else source


def _laid_out(source: sources.Source, layout: Layout) -> sources.Source:
    from burnish.datasets.sources import FolderSource, S3Source

    return replace(source, layout=layout) if isinstance(source, FolderSource | S3Source) else source

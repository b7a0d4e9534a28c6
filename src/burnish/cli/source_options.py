"""Documents as the command line names them: which source, how it is read, which corrections apply."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from burnish.cli.options import option
from burnish.cli.output import print_message

if TYPE_CHECKING:
    from burnish.datasets import sources
    from burnish.datasets.corrections import AppliedCorrections
    from burnish.datasets.documents import Documents

Source = Annotated[
    str,
    Parameter(help="A folder with a sub-folder per type, a .csv, .jsonl or .json, s3://…, or hf:name."),
]
Layout = Literal["labels", "parts"]
LayoutOption = Annotated[
    Layout | None,
    Parameter(help="What folder names mean, if ambiguous: labels, or parts (train, validation, test)."),
]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class SourceOptions:
    """How a source is read."""

    corrections: Annotated[
        Path | None, Parameter(help="A corrections file, as `burnish audit` writes it.")
    ] = None
    control: Annotated[
        str | None,
        Parameter(help="The Label Studio control or hf:name column with labels, or column with fields."),
    ] = None
    layout: LayoutOption = None
    strict: Annotated[
        bool,
        option("Reject labels that look alike, such as Invoice and invoice."),
    ] = False

    def sources(self, texts: list[str]) -> list[sources.Source]:
        """The sources, read by this control or layout. Raises `InvalidDocuments` where none has such."""
        from burnish.datasets.sources import source_named

        found = [source_named(text) for text in texts]
        where = " and ".join(map(repr, texts))
        if self.control is not None:
            found = _read_by_control(found, self.control, where)
        return _laid_out(found, self.layout, where) if self.layout else found

    def words(self) -> list[str]:
        """The options as they are typed, those that were given."""
        given = {"--corrections": self.corrections, "--control": self.control, "--layout": self.layout}
        words = [word for name, value in given.items() if value for word in (name, str(value))]
        return [*words, "--strict"] if self.strict else words


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class ReadingOptions(SourceOptions):
    """How a source is read, and by which machines."""

    cluster: Annotated[
        str | None,
        Parameter(help="A Ray cluster that reads the documents of an s3:// SOURCE: HOST:6379, or auto."),
    ] = None


def documents_of(
    source: str, options: SourceOptions, *, held_out: str | None = None
) -> tuple[Documents, AppliedCorrections | None]:
    """The documents of the sources that the command line names, and what became of a person's decisions.

    Labels that look alike are among their notes, or refused.
    """
    from burnish.datasets.correction_files import read_corrections
    from burnish.datasets.corrections import apply_corrections
    from burnish.datasets.documents import require_types, with_held_out
    from burnish.datasets.label_checks import require_distinct_labels, with_label_notes
    from burnish.datasets.sources.folders import HOW_TO_LAY_OUT

    rows = read_corrections(options.corrections) if options.corrections else None
    first, *others = options.sources([source, held_out] if held_out else [source])
    remedy = f"{HOW_TO_LAY_OUT}. Where fields are to be read off documents, add --task extraction"
    read = [require_types(first.read(), 1, remedy=remedy), *(other.read() for other in others)]
    read, applied = apply_corrections(read, rows) if rows else (read, None)
    # Only now, so that what was decided about the one source cannot touch the other.
    found = with_held_out(*read) if held_out else read[0]
    if options.strict:
        require_distinct_labels(found)
    return with_label_notes(found), applied


def documents_with_fields(source: str, options: SourceOptions, *, held_out: str | None = None) -> Documents:
    """The documents that the command line names, with the fields that are to be extracted."""
    from burnish.datasets.documents import with_held_out
    from burnish.datasets.sources import fields_source_named
    from burnish.errors import InvalidConfig

    if words := replace(options, control=None).words():
        raise InvalidConfig("The data set", [f"{words[0]} is for types of documents: leave it out"])
    found = [fields_source_named(text) for text in (source, held_out) if text]
    if options.control is not None:
        named = [_with_fields_in(one, options.control) for one in found]
        if named == found:
            problem = "--control names the column with the fields of hf:name: leave it out for other sources"
            raise InvalidConfig("The data set", [problem])
        found = named
    first, *others = [one.read() for one in found]
    return with_held_out(first, others[0]) if others else first


def show_notes(found: Documents) -> None:
    """Say how the sources were read, where a user should know."""
    for note in found.notes:
        print_message(note)


def show_applied(applied: AppliedCorrections | None) -> None:
    """Say which decisions were applied, and list the others."""
    if applied is None:
        return
    print_message(str(applied))
    for one in applied.not_applied:
        print_message(f"Not applied: {one}")


def _with_fields_in(source: sources.Source, column: str) -> sources.Source:
    """The source with its fields in a column, if it is one that has columns."""
    from burnish.datasets.sources import HuggingFaceFieldsSource

    return replace(source, fields_column=column) if isinstance(source, HuggingFaceFieldsSource) else source


def _read_by_control(found: list[sources.Source], control: str, where: str) -> list[sources.Source]:
    from burnish.datasets.sources import HuggingFaceSource, LabelStudioSource
    from burnish.errors import InvalidDocuments

    def read(source: sources.Source) -> sources.Source:
        if isinstance(source, LabelStudioSource):
            return replace(source, control=control)
        return replace(source, label_column=control) if isinstance(source, HuggingFaceSource) else source

    chosen = [read(one) for one in found]
    if chosen == found:
        raise InvalidDocuments(
            f"There is no control {control!r} in {where}: --control is for exports of Label Studio and data "
            "sets of Hugging Face; leave it out"
        )
    return chosen


def _laid_out(found: list[sources.Source], layout: Layout, where: str) -> list[sources.Source]:
    from burnish.datasets.sources import FolderSource, S3Source
    from burnish.errors import InvalidDocuments

    arranged = [
        replace(one, layout=layout) if isinstance(one, FolderSource | S3Source) else one for one in found
    ]
    if arranged == found:
        raise InvalidDocuments(
            f"There is no layout {layout!r} in {where}: --layout is for folders and s3://…; leave it out"
        )
    return arranged

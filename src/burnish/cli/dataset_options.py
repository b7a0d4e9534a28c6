"""Options of the commands that prepare data sets and check them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter, validators

from burnish.cli.options import family_claiming, option

if TYPE_CHECKING:
    from burnish.datasets.documents import Documents
    from burnish.datasets.pages import Rendering
    from burnish.datasets.splitting import SplitPlan
    from burnish.extraction_prompts import ExtractionPrompt
    from burnish.families import DatasetRules

BaseModel = Annotated[str, Parameter(help="The base model to tune, by id or ARN; its rules apply.")]
SHARE = validators.Number(gte=0, lt=1)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class SplitOptions:
    """How documents are split."""

    held_out: Annotated[
        str | None, Parameter(help="Test documents from a source of their own; takes what SOURCE takes.")
    ] = None
    test_share: Annotated[float, Parameter(help="Fraction of each type for testing.", validator=SHARE)] = 0.2
    validation_share: Annotated[
        float, Parameter(help="Fraction of each type for validation.", validator=SHARE)
    ] = 0.15
    per_label: Annotated[int | None, Parameter(help="Use at most this many documents per type.")] = None
    keep_copies: Annotated[
        bool,
        option("Allow copies of a document in different splits."),
    ] = False
    seed: Annotated[int, Parameter(help="Random seed of the split.")] = 0

    def plan(self) -> SplitPlan:
        """How documents are split."""
        from burnish.datasets.splitting import SplitPlan

        return SplitPlan(
            test_share=self.test_share,
            validation_share=self.validation_share,
            per_label=self.per_label,
            seed=self.seed,
        )


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class RecordOptions:
    """What records are made of: pages, and what the types mean."""

    pages: Annotated[
        Literal["first", "all"] | None,
        Parameter(help="Which pages of each document to use: first by default, all for extraction."),
    ] = None
    longest_edge: Annotated[int, Parameter(help="Longest edge of a page image, in pixels.")] = 1568
    descriptions: Annotated[
        Path | None, Parameter(help="What each type means: a CSV with label and description, or JSON.")
    ] = None
    task: Annotated[
        Literal["classification", "extraction"],
        Parameter(help="What is learned: the type of each document, or fields to read off it."),
    ] = "classification"
    schema: Annotated[
        Path | None,
        Parameter(help="The fields to extract, as a JSON schema; by default as the documents have them."),
    ] = None

    def rendering(self) -> Rendering:
        """How pages are rendered."""
        from burnish.datasets.pages import Rendering, usual_rendering

        usual = usual_rendering(extracts=self.task == "extraction")
        return Rendering(pages=self.pages or usual.pages, longest_edge=self.longest_edge)

    def fields_prompt(self, found: Documents) -> ExtractionPrompt:
        """What is asked about documents with fields. Raises `InvalidConfig` for options of types."""
        from burnish.datasets.field_schemas import read_schema, schema_of
        from burnish.errors import InvalidConfig
        from burnish.extraction_prompts import extraction_prompt

        if self.descriptions:
            problem = "--descriptions is for types of documents: describe fields in the --schema"
            raise InvalidConfig("The data set", [problem])
        return extraction_prompt(read_schema(self.schema) if self.schema else schema_of(found))

    def meanings(self, found: Documents) -> dict[str, str]:
        """What labels mean: as the source says, and as the file says, which has the last word.

        Raises `InvalidDocuments` where the file describes what is no label.
        """
        labels = found.labels
        said = {label: text for label, text in found.descriptions.items() if label in labels}
        return {**said, **self.described(labels)}

    def described(self, labels: Collection[str]) -> dict[str, str]:
        """What the file says that labels mean. Raises `InvalidDocuments` where it describes what is none."""
        from burnish.datasets.descriptions import read_descriptions
        from burnish.datasets.label_checks import require_known

        if self.descriptions is None:
            return {}
        read = read_descriptions(self.descriptions)
        require_known(read, labels, where=repr(str(self.descriptions)))
        return read


def rules_of(model: str) -> DatasetRules:
    """What a base model asks of its data. Raises `InvalidConfig` for one that no family has."""
    from burnish.families import model_id_of

    return family_claiming(model).tuning(model_id_of(model)).rules

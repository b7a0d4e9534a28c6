"""Options of the commands that make data sets and check them, and what they stand for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter, validators

from burnish.cli.options import family_claiming

if TYPE_CHECKING:
    from burnish.datasets.documents import Documents
    from burnish.datasets.pages import Rendering
    from burnish.datasets.splitting import SplitPlan
    from burnish.families import DatasetRules

BaseModel = Annotated[
    str, Parameter(help="The base model that is to be tuned, by id or ARN: its rules count.")
]
SHARE = validators.Number(gte=0, lt=1)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class SplitOptions:
    """Which documents are for what."""

    held_out: Annotated[
        str | None, Parameter(help="Documents to test with, from a source like the first.")
    ] = None
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

    pages: Annotated[Literal["first", "all"], Parameter(help="Which pages of a document.")] = "first"
    longest_edge: Annotated[int, Parameter(help="The longest edge of a page, in pixels.")] = 1568
    descriptions: Annotated[
        Path | None, Parameter(help="What the types mean: a CSV of label and description, or JSON.")
    ] = None

    def rendering(self) -> Rendering:
        """How pages are made."""
        from burnish.datasets.pages import Rendering

        return Rendering(pages=self.pages, longest_edge=self.longest_edge)

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

"""Documents in folds, read once, from which the data set of any fold is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from burnish.datasets.documents import Documents, Part
from burnish.datasets.folds import Fold, folds_of
from burnish.datasets.pages import DEFAULT_RENDERING, Rendering
from burnish.datasets.prepare import IndexedDocuments, index_documents, write_split
from burnish.datasets.prepared import Preparation, PreparedDataset
from burnish.errors import InvalidConfig
from burnish.evaluation.manifest_pages import pages_of
from burnish.evaluation.predicting import Page
from burnish.families import DatasetRules, family_of, model_id_of
from burnish.families.open_weights import RULES
from burnish.ladder.rungs import Rung
from burnish.ladder.workplaces import Workplace
from burnish.phrasing import Phrasing
from burnish.records import ClassificationPrompt

NOT_FOR_FIELDS = Phrasing(
    command="prepare a data set with `burnish prepare --task extraction`, and compare models on it with "
    "`burnish evaluate`",
    call="prepare a data set with `prepare()`, and compare models on it with `evaluate()`",
).after("its rungs tell types apart. For fields,")


@dataclass(frozen=True, kw_only=True)
class FoldedDocuments:
    """Documents whose pages are at a workplace, in folds."""

    place: Workplace
    indexed: IndexedDocuments
    folds: tuple[Fold, ...]
    preparation: Preparation

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, sorted."""
        return self.indexed.found.labels

    @property
    def prompt(self) -> ClassificationPrompt:
        """What is asked about every page."""
        assert isinstance(self.preparation.prompt, ClassificationPrompt)  # noqa: S101 - `folded` gave one
        return self.preparation.prompt

    def dataset(self, fold: Fold, rung: Rung, *, share: float = 1.0) -> PreparedDataset:
        """The data set of a fold for a rung, with this share of the fold's training documents."""
        preparation = replace(self.preparation, model=rung.model, rules=_rules_of(rung))
        return write_split(
            self.indexed,
            fold.split(share=share, validation_share=rung.validation_share),
            s3=self.place.clients.s3,
            destination=self.place.destination,
            preparation=preparation,
        )

    def held_out_pages(self, dataset: PreparedDataset) -> list[Page]:
        """The held-out pages of a fold's data set, with their images."""
        return pages_of(self.place.clients.s3, dataset.manifest, Part.TEST)


def folded(
    found: Documents,
    place: Workplace,
    *,
    count: int,
    prompt: ClassificationPrompt,
    rendering: Rendering = DEFAULT_RENDERING,
    seed: int = 0,
    on_document: Callable[[int, int], None] | None = None,
) -> FoldedDocuments:
    """The documents in so many folds, with their pages at a workplace. Raises `InvalidDocuments`."""
    preparation = Preparation(rules=RULES, rendering=rendering, prompt=prompt)
    indexed = index_documents(
        found,
        s3=place.clients.s3,
        destination=place.destination,
        preparation=preparation,
        on_document=on_document,
    )
    return FoldedDocuments(
        place=place,
        indexed=indexed,
        folds=folds_of(indexed.readable, indexed.groups, count=count, seed=seed),
        preparation=preparation,
    )


def without_test_documents(found: Documents) -> Documents:
    """The documents without those that their source keeps for testing, which the ladder must not see.

    Raises `InvalidConfig` for documents with fields.
    """
    if any(one.fields for one in found.documents):
        raise InvalidConfig("The ladder", [NOT_FOR_FIELDS])
    kept = tuple(replace(one, part=None) for one in found.documents if one.part is not Part.TEST)
    left = len(found.documents) - len(kept)
    if not left:
        return replace(found, documents=kept)
    note = f"{left} documents that the source keeps for testing are left alone: no rung sees them"
    return replace(found, documents=kept, notes=(*found.notes, note))


def _rules_of(rung: Rung) -> DatasetRules:
    """What the base model of a rung asks of its records."""
    family = family_of(rung.model) if rung.model and rung.is_tuned else None
    return family.tuning(model_id_of(rung.model)).rules if family and rung.model else RULES

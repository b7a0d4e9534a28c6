"""An evaluation of any number of models as data: ``evaluation.json`` is it, all beside it follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import msgspec

from burnish.errors import InvalidInput
from burnish.evaluation.mistakes import mistakes_of
from burnish.evaluation.predicting import Page
from burnish.evaluation.reports.files import thumbnail
from burnish.evaluation.reports.tuning import TrainingFacts
from burnish.evaluation.scoring import WANTED_PRECISION, Candidate, Scores, scores_of

EVALUATION_NAME = "evaluation.json"
MAX_THUMBNAILS = 12


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Models on the same pages of a data set: what each has answered, and what is known of its making."""

    title: str
    created: datetime
    #: Where the data set's manifest lies.
    dataset: str
    labels: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    #: At which precision answers are to be taken without a person's look.
    precision: float = WANTED_PRECISION
    #: How a model was tuned, by its name.
    training: Mapping[str, TrainingFacts] = field(default_factory=dict)
    #: Small JPEG images of pages that models get wrong, by the page's name.
    thumbnails: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def scores(self) -> Scores:
        """What follows from the answers."""
        return scores_of(self.candidates, self.labels, precision=self.precision)


def with_thumbnails(evaluation: Evaluation, pages: Sequence[Page]) -> Evaluation:
    """The evaluation with small images of the pages that its best model gets wrong."""
    best = evaluation.scores.best.model
    candidate = next(one for one in evaluation.candidates if one.name == best)
    by_name = {page.name: page for page in pages}
    wrong = [one.page for one in mistakes_of(candidate.predictions) if one.page in by_name]
    images = {name: thumbnail(by_name[name]) for name in wrong[:MAX_THUMBNAILS]}
    return replace(evaluation, thumbnails={**evaluation.thumbnails, **images})


def joined(evaluations: Sequence[Evaluation]) -> Evaluation:
    """Evaluations on the same pages as one. Raises `InvalidInput` where pages or names do not go together."""
    if not evaluations:
        raise InvalidInput("There is nothing to compare: give at least one saved evaluation")
    first = evaluations[0]
    for other in evaluations[1:]:
        if set(other.labels) != set(first.labels):
            raise InvalidInput(
                f"{first.title!r} and {other.title!r} have different labels: compare like with like"
            )
    made = replace(
        max(evaluations, key=lambda one: one.created),
        candidates=tuple(candidate for one in evaluations for candidate in one.candidates),
        training={name: facts for one in evaluations for name, facts in one.training.items()},
        thumbnails={name: image for one in evaluations for name, image in one.thumbnails.items()},
    )
    scores_of(made.candidates, made.labels)  # says which pages or names do not go together
    return made


def read_evaluation(path: Path) -> Evaluation:
    """The evaluation in a folder, or in its ``evaluation.json``. Raises `InvalidInput` when it is none."""
    file = path / EVALUATION_NAME if path.is_dir() else path
    try:
        return msgspec.json.decode(file.read_bytes(), type=Evaluation)
    except FileNotFoundError as error:
        raise InvalidInput(
            f"There is no evaluation at {str(path)!r}: `burnish evaluate` makes one"
        ) from error
    except msgspec.MsgspecError as error:
        raise InvalidInput(f"{file} is not a saved evaluation: {error}") from error

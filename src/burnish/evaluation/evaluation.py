"""An evaluation of any number of models as data. It is what is saved; all else follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from burnish.errors import InvalidInput
from burnish.evaluation.facts import DataFacts, ReadingTime, StageTime, TrainingFacts
from burnish.evaluation.field_scoring import ExtractionScores, extraction_scores_of
from burnish.evaluation.judgement import Candidate, Judgement
from burnish.evaluation.scoring import WANTED_PRECISION, Scores, scores_by
from burnish.evaluation.statistics import compare_models


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Models on the same pages of a data set: what each has answered, and what is known of its making."""

    title: str
    created: datetime
    #: Where the data set's manifest lies.
    dataset: str
    #: Empty where fields are extracted: then there is their JSON schema.
    labels: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    #: The digests of the pages, by their names, and that of the prompt: what evaluations are compared by.
    pages: Mapping[str, str] = field(default_factory=dict)
    prompt: str = ""
    schema: str = ""
    #: At which precision answers are to be auto-accepted.
    precision: float = WANTED_PRECISION
    #: What is known of the data, how a model was tuned by its name, and how long the stages of it all took.
    data: DataFacts | None = None
    training: Mapping[str, TrainingFacts] = field(default_factory=dict)
    stages: tuple[StageTime, ...] = ()
    #: Where a server read the pages for its models: the models' own times are without it.
    reading: ReadingTime | None = None
    #: Images of pages that models get wrong, by the page's name.
    thumbnails: Mapping[str, bytes] = field(default_factory=dict)

    @cached_property
    def judgement(self) -> Judgement:
        """The answers that count."""
        return Judgement(self.candidates, self.labels)

    @cached_property
    def scores(self) -> Scores:
        """What follows from the answers, which are labels."""
        return scores_by(self.judgement, precision=self.precision)

    @cached_property
    def field_scores(self) -> ExtractionScores:
        """What follows from the answers, which are fields."""
        return extraction_scores_of(self.candidates)

    @property
    def outcome(self) -> Scores | ExtractionScores:
        """What follows from the answers, whatever they are."""
        return self.field_scores if self.schema else self.scores


def joined(evaluations: Sequence[Evaluation]) -> Evaluation:
    """Evaluations on the same pages as one. Raises `InvalidInput` where they do not go together."""
    if not evaluations:
        raise InvalidInput("There is nothing to compare: give at least one saved evaluation")
    for other in evaluations[1:]:
        _require_alike(evaluations[0], other)
    made = replace(
        max(evaluations, key=lambda one: one.created),
        candidates=tuple(candidate for one in evaluations for candidate in one.candidates),
        data=next((one.data for one in evaluations if one.data), None),
        training={name: facts for one in evaluations for name, facts in one.training.items()},
        # Times of one run; of several together they would say nothing.
        stages=evaluations[0].stages if len(evaluations) == 1 else (),
        reading=evaluations[0].reading if len(evaluations) == 1 else None,
        thumbnails={name: image for one in evaluations for name, image in one.thumbnails.items()},
    )
    _require_names_of_their_own(made.candidates)
    compare_models(made.judgement.answers)  # says which pages do not go together
    return made


def _require_alike(first: Evaluation, other: Evaluation) -> None:
    """Raise `InvalidInput` where two evaluations are not of the same question about the same pages."""
    both = f"{first.title!r} and {other.title!r}"
    # As sets: the order of labels is the data set's, and means nothing.
    if set(other.labels) != set(first.labels):
        raise InvalidInput(f"{both} have different labels: compare like with like")
    for one in (first, other):
        if not one.pages or not one.prompt:
            raise InvalidInput(
                f"{one.title!r} of {one.created:%d %B %Y} does not record its pages and prompt, so "
                "it cannot be compared with another: evaluate again"
            )
    if other.prompt != first.prompt:
        raise InvalidInput(f"{both} were made with different prompts: evaluate both with one data set")
    _require_same(_changed(first.pages, other.pages), both, "content")
    labels = _changed(_labels_in(first), _labels_in(other))
    _require_same(labels, both, "label")


def _require_same(changed: Sequence[str], both: str, what: str) -> None:
    if changed:
        raise InvalidInput(
            f"{both} differ in the {what} of {len(changed)} pages, such as {changed[0]!r}: evaluate both "
            "with one data set"
        )


def _changed(first: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    return sorted(name for name in first.keys() & other.keys() if first[name] != other[name])


def _labels_in(evaluation: Evaluation) -> dict[str, str]:
    return {one.page: one.label for candidate in evaluation.candidates for one in candidate.predictions}


def _require_names_of_their_own(candidates: Sequence[Candidate]) -> None:
    """Raise `InvalidInput` where one name stands for two models, or for one twice."""
    models: dict[str, list[str]] = {}
    for one in candidates:
        models.setdefault(one.name, []).append(_who(one))
    for name, whos in models.items():
        if len(whos) > 1:
            which = "two models" if len(set(whos)) > 1 else "one model twice"
            raise InvalidInput(
                f"{name!r} is {which}: {' and '.join(dict.fromkeys(whos))}. Give each model its own "
                "name: evaluate again as name=id; the answers are kept"
            )


def _who(candidate: Candidate) -> str:
    who = candidate.identity
    if who is None:
        return "answers from an unknown model"
    version = f" ({who.version})" if who.version else ""
    return f"{who.model_arn or who.model_id}{version} at {who.endpoint}, account {who.account}"

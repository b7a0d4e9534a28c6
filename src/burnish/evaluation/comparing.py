"""Models of an endpoint compared on the held-out pages of a data set: from the first call to the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from itertools import count
from pathlib import Path

from burnish.aws.clients import Clients
from burnish.aws.jobs import get_job
from burnish.aws.models import get_model
from burnish.datasets.documents import Part
from burnish.datasets.manifest import Manifest
from burnish.errors import ServiceError
from burnish.evaluation.evaluation import Evaluation
from burnish.evaluation.facts import ReadingTime, TrainingFacts
from burnish.evaluation.identity import identity_of
from burnish.evaluation.jobs_of_models import training_facts_of
from burnish.evaluation.journal import Journal
from burnish.evaluation.judgement import Candidate
from burnish.evaluation.manifest_pages import pages_of
from burnish.evaluation.predicting import Page, Prediction
from burnish.evaluation.predictors import ConversePredictor, require_ready
from burnish.evaluation.questions import prompt_digest
from burnish.evaluation.reading_ahead import read_ahead
from burnish.evaluation.reports.folder import write_evaluation
from burnish.evaluation.reports.thumbnails import with_thumbnails
from burnish.evaluation.result import EvaluationResult
from burnish.evaluation.seen_pages import AskedPages, require_unseen
from burnish.names import ANSWERS_NAME

#: Hears how many pages are done, of how many, and what is done with them: reading, or the model that answers.
OnPage = Callable[[int, int, str], None]


@dataclass(frozen=True, kw_only=True)
class ComparedModels:
    """Models to call, by their names, and the data set whose test pages they are asked about."""

    clients: Clients
    manifest: Manifest
    models: Mapping[str, str]
    #: Answers for each page from a model that gives no label probabilities.
    samples: int = 1

    def evaluated(self, out: Path, *, title: str, dataset_uri: str, on_page: OnPage) -> EvaluationResult:
        """The evaluation, written to a folder.

        Raises `InvalidConfig` for models that do not exist or are not ready, and for pages that one has seen.
        """
        predictors = self._predictors(Journal(out / ANSWERS_NAME))
        require_ready(predictors)
        arns = {one.name: one.identity.model_arn for one in predictors}
        # Before the first call: what was seen in training shows nothing, and would be paid for.
        asked = AskedPages(manifest=self.manifest, calibrate=True)
        remarks = require_unseen(self.clients, arns, asked)
        reading = self._read_ahead(predictors, on_page)
        candidates = self._candidates(predictors, remarks, on_page)
        evaluation = Evaluation(
            title=title,
            created=datetime.now(UTC),
            dataset=dataset_uri,
            labels=tuple(self.manifest.prompt.labels),
            candidates=candidates,
            pages={page.name: page.digest for page in self._test_pages},
            prompt=prompt_digest(self.manifest.classification_prompt()),
            training=self._training(arns),
            reading=reading,
        )
        evaluation = with_thumbnails(evaluation, self._test_pages)
        return EvaluationResult(evaluation=evaluation, report=write_evaluation(evaluation, out))

    def _predictors(self, journal: Journal) -> list[ConversePredictor]:
        return [
            ConversePredictor(
                name=name,
                model_id=model_id,
                runtime=self.clients.bedrock_runtime,
                prompt=self.manifest.classification_prompt(),
                journal=journal,
                samples=self.samples,
                identify=partial(identity_of, self.clients),
            )
            for name, model_id in self.models.items()
        ]

    @cached_property
    def _test_pages(self) -> list[Page]:
        return pages_of(self.clients.s3, self.manifest, Part.TEST)

    @cached_property
    def _validation_pages(self) -> list[Page]:
        return pages_of(self.clients.s3, self.manifest, Part.VALIDATION)

    def _read_ahead(self, predictors: Sequence[ConversePredictor], on_page: OnPage) -> ReadingTime | None:
        pages = [*self._test_pages, *self._validation_pages]
        numbers = count(1)
        return read_ahead(
            self.clients.bedrock_runtime,
            predictors,
            pages,
            on_page=lambda _: on_page(next(numbers), len(pages), "reading"),
        )

    def _candidates(
        self,
        predictors: Sequence[ConversePredictor],
        remarks: Mapping[str, tuple[str, ...]],
        on_page: OnPage,
    ) -> tuple[Candidate, ...]:
        total = len(predictors) * len([*self._test_pages, *self._validation_pages])
        numbers = count(1)
        return tuple(
            self._candidate(one, remarks[one.name], lambda name: on_page(next(numbers), total, name))
            for one in predictors
        )

    def _candidate(
        self, predictor: ConversePredictor, remarks: tuple[str, ...], on_answer: Callable[[str], None]
    ) -> Candidate:
        def show(_: Prediction) -> None:
            on_answer(predictor.name)

        return Candidate(
            name=predictor.name,
            predictions=tuple(predictor.predict(self._test_pages, show)),
            validation=tuple(predictor.predict(self._validation_pages, show)),
            identity=predictor.identity,
            remarks=remarks,
        )

    def _training(self, arns: Mapping[str, str | None]) -> dict[str, TrainingFacts]:
        """How the custom models were trained, where that can be looked up."""
        found = {name: self._facts_of(arn) for name, arn in arns.items() if arn and "custom-model/" in arn}
        return {name: facts for name, facts in found.items() if facts}

    def _facts_of(self, model_arn: str) -> TrainingFacts | None:
        try:
            job_arn = get_model(self.clients.bedrock, model_arn).job_arn
            return (
                training_facts_of(self.clients, get_job(self.clients.bedrock, job_arn)) if job_arn else None
            )
        except ServiceError:  # a report is worth having without loss curves
            return None

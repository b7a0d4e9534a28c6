"""Models compared on pages of a data set: what is checked before the first call, and then their answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial

from burnish.aws.clients import Clients
from burnish.datasets.documents import Part
from burnish.evaluation.budget import Meter
from burnish.evaluation.evaluation import Evaluation
from burnish.evaluation.facts import ReadingTime
from burnish.evaluation.identity import identity_of
from burnish.evaluation.jobs_of_models import jobs_of_models, training_of
from burnish.evaluation.journal import Journal
from burnish.evaluation.judgement import Candidate
from burnish.evaluation.manifest_pages import pages_of
from burnish.evaluation.predicting import Asking, Page, Prediction
from burnish.evaluation.predictors import ConversePredictor, Predictor, require_ready
from burnish.evaluation.prices import ModelPrice
from burnish.evaluation.questions import prompt_digest
from burnish.evaluation.reading_ahead import reading_needed
from burnish.evaluation.recorded import RecordedPredictor
from burnish.evaluation.reports.thumbnails import with_thumbnails
from burnish.evaluation.scoring import WANTED_PRECISION
from burnish.evaluation.seen_pages import AskedPages, require_unseen
from burnish.types import FinetuningJobResult

#: Has pages read ahead, and predicts: both are left to whoever shows how far they are.
Read = Callable[[Sequence[ConversePredictor], Sequence[Page]], ReadingTime | None]
Ask = Callable[[Predictor, Sequence[Page]], Sequence[Prediction]]


@dataclass(frozen=True, kw_only=True)
class ComparedModels:
    """Models to call and recorded answers, by their names, and the pages that they are asked about.

    Each step makes those before it: models are looked up, then it is checked what they have seen, and only
    then is any of them asked.
    """

    clients: Clients
    chosen: AskedPages
    journal: Journal
    #: What to call each model by.
    models: Mapping[str, str] = field(default_factory=dict)
    recorded: Sequence[RecordedPredictor] = ()
    #: Names of models with the jobs that made them. Others are found by the model, where that can be.
    jobs_named: Sequence[tuple[str, str]] = ()
    prices: Mapping[str, ModelPrice] = field(default_factory=dict)
    meters: Mapping[str, Meter] = field(default_factory=dict)
    #: Answers for each page from a model that gives no label probabilities.
    samples: int = 1
    concurrency: int = Asking.concurrency
    allow_seen: bool = False
    on_notice: Callable[[str], None] = lambda notice: None

    @cached_property
    def asked(self) -> list[ConversePredictor]:
        """The models to call. Raises `InvalidConfig` naming those that do not exist or are not ready."""
        found = [
            ConversePredictor(
                name=name,
                model_id=model_id,
                runtime=self.clients.bedrock_runtime,
                prompt=self.chosen.manifest.page_prompt(),
                journal=self.journal,
                asking=Asking(concurrency=self.concurrency, meter=self.meters.get(name)),
                samples=self.samples,
                identify=partial(identity_of, self.clients),
                on_notice=self.on_notice,
            )
            for name, model_id in self.models.items()
        ]
        require_ready(found)
        return found

    @cached_property
    def remarks(self) -> dict[str, tuple[str, ...]]:
        """What is to be said of each model. Raises `InvalidConfig` for pages that one has seen."""
        # Recorded answers name no model: only where a job is given can it be told what was seen.
        made = {name: job.model_id for name, job in self._jobs.items()}
        known = {
            name: arn or made.get(name)
            for name, arn in self._arns.items()
            if name in self.models or name in made
        }
        found = require_unseen(self.clients, known, self.chosen, allow_seen=self.allow_seen)
        for name in made:
            if self._arns[name] is None:
                found[name] += (f"It was not checked that the job of {name} made the model that answers.",)
        return found

    @cached_property
    def pages(self) -> list[Page]:
        """The pages that models are asked about, with their images."""
        return pages_of(self.clients.s3, self.chosen.manifest, self.chosen.part, most=self.chosen.most)

    @cached_property
    def validation_pages(self) -> list[Page]:
        """The pages to calibrate by, if that is asked for."""
        if not self.chosen.calibrate:
            return []
        return pages_of(self.clients.s3, self.chosen.manifest, Part.VALIDATION)

    def evaluated(
        self, *, title: str, dataset: str, read: Read, ask: Ask, precision: float = WANTED_PRECISION
    ) -> Evaluation:
        """What all models answer, and what is known of them. Raises as `asked` and `remarks` do."""
        remarks = self._remarks_with_files()
        all_pages = [*self.pages, *self.validation_pages]
        reading = read(self.asked, all_pages) if reading_needed(self.asked, all_pages) else None
        made = Evaluation(
            title=title,
            created=datetime.now(UTC),
            dataset=dataset,
            labels=tuple(self.chosen.manifest.prompt.labels),
            candidates=self._candidates(remarks, ask),
            pages={page.name: page.digest for page in self.pages},
            prompt=prompt_digest(self.chosen.manifest.page_prompt()),
            schema=schema if isinstance(schema := self.chosen.manifest.prompt.json_schema, str) else "",
            precision=precision,
            training=training_of(self.clients, self._jobs, self._arns),
            reading=reading,
        )
        return with_thumbnails(made, self.pages)

    @cached_property
    def _arns(self) -> dict[str, str | None]:
        """The ARN of each model; None where it is not known which one answers."""
        asked = {one.name: one.identity.model_arn for one in self.asked}
        return asked | {one.name: None for one in self.recorded}

    @cached_property
    def _jobs(self) -> dict[str, FinetuningJobResult]:
        return jobs_of_models(self.clients, self.jobs_named, self._arns)

    @cached_property
    def _other_pages(self) -> list[Page]:
        """The validation pages that files are searched for answers to."""
        # In a file one name is one page, which is the one that is asked about.
        asked_about = {page.name for page in self.pages}
        return [page for page in self.validation_pages if page.name not in asked_about]

    def _remarks_with_files(self) -> dict[str, tuple[str, ...]]:
        # Before pages are read and a model is paid: this finds what is wrong with answers that are there.
        found = dict(self.remarks)
        for one in self.recorded:
            found[one.name] = (*found.get(one.name, ()), *one.remarks(self.pages, self._other_pages))
        return found

    def _candidates(self, remarks: Mapping[str, tuple[str, ...]], ask: Ask) -> tuple[Candidate, ...]:
        asked = [
            Candidate(
                name=one.name,
                predictions=_answers(one, self.pages, ask),
                validation=_answers(one, self.validation_pages, ask),
                price=self.prices.get(one.name),
                identity=one.identity,
                remarks=remarks[one.name],
            )
            for one in self.asked
        ]
        recorded = [
            Candidate(
                name=one.name,
                predictions=_answers(one, self.pages, ask),
                validation=tuple(one.predict_answered(self._other_pages)),
                price=self.prices.get(one.name),
                remarks=remarks[one.name],
            )
            for one in self.recorded
        ]
        return (*asked, *recorded)


def _answers(predictor: Predictor, pages: Sequence[Page], ask: Ask) -> tuple[Prediction, ...]:
    return tuple(ask(predictor, pages)) if pages else ()

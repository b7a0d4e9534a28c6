"""Classifying new documents: a model, its data set's own words, and tables of what came out."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from burnish.aws import roles
from burnish.aws.clients import Clients
from burnish.aws.objects import S3Uri
from burnish.aws.role_policies import JobScope, RoleNeeds
from burnish.classification.asking import DocumentQuestion, DocumentRun, asked_pages
from burnish.classification.batch_asking import BatchAsking
from burnish.classification.batch_choice import BatchChoice, batch_choice
from burnish.classification.decisions import DecisionRules, LabelVerdict, ReviewThreshold
from burnish.classification.document_journal import DocumentJournal
from burnish.classification.drift import IncomingTally, TrainingReference, training_reference
from burnish.classification.estimates import ClassificationEstimate, estimate
from burnish.classification.incoming import IncomingDocument, documents_in
from burnish.classification.on_demand_endpoint import OnDemandEndpoint
from burnish.classification.outputs import ResultPlaces
from burnish.classification.result_files import result_row
from burnish.classification.result_tables import row_of
from burnish.classification.rules import PageRule
from burnish.classification.run_facts import RunFacts, write_run_facts
from burnish.classification.sorting import SortingFolder
from burnish.classification.summary import ClassificationSummary
from burnish.classification.tuned_models import (
    AskedDataset,
    AskedModel,
    confidence_on_held_out,
    dataset_for,
    lasting_identity,
    model_named,
    review_threshold,
)
from burnish.datasets.documents import Part
from burnish.datasets.manifest import Manifest
from burnish.datasets.pages import Rendering
from burnish.errors import InvalidConfig
from burnish.evaluation.budget import Budget, BudgetSpent, Meter
from burnish.evaluation.identity import identity_of
from burnish.evaluation.predicting import Asking
from burnish.evaluation.predictors import ModelChanged
from burnish.evaluation.prices import ModelPrice, price_of
from burnish.families import ImageTokens, family_of
from burnish.phrasing import Phrasing

#: The role of batches has this name with the region's; each region has its own.
BATCH_ROLE = "BurnishClassify"


@dataclass(frozen=True, kw_only=True)
class ClassificationConfig:
    """What is to be classified, with which model, and where the results go.

    Without ``rule`` it is ``first-page`` for a model that was trained on first pages, which then alone are
    asked about, and ``mean-log-probability`` over all pages for others. Without ``threshold`` it is the one
    that the model's job has measured. ``dataset`` is needed for models whose data set is not known.
    """

    model: str
    to: str
    rule: PageRule | None = None
    threshold: float | None = None
    split: bool = False
    dataset: str | None = None
    concurrency: int = 8
    #: The most to be spent on tokens in US dollars, what earlier runs into the same output took included.
    at_most: float | None = None
    price: ModelPrice | None = None
    #: Whether to ask in a batch; without it, from `BATCH_PAGES` on and on AWS.
    batch: bool | None = None
    #: The role of a batch, by name or ARN; without it one is created, or updated.
    batch_role: str | None = None
    sorting: SortingFolder | None = None

    def __post_init__(self) -> None:
        problems = []
        if self.threshold is not None and not 0 <= self.threshold <= 1:
            problems.append(f"the threshold is {self.threshold}: give a probability, from 0 to 1")
        if self.split and self.sorting:
            problems.append("bundles are split in the table, not into files: leave out split or sort-into")
        if self.concurrency < 1:
            problems.append(f"concurrency is {self.concurrency}: give at least 1")
        if problems:
            raise InvalidConfig("The classification", problems)


@dataclass(frozen=True, kw_only=True)
class Classifier:
    """A model with all that it takes to classify documents as it was trained to."""

    clients: Clients
    config: ClassificationConfig
    model: AskedModel
    dataset: AskedDataset
    rules: DecisionRules
    places: ResultPlaces
    #: What is known of the documents of the training, to compare others with.
    reference: TrainingReference
    on_notice: Callable[[str], None] = lambda notice: None

    @property
    def manifest(self) -> Manifest:
        """The data set that says what is asked."""
        return self.dataset.manifest

    @property
    def threshold(self) -> ReviewThreshold:
        """The probability from which on answers are accepted, and where it comes from."""
        return self.rules.threshold

    @property
    def rendering(self) -> Rendering:
        """Which pages are asked about, and how large."""
        whole = self.config.split or self.rules.rule is not PageRule.FIRST_PAGE
        return asked_pages(self.manifest.rendering, whole=whole)

    @property
    def price(self) -> ModelPrice | None:
        """What tokens cost; None where it is not known, and on one's own server unless it is given."""
        listed = price_of(self.model.model_arn or "") if self.clients.leads_to_aws else None
        return self.config.price or listed

    def estimate(self, places: Sequence[str]) -> ClassificationEstimate:
        """About how many pages and tokens the documents of some places are, and what single calls cost."""
        endpoint = self._endpoint()
        with DocumentJournal(self.places.journal, only_read=True) as journal:
            question = self._question(endpoint, journal)
            found = self.documents(places)
            known = ((one, journal.knows(question.key_of(one))) for one in found)
            return estimate(
                known,
                prompt=question.prompt,
                rendering=self.rendering,
                images=question.asking.images,
                price=self.price,
            )

    def batch_choice(self, found: ClassificationEstimate | None = None) -> BatchChoice:
        """Whether documents of this estimate are asked about in a batch, and why."""
        return batch_choice(
            self.config.batch,
            leads_to_aws=self.clients.leads_to_aws,
            pages=found.pages if found else None,
            usd=found.likely_usd if found else None,
        )

    def chosen_for(self, places: Sequence[str]) -> BatchChoice:
        """The same for the documents of some places, of which an estimate is made only if it decides."""
        is_open = self.config.batch is None and self.clients.leads_to_aws
        return self.batch_choice(self.estimate(places) if is_open else None)

    def documents(self, places: Sequence[str]) -> Iterator[IncomingDocument]:
        """The documents of some places, as they are found."""
        return documents_in(places, lambda: self.clients.s3)

    def classify(
        self,
        batches: Iterable[Iterable[IncomingDocument]],
        *,
        choice: BatchChoice | None = None,
        on_document: Callable[[], None] = lambda: None,
        on_batch: Callable[[ClassificationSummary], None] = lambda summary: None,
        on_progress: Callable[[str], None] = lambda progress: None,
    ) -> ClassificationSummary:
        """Ask about all documents, and write the tables after each batch.

        What the journal of the output has answers for is not asked about again. Raises `BudgetSpent` where
        the maximum spend leaves no room, and `ModelChanged` where another model came to stand behind the
        name: both after the tables are written.
        """
        summary = self._summary()
        write_run_facts(
            self.places.run_facts,
            RunFacts(
                model=self.config.model, dataset=self.dataset.place, labels=list(self.manifest.prompt.labels)
            ),
        )
        # The journal first: who holds it may use the deployment that an earlier run has left.
        with DocumentJournal(self.places.journal) as journal, self._endpoint() as endpoint:
            question, keys = self._question(endpoint, journal), dict[str, bytes]()
            asked_in = self._batch_asking(question, on_progress)
            self._collect(asked_in, DocumentRun(question, journal), on_document)
            # Anew: what was collected counts against the budget.
            question = self._question(endpoint, journal)
            asked_in = self._batch_asking(question, on_progress)
            is_batch = (choice or self.batch_choice()).is_batch
            for batch in batches:
                run = DocumentRun(question, journal, asked_in if is_batch else None)
                summary = self._batch(batch, run, question, journal, keys, on_document)
                on_batch(summary)
        return summary

    def _batch(
        self,
        documents: Iterable[IncomingDocument],
        run: DocumentRun,
        question: DocumentQuestion,
        journal: DocumentJournal,
        keys: dict[str, bytes],
        on_document: Callable[[], None],
    ) -> ClassificationSummary:
        size = journal.size
        spent: BudgetSpent | None = None
        try:
            run.answer(documents, on_document)
        except BudgetSpent as error:
            spent = error
        self._require_same_model(question, journal, size)
        keys.update(run.keys)
        self._sort(journal, run.keys.values())
        summary = self._written(journal, keys.values())
        if spent:
            raise _told_here(spent) from spent
        return summary

    def _collect(self, batch: BatchAsking, run: DocumentRun, on_document: Callable[[], None]) -> None:
        """Keep the answers of a batch that an earlier run was waiting for."""
        if pending := batch.pending():
            self.on_notice(f"An earlier run has submitted the batch {pending.job_name}: waiting for it.")
            run.collect(batch, pending, on_document)

    def _batch_asking(self, question: DocumentQuestion, on_progress: Callable[[str], None]) -> BatchAsking:
        bucket = S3Uri.parse(self.manifest.files[Part.TRAIN].uri).bucket
        return BatchAsking(
            clients=self.clients,
            model_id=self._batch_model(),
            role=lambda: self._batch_role(bucket),
            folder=f"s3://{bucket}/burnish-classify",
            path=self.places.batch,
            prompt=question.prompt,
            asking=question.asking,
            on_notice=self.on_notice,
            on_progress=on_progress,
        )

    def _batch_model(self) -> str:
        """What a batch calls the model: a custom one by itself, and not by what it is deployed as."""
        arn = self.model.model_arn or ""
        return arn if ":custom-model/" in arn else self.model.endpoint or arn

    def _batch_role(self, bucket: str) -> str:
        if self.config.batch_role:
            return roles.role_arn(self.clients.iam, self.config.batch_role)
        scope = JobScope(account_id=self.clients.account_id, region=self.clients.region)
        return roles.create_or_update_model_customization_role(
            self.clients.iam,
            role_name=roles.role_name_for(BATCH_ROLE, self.clients.region),
            needs=RoleNeeds(buckets=(f"s3://{bucket}/burnish-classify/",)),
            scope=scope,
        )

    def _written(self, journal: DocumentJournal, keys: Iterable[bytes]) -> ClassificationSummary:
        """Write the tables from the journal, and count what is in them."""
        summary, tally = self._summary(), IncomingTally(reference=self.reference)

        def verdicts() -> Iterator[LabelVerdict]:
            for answers in journal.answers_of(keys):
                tally.count(answers)
                for verdict in self.rules.of_document(answers):
                    summary.count(verdict)
                    yield verdict

        pages = (row_of(one) for answers in journal.answers_of(keys) for one in self.rules.of_pages(answers))
        results = (
            result_row(answers, one)
            for answers in journal.answers_of(keys)
            for one in self.rules.of_document(answers)
        )
        self.places.write(map(row_of, verdicts()), pages, results, lambda: self.clients.s3)
        summary.drift = tally.drift()
        self.places.write_summary(summary, lambda: self.clients.s3)
        return summary

    def _sort(self, journal: DocumentJournal, keys: Iterable[bytes]) -> None:
        if self.config.sorting:
            for answers in journal.answers_of(keys):
                self.config.sorting.put(answers, self.rules.of_document(answers)[0])

    def _summary(self) -> ClassificationSummary:
        return ClassificationSummary(table=self.places.to, pages_table=self.places.pages)

    def _endpoint(self) -> OnDemandEndpoint:
        output = f"{platform.node()} {self.places.journal.resolve()}"
        return OnDemandEndpoint(self.clients, self.model, output=output, on_notice=self.on_notice)

    def _identity(self) -> tuple[str, ...]:
        """What stays the same of the model however often it is deployed."""
        if self.model.endpoint is None:
            return (self.clients.account_id, self.clients.region, self.model.model_arn or "")
        return lasting_identity(identity_of(self.clients, self.model.endpoint))

    def _question(self, endpoint: OnDemandEndpoint, journal: DocumentJournal) -> DocumentQuestion:
        return DocumentQuestion(
            runtime=self.clients.bedrock_runtime,
            endpoint=endpoint.arn,
            identity=self._identity(),
            prompt=self.manifest.classification_prompt(),
            rendering=self.rendering,
            asking=Asking(
                concurrency=self.config.concurrency, meter=self._meter(journal), images=self._image_tokens
            ),
            on_notice=self.on_notice,
        )

    @property
    def _image_tokens(self) -> ImageTokens:
        family = family_of(self.model.model_arn or "")
        return family.image_tokens if family else ImageTokens()

    def _meter(self, journal: DocumentJournal) -> Meter | None:
        if self.config.at_most is None:
            return None
        if self.price is None:
            raise InvalidConfig("The maximum spend", ["no price is known for the model: give --price IN,OUT"])
        meter = Meter(budget=Budget(most_usd=self.config.at_most), price=self.price)
        meter.pay(journal.input_tokens, journal.output_tokens)
        return meter

    def _require_same_model(self, question: DocumentQuestion, journal: DocumentJournal, size: int) -> None:
        # A custom model's weights never change; what it is called by may come to serve another one.
        endpoint = self.model.endpoint
        if endpoint is None or not (after := identity_of(self.clients, endpoint)).is_known:
            return
        if lasting_identity(after) == question.identity:
            return
        # Nobody can tell which answers are whose.
        journal.rewind(size)
        raise ModelChanged(
            f"The model behind {endpoint!r} was replaced during the run: its answers were dropped. "
            "Classify again"
        )


def open_classifier(
    clients: Clients, config: ClassificationConfig, on_notice: Callable[[str], None] = lambda notice: None
) -> Classifier:
    """A classifier, of which everything is looked up and nothing asked or deployed yet.

    Raises `NotFound` where there is no such model, and `InvalidConfig` where its data set is not known.
    """
    places = ResultPlaces(to=config.to)
    model = model_named(clients, config.model)
    dataset = dataset_for(clients, model, config.model, dataset=config.dataset)
    manifest = dataset.manifest
    usual = PageRule.FIRST_PAGE if manifest.rendering.pages == "first" else PageRule.MEAN_LOG_PROBABILITY
    if config.split and config.rule is None:
        usual = PageRule.MEAN_LOG_PROBABILITY
    rules = DecisionRules(
        threshold=review_threshold(clients, model, config.threshold),
        labels=manifest.classification_prompt().labels,
        rule=config.rule or usual,
        split=config.split,
    )
    return Classifier(
        clients=clients,
        config=config,
        model=model,
        dataset=dataset,
        rules=rules,
        places=places,
        reference=training_reference(dataset.manifest, confidence_on_held_out(clients, model)),
        on_notice=on_notice,
    )


def classify_documents(
    clients: Clients,
    places: Sequence[str],
    config: ClassificationConfig,
    *,
    on_document: Callable[[], None] = lambda: None,
) -> ClassificationSummary:
    """Classify the documents of folders, files and S3 prefixes, and return what came out, counted.

    Called again after it was cut short it goes on: nothing that was answered is asked again.
    """
    classifier = open_classifier(clients, config)
    choice = classifier.chosen_for(places)
    return classifier.classify([classifier.documents(places)], choice=choice, on_document=on_document)


def _told_here(spent: BudgetSpent) -> BudgetSpent:
    remedy = Phrasing(
        command="Run the same command with a higher --at-most to go on; the tables hold what is answered.",
        call="Raise `at_most` to go on; the tables hold what is answered.",
    )
    return BudgetSpent(spent.message, remedy=remedy)

"""The whole way in Python: documents, a data set, a tuned model, an evaluation, a document of your own.

    import burnish

    work = burnish.connect("server")
    dataset = work.prepare(burnish.read_documents("scans"), to="s3://papers/set")
    tuned = work.deploy(work.tune(dataset, "papers"))
    work.evaluate(dataset, {"base": work.base_model, "tuned": tuned}, out="evaluation")
    work.classify("letter.pdf", tuned)

Each verb shows its progress and is made of the functions and the service that the command line is made of:
whoever needs more of their options calls those.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from burnish.aws.base_models import family_claiming
from burnish.aws.clients import Clients
from burnish.aws.deploying import Deployed
from burnish.data_frames import data_frame
from burnish.errors import InvalidConfig, JobFailed
from burnish.families import ModelFamily, model_id_of
from burnish.names import ANSWERS_NAME
from burnish.progress import ProgressBar, progress_bar, progress_stage
from burnish.service import ModelFinetuningService
from burnish.types import FinetuningJobResult, JobStatus

if TYPE_CHECKING:
    from pandas import DataFrame

    from burnish.classification import ClassificationSummary
    from burnish.datasets.documents import Documents
    from burnish.datasets.manifest import Manifest
    from burnish.datasets.prepared import PreparedDataset
    from burnish.datasets.record_files import CheckReport
    from burnish.datasets.splitting import SplitPlan
    from burnish.evaluation.classifying import Classification
    from burnish.evaluation.result import EvaluationResult
    from burnish.ladder.result import LadderResult
    from burnish.model_downloads import DownloadedModel

#: A job on AWS takes an hour, on a server of one's own a minute.
_AWS_POLL_SECONDS, _OWN_POLL_SECONDS = 60.0, 1.0


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """An endpoint, AWS or a server of your own, and the base model that is tuned there."""

    clients: Clients
    base_model: str

    def __str__(self) -> str:
        place = "AWS" if self.clients.leads_to_aws else "your own server"
        return f"{self.base_model} on {place}, account {self.clients.account_id}, {self.clients.region}"

    @cached_property
    def service(self) -> ModelFinetuningService:
        """Everything that can be done with jobs, models and what serves them, one call at a time."""
        return ModelFinetuningService(clients=self.clients)

    @cached_property
    def family(self) -> ModelFamily:
        """The family of the base model. Raises `InvalidConfig`, with the nearest id, for an unknown one."""
        return family_claiming(self.clients, self.base_model)

    def prepare(
        self,
        found: Documents,
        *,
        to: str,
        plan: SplitPlan | None = None,
        descriptions: Mapping[str, str] | None = None,
        schema: Mapping[str, Any] | None = None,
    ) -> PreparedDataset:
        """The documents as a data set in ``to`` (``s3://bucket/folder``), as `prepare_dataset` makes it.

        ``descriptions`` say what labels mean, and replace what the source says. Where documents were read
        with their fields, these are to be extracted: by a JSON ``schema``, or as the documents have them. The
        bucket is created where there is none.
        """
        from burnish.aws.objects import S3Uri, ensure_bucket
        from burnish.datasets.document_prompts import prompt_about
        from burnish.datasets.pages import usual_rendering
        from burnish.datasets.prepare import prepare_dataset
        from burnish.datasets.prepared import Destination, Preparation, require_place
        from burnish.datasets.splitting import SplitPlan
        from burnish.extraction_prompts import ExtractionPrompt

        place = require_place(S3Uri.parse(to))
        prompt = prompt_about(found, descriptions or {}, schema)
        preparation = Preparation(
            rules=self.family.tuning(model_id_of(self.base_model)).rules,
            model=self.base_model,
            plan=plan or SplitPlan(),
            prompt=prompt,
            rendering=usual_rendering(extracts=isinstance(prompt, ExtractionPrompt)),
        )
        ensure_bucket(self.clients.s3, place.bucket, region=self.clients.region)
        with progress_bar("documents") as bar:
            return prepare_dataset(
                found,
                s3=self.clients.s3,
                destination=Destination(bucket=place.bucket, prefix=place.key, owner=self.clients.account_id),
                preparation=preparation,
                on_document=lambda done, total: bar.show(done, total, f"{done} of {total}"),
            )

    def check(self, dataset: PreparedDataset) -> CheckReport:
        """Every rule of the base model on every record and image of a data set."""
        from burnish.datasets.record_files import check_files

        return check_files(
            [file.uri for file in dataset.manifest.files.values()],
            rules=self.family.tuning(model_id_of(self.base_model)).rules,
            s3=lambda: self.clients.s3,
            with_media=True,
        )

    @staticmethod
    def fresh_name(name: str) -> str:
        """The name with the time after it: job names can never be reused. `clean_up` finds what has it."""
        from burnish.tuning_jobs import fresh_name

        return fresh_name(name)

    def tune(
        self,
        dataset: PreparedDataset,
        name: str,
        *,
        hyperparameters: Mapping[str, str] | None = None,
    ) -> FinetuningJobResult:
        """The job that has tuned the base model on a data set, once it has completed.

        The role ``name`` is created for it, or updated; job and model get a `fresh_name`. Raises `JobFailed`
        with the job's own message.
        """
        from burnish.tuning_jobs import start_tuning_job

        job = start_tuning_job(
            self.service,
            dataset.manifest,
            folder=dataset.manifest_uri.rpartition("/")[0],
            base_model=self.base_model,
            family=self.family,
            name=self.fresh_name(name),
            role=name,
            hyperparameters=hyperparameters,
        )
        return self.wait(job.job_arn)

    def wait(self, job: str) -> FinetuningJobResult:
        """The job of this ARN or name, once it has completed. Interrupting the wait leaves the job running.

        Raises `JobFailed` with the job's own message.
        """
        with progress_bar("job") as bar:
            done = self.service.wait_for_job_completion(
                job,
                model_type=self.family.name,
                polling_interval=self._poll_seconds,
                on_poll=lambda seen: _show_job(bar, seen),
            )
        if done.status is not JobStatus.COMPLETED:
            raise JobFailed(f"The {done}")
        return done

    def losses(self, job: FinetuningJobResult | str) -> DataFrame:
        """The losses of a job by step, as a DataFrame with the columns training and validation."""
        arn = job if isinstance(job, str) else job.job_arn
        curves = (self.service.get_training_metrics(arn), self.service.get_validation_metrics(arn))
        training, validation = ({one.step: one.loss for one in curve} for curve in curves)
        rows = [(at, training.get(at), validation.get(at)) for at in sorted({*training, *validation})]
        return data_frame(("step", "training", "validation"), rows).set_index("step")

    def deploy(self, job: FinetuningJobResult | str) -> Deployed:
        """What answers for the model of a job, or of this ARN: on demand where its family supports that.

        Provisioned throughput, the only way for some families, is billed by the hour from here on.
        """
        arn = job if isinstance(job, str) else job.model_id
        if arn is None:
            raise InvalidConfig("The deployment", [f"the {job} has made no model"])
        model = self.service.get_custom_model(arn)
        return self.service.deploy_custom_model(arn, model.model_name, polling_interval=self._poll_seconds)

    def download(
        self,
        model: FinetuningJobResult | str,
        to: Path | str,
        *,
        form: str = "adapter",
        base: Path | str | None = None,
    ) -> DownloadedModel:
        """The model of a job, or of this name or ARN, in a folder ``to``: adapter, merged or gguf.

        See `burnish.model_downloads.download_model`.
        """
        from burnish.model_downloads import download_model
        from burnish.tuned_models.model_card import ModelFormat

        name = model if isinstance(model, str) else model.model_id or model.job_name
        return download_model(
            self.clients, name, Path(to), form=ModelFormat(form), base=Path(base) if base else None
        )

    def import_model(
        self, source: Path | str, name: str, *, to: str | None = None, role: str | None = None
    ) -> str:
        """The ARN to call a model by that is imported from a folder here or in S3, once it answers.

        A folder here is uploaded to the S3 folder ``to`` first. Without ``role``, an ARN, the role ``name``
        is created, or updated. Raises `InvalidConfig`, and `JobFailed` with the import's own message.
        """
        from burnish.aws.imports import ImportStatus, ModelImportJobConfig
        from burnish.aws.objects import S3Uri
        from burnish.model_imports import uploaded_model

        with progress_bar("import") as bar:
            bar.show(detail="uploading")
            uri = uploaded_model(self.clients, str(source), to)
            buckets = [S3Uri.parse(uri).bucket]
            reader = role or self.service.create_or_update_model_customization_role(name, buckets=buckets)
            bar.show(detail="checking and loading")
            config = ModelImportJobConfig(job_name=name, model_name=name, role_arn=reader, model_uri=uri)
            job = self.service.create_model_import_job(config)
            done = self.service.wait_for_model_import_job(job.job_arn, polling_interval=self._poll_seconds)
        if done.status is not ImportStatus.COMPLETED or done.model_arn is None:
            raise JobFailed(f"The {done}")
        return done.model_arn

    def evaluate(
        self,
        dataset: PreparedDataset,
        models: Mapping[str, str | Deployed],
        *,
        out: Path | str,
        title: str = "Evaluation",
        samples: int = 1,
    ) -> EvaluationResult:
        """Models, by their names, compared on the held-out pages of a data set, and a report in ``out``.

        The validation pages are asked about too: they calibrate the answers and choose the review threshold.
        Where fields are extracted they are not, as fields have no probabilities.
        Answers are kept in ``out``, and none is asked for twice. Raises `InvalidConfig` where a model was
        trained on pages that it is asked about.
        """
        from burnish.evaluation import AskedPages, Journal, write_evaluation
        from burnish.evaluation.comparing import ComparedModels
        from burnish.evaluation.reading_ahead import read_ahead
        from burnish.evaluation.result import EvaluationResult

        compared = ComparedModels(
            clients=self.clients,
            chosen=AskedPages(manifest=dataset.manifest, calibrate=not dataset.manifest.has_fields),
            journal=Journal(Path(out) / ANSWERS_NAME),
            models={name: self._id_of(model) for name, model in models.items()},
            samples=samples,
        )
        total = len(compared.chosen.listed)
        with progress_bar("pages") as bar:
            on_read, on_answer = bar.counter(total), bar.counter(total * len(models))
            evaluation = compared.evaluated(
                title=title,
                dataset=dataset.manifest_uri,
                read=lambda asked, pages: read_ahead(
                    self.clients.bedrock_runtime, asked, pages, on_page=lambda _: on_read("reading")
                ),
                ask=lambda model, pages: model.predict(pages, lambda _: on_answer(model.name)),
            )
        return EvaluationResult(evaluation=evaluation, report=write_evaluation(evaluation, Path(out)))

    def ladder(
        self,
        found: Documents,
        *,
        out: Path | str,
        rungs: Sequence[str] = (),
        models: Mapping[str, str] | None = None,
        tuned: Mapping[str, str] | None = None,
        folds: int = 5,
        minutes: float = 10,
    ) -> LadderResult:
        """Which model these documents and so many minutes can buy, with a report in ``out``.

        ``rungs`` are names such as majority, features and language-model, of which the default is all. Models
        are added by name: ``models`` are asked as they are, ``tuned`` are tuned in every fold. Finished folds
        are kept in ``out`` and not run again. All that is made is deleted, but for data sets and reports.
        """
        from burnish.ladder.building import Endpoint, LadderPlan, build_ladder
        from burnish.ladder.rungs import chosen_rungs, prompted_rung, rungs_offered, tuned_rung

        added = [
            *(prompted_rung(name, model) for name, model in (models or {}).items()),
            *(tuned_rung(name, model) for name, model in (tuned or {}).items()),
        ]
        chosen = chosen_rungs(rungs_offered(self.clients), rungs, added)
        plan = LadderPlan(rungs=chosen, out=Path(out), folds=folds, minutes=minutes)
        return build_ladder(found, plan, Endpoint(clients=self.clients), stage=progress_stage)

    def classify(
        self, document: Path | str, model: str | Deployed, *, dataset: PreparedDataset | None = None
    ) -> Classification:
        """What a model makes of a PDF or an image, page by page, asked as it was trained.

        A tuned model's data set is found by itself; for a base model name the one whose labels it is to
        choose from.
        """
        from burnish.evaluation.classifying import classify_document, manifest_of_model

        model_id = self._id_of(model)
        manifest: Manifest = dataset.manifest if dataset else manifest_of_model(self.clients, model_id)
        return classify_document(self.clients, Path(document), model_id=model_id, manifest=manifest)

    def classify_documents(
        self,
        *places: Path | str,
        model: str | Deployed,
        to: Path | str,
        rule: str | None = None,
        threshold: float | None = None,
        split: bool = False,
    ) -> ClassificationSummary:
        """New documents of folders, files, S3 prefixes and ``hf:`` data sets, labelled in a table ``to``.

        See `burnish.classification.ClassificationConfig`. Called again, it asks about nothing twice.
        """
        from burnish.classification import ClassificationConfig, PageRule, classify_documents

        with progress_bar("documents") as bar:
            return classify_documents(
                self.clients,
                [str(one) for one in places],
                ClassificationConfig(
                    model=model.model_id if isinstance(model, Deployed) else model,
                    to=str(to),
                    rule=PageRule(rule) if rule else None,
                    threshold=threshold,
                    split=split,
                ),
                on_document=_counted(bar),
            )

    def clean_up(self, name: str) -> list[str]:
        """Delete what `tune` and `deploy` have made under a name, and return what was deleted, line by line.

        Jobs that run are stopped. Data sets and reports stay.
        """
        from burnish.aws.cleaning import delete_everything_named

        return delete_everything_named(self.clients, name)

    @property
    def _poll_seconds(self) -> float:
        return _AWS_POLL_SECONDS if self.clients.leads_to_aws else _OWN_POLL_SECONDS

    def _id_of(self, model: str | Deployed) -> str:
        return model.model_id if isinstance(model, Deployed) else self.service.model_id_to_call(model)


def _counted(bar: ProgressBar) -> Callable[[], None]:
    """A function to call for each of any number of things that are done."""
    numbers = count(1)
    return lambda: bar.show(detail=f"{next(numbers)} done")


def _show_job(bar: ProgressBar, job: FinetuningJobResult) -> None:
    """Show the phase that a job is in, and where the service tells, how far it is."""
    if job.phase and job.progress:
        bar.show(job.progress.done, job.progress.total, f"{job.phase}, {job.progress}")
    else:
        bar.show(detail=job.phase or str(job.status))

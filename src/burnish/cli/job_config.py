"""What the command line makes a job of: its data, how it is tuned, and its config."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from burnish.cli.options import Tags, family_claiming, named, option, role_arn

if TYPE_CHECKING:
    from burnish.configs import FinetuningJobConfig


PreTraining = Annotated[
    bool,
    option(
        'Continue pre-training on plain text in place of fine-tuning: DATA is a .jsonl of {"input": "…"}.'
    ),
]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class TuningOptions:
    """How a model is tuned."""

    pre_training: PreTraining = False
    validation: Annotated[str | None, Parameter(help="Validation records, if DATA is a .jsonl.")] = None
    validation_split: Annotated[
        float | None,
        Parameter(
            help="Fraction of the records to set aside for validation.",
            validator=validators.Number(gt=0, lt=1),
        ),
    ] = None
    hyperparameter: Annotated[
        tuple[str, ...],
        option("A hyperparameter, as epochCount=2; repeatable."),
    ] = ()
    output: Annotated[
        str | None, Parameter(help="Destination of metrics, as s3://…; by default next to the data.")
    ] = None
    role: Annotated[
        str | None, Parameter(help="The job's role, by name or ARN; by default, one is made.")
    ] = None
    model_name: Annotated[str | None, Parameter(help="The model's name; by default the job's.")] = None
    tag: Tags = ()


@dataclass(frozen=True)
class JobFiles:
    """What a job trains on and validates with, and where its data set lies; its manifest, if it has one."""

    train: str
    validation: str | None
    folder: str
    manifest: str | None = None


def files_of(data: str, tuning: TuningOptions) -> JobFiles:
    """What a job uses of a data set, or of a file of records.

    Raises `InvalidConfig` where both validate, and for a data set where plain text is to be learned.
    """
    from burnish.aws.clients import open_clients
    from burnish.datasets.documents import Part
    from burnish.datasets.manifest import folder_of, kept_place, read_manifest
    from burnish.datasets.provenance import tag_for
    from burnish.errors import InvalidConfig

    if data.endswith(".jsonl"):
        return JobFiles(data, tuning.validation, data.rpartition("/")[0])
    if tuning.pre_training:
        records = '{"input": "…"}'
        raise InvalidConfig(
            "--pre-training",
            [f"{data} is a data set of documents: give a .jsonl of plain text, {records}, as s3://…"],
        )
    if tuning.validation:
        raise InvalidConfig("--validation", ["the data set has its own validation records: leave it out"])
    manifest = read_manifest(open_clients().s3, data)
    held = manifest.files.get(Part.VALIDATION)
    folder = folder_of(data)
    return JobFiles(
        train=manifest.files[Part.TRAIN].uri,
        validation=held.uri if held and held.records else None,
        folder=str(folder),
        manifest=tag_for(kept_place(folder, manifest)),
    )


def config_of(
    files: JobFiles, model: str, name: str, tuning: TuningOptions, role: str
) -> FinetuningJobConfig:
    """The config of a job. Raises `InvalidConfig` with all that cannot work."""
    from burnish.configs import FinetuningJobConfig
    from burnish.names import MANIFEST_TAG
    from burnish.types import CustomizationType

    method = (
        CustomizationType.CONTINUED_PRE_TRAINING if tuning.pre_training else CustomizationType.FINE_TUNING
    )
    manifest_tag = {MANIFEST_TAG: files.manifest} if files.manifest else {}
    return FinetuningJobConfig(
        base_model=model,
        training_data_uri=files.train,
        validation_data_uri=files.validation,
        validation_split=tuning.validation_split,
        output_uri=tuning.output or f"{files.folder}/output/",
        role_arn=role_arn(role),
        job_name=name,
        model_name=tuning.model_name or name,
        hyperparameters=dict(named(tuning.hyperparameter, "--hyperparameter")),
        # The user's last: who gives our tag means it.
        job_tags={**manifest_tag, **dict(named(tuning.tag, "--tag"))},
        model_type=family_claiming(model).name,
        customization_type=method,
    )


def buckets_of(files: JobFiles, output: str | None) -> list[str]:
    """The buckets that a job reads and writes, by name."""
    from burnish.aws.objects import S3Uri

    uris = [files.train, files.validation, output]
    return sorted({S3Uri.parse(uri).bucket for uri in uris if uri})

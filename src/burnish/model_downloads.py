"""A tuned model in a folder of one's own: as it was trained, merged into its base model, or for llama.cpp.

The server gives out what was learned, which is small. Merging and converting happen here, where the base
model's weights are fetched once, or lie already.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from burnish.aws import artifacts, jobs, model_files, models
from burnish.aws.clients import Clients
from burnish.aws.importable_weights import import_refusals
from burnish.disk import reporting_full_disk
from burnish.errors import InvalidInput, MissingWeights
from burnish.tuned_models.model_card import FILE_NAME as CARD_NAME
from burnish.tuned_models.model_card import ModelFormat, model_card
from burnish.tuned_models.model_manifest import FILE_NAME as MANIFEST_NAME
from burnish.tuned_models.model_manifest import BaseWeights, ModelManifest


@dataclass(frozen=True, kw_only=True)
class DownloadedModel:
    """A model in a folder. ``refusals`` is why Amazon Bedrock would not import it."""

    folder: Path
    form: ModelFormat
    manifest: ModelManifest
    #: Members of a pool that are not in it.
    left_out: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()


def download_model(
    clients: Clients,
    model: str,
    to: Path,
    *,
    form: ModelFormat = ModelFormat.ADAPTER,
    base: Path | None = None,
) -> DownloadedModel:
    """A custom model, given by name or ARN, in a folder that is not there yet or empty, with a model card.

    Merging takes the weights that the adapter was trained on: from the folder ``base``, or fetched from the
    Hugging Face hub. Raises `NotFound` where the service gives no weights out, and `InvalidInput` where the
    model has no such form.
    """
    job_arn = models.get_model(clients.bedrock, model).job_arn or ""
    output = jobs.get_job(clients.bedrock, job_arn).output_uri or ""
    confidence = artifacts.held_out_confidence(clients.s3, output, job_arn)
    with _appearing(to) as fresh, tempfile.TemporaryDirectory(dir=fresh.parent, prefix=".tuned-") as scratch:
        tuned = Path(scratch)
        manifest = model_files.download_model(clients.s3, output, job_arn, tuned)
        card = model_card(manifest, confidence, form=form, file=_gguf_name(manifest))
        left_out = _write(tuned, manifest, form=form, base=base, to=fresh)
        (fresh / CARD_NAME).write_text(card, encoding="utf-8")
        refusals = import_refusals(fresh) if form is ModelFormat.MERGED else []
    return DownloadedModel(
        folder=to, form=form, manifest=manifest, left_out=left_out, refusals=tuple(refusals)
    )


def _write(
    tuned: Path, manifest: ModelManifest, *, form: ModelFormat, base: Path | None, to: Path
) -> tuple[str, ...]:
    """Write a model in a form, and give the names of the pool's members that are not in it."""
    if form is ModelFormat.ADAPTER:
        shutil.copytree(tuned, to, dirs_exist_ok=True)
        return ()
    # Imported here: torch takes seconds, and not every client has it.
    from burnish.engine.gguf_files import write_gguf
    from burnish.engine.merging import mergeable_base, write_merged

    chosen = mergeable_base(manifest)
    weights = _weights_of(chosen, base)
    if form is ModelFormat.MERGED:
        write_merged(weights, tuned, chosen, to)
        shutil.copyfile(tuned / MANIFEST_NAME, to / MANIFEST_NAME)
    else:
        with tempfile.TemporaryDirectory(dir=to.parent, prefix=".merged-") as merged:
            write_merged(weights, tuned, chosen, Path(merged))
            write_gguf(Path(merged), to / _gguf_name(manifest), name=manifest.model_name)
    return tuple(one.name for one in manifest.bases if one != chosen)


def _weights_of(base: BaseWeights, given: Path | None) -> Path:
    """The folder of the weights that an adapter was trained on."""
    from burnish.engine.catalogue import open_model
    from burnish.engine.merging import require_same_weights
    from burnish.engine.weights import prepared_weights

    try:
        folder = given or prepared_weights(open_model(base.source))
    except MissingWeights as error:
        raise MissingWeights(
            f"Merging takes the weights of {base.source}, which are not on this machine: name the folder "
            f"that has them with --base ({error})"
        ) from error
    require_same_weights(base, folder)
    return folder


def _gguf_name(manifest: ModelManifest) -> str:
    return f"{manifest.model_name}.gguf"


@contextmanager
def _appearing(folder: Path) -> Iterator[Path]:
    """A scratch folder that becomes ``folder`` where all goes well. Raises `InvalidInput` for one in use."""
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise InvalidInput(f"{folder} is there already: name a folder that is not, or empty it")
    with reporting_full_disk(folder.parent):
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield fresh
        fresh.chmod(0o755)  # `mkdtemp` makes folders for their owner alone
        fresh.replace(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)

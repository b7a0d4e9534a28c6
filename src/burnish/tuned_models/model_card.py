"""The card of a tuned model that leaves the machine: what it is, what it was trained on, how to load it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum

from burnish.calibration.held_out_confidence import HeldOutConfidence
from burnish.tuned_models.model_manifest import BaseWeights, ModelManifest

FILE_NAME = "README.md"
#: Licences of base models that Burnish itself brings.
LICENCES: Mapping[str, str] = {
    "HuggingFaceTB/SmolLM2-135M-Instruct": "apache-2.0",
    "sentence-transformers/all-MiniLM-L6-v2": "apache-2.0",
    "page-features": "apache-2.0",
}
_ON_THE_HUB = re.compile(r"[\w.-]+/[\w.-]+")


class ModelFormat(StrEnum):
    """The forms in which a tuned model leaves the machine."""

    ADAPTER = "adapter"
    MERGED = "merged"
    GGUF = "gguf"


def model_card(
    manifest: ModelManifest, confidence: HeldOutConfidence | None, *, form: ModelFormat, file: str = ""
) -> str:
    """The card in Markdown, as ``README.md`` of a repository on the Hugging Face hub has it.

    ``file`` is the name of the file in the format GGUF.
    """
    parts = [
        *_front_matter(manifest, form),
        f"# {_harmless(manifest.model_name)}",
        "",
        *_about(manifest, form),
        "",
        "## Training",
        "",
        *_training(manifest),
        "",
        "## Confidence",
        "",
        *_confidence(confidence),
        "",
        "## Licence",
        "",
        *map(_licence, manifest.bases),
        "",
        "## How to load it",
        "",
        *_LOADING[form](manifest, file),
    ]
    return "\n".join(parts) + "\n"


def _front_matter(manifest: ModelManifest, form: ModelFormat) -> list[str]:
    """The members that the hub reads."""
    licences = {LICENCES.get(base.source, "other") for base in manifest.bases}
    known = [base.source for base in manifest.bases if _ON_THE_HUB.fullmatch(base.source)]
    library = {ModelFormat.ADAPTER: "peft", ModelFormat.MERGED: "transformers"}.get(form, "gguf")
    has_adapter = any(base.fingerprint for base in manifest.bases)
    return [
        "---",
        *(["base_model:", *(f"- {source}" for source in known)] if known else []),
        f"license: {licences.pop() if len(licences) == 1 else 'other'}",
        *([f"library_name: {library}"] if has_adapter else []),
        "tags:",
        "- burnish",
        "---",
        "",
    ]


def _about(manifest: ModelManifest, form: ModelFormat) -> list[str]:
    names = " and ".join(f"{base.source} ({base.kind})" for base in manifest.bases)
    said = f"Tuned with Burnish from {names}"
    stands_in = not manifest.base_model_id.startswith("local.")
    more = f", which stood in for {manifest.base_model_id}" if stands_in else ""
    forms = {
        ModelFormat.ADAPTER: "This folder holds what was learned; the base model's weights are not in it.",
        ModelFormat.MERGED: "What was learned is merged into the base model's weights.",
        ModelFormat.GGUF: "What was learned is merged into the base model's weights, in one file.",
    }
    return [f"{said}{more}. {forms[form]}"]


def _training(manifest: ModelManifest) -> Iterator[str]:
    figures = manifest.figures
    yield f"- records: {figures.training_records} to train on, {figures.validation_records} to validate"
    if figures.labels:
        counts = ", ".join(f"{_harmless(name)} {count}" for name, count in figures.labels.items())
        yield f"- labels: {len(figures.labels)} ({counts})"
    if figures.training_loss is not None:
        yield f"- training loss, at the last step: {figures.training_loss:.4f} nats"
    if figures.validation_loss is not None:
        yield f"- validation loss, at the end: {figures.validation_loss:.4f} nats"
    for name, value in sorted(figures.hyperparameters.items()):
        yield f"- {_harmless(name)}: {_harmless(value)}"


def _confidence(found: HeldOutConfidence | None) -> list[str]:
    if found is None:
        return ["How far its confidence is to be trusted was not measured: no page was held out."]
    return [f"- {line}" for line in found.lines()]


def _licence(base: BaseWeights) -> str:
    if known := LICENCES.get(base.source):
        return f"- {base.source}: {known}"
    place = f"https://huggingface.co/{base.source}" if _ON_THE_HUB.fullmatch(base.source) else "its card"
    return f"- {base.source}: the licence of the base model holds for what is made of it, see {place}"


def _loading_adapter(manifest: ModelManifest, _file: str) -> Iterator[str]:
    for base in manifest.bases:
        if base.kind in _CLASSES:
            yield from _loading_with_peft(base)
    yield "On a server of Burnish, where it decides among labels as it did before:"
    yield from ("", "```sh", "burnish model import FOLDER --name NAME --role ROLE", "```")


def _loading_with_peft(base: BaseWeights) -> Iterator[str]:
    folder = f"FOLDER/{base.folder}" if base.folder else "FOLDER"
    network, reader = _CLASSES[base.kind]
    yield from (
        "```python",
        "from peft import PeftModel",
        f"from transformers import {network}, {reader}",
        "",
        f'base = {network}.from_pretrained("{base.source}")',
        f'model = PeftModel.from_pretrained(base, "{folder}")',
        f'reader = {reader}.from_pretrained("{folder}")',
        "```",
        "",
    )


def _loading_merged(manifest: ModelManifest, _file: str) -> Iterator[str]:
    base = next(one for one in manifest.bases if one.kind in _CLASSES)
    network, reader = _CLASSES[base.kind]
    yield from (
        "```python",
        f"from transformers import {network}, {reader}",
        "",
        f'model = {network}.from_pretrained("FOLDER")',
        f'reader = {reader}.from_pretrained("FOLDER")',
        "```",
        "",
        "On a server of Burnish, or on Amazon Bedrock (Custom Model Import):",
        "",
        "```sh",
        "burnish model import FOLDER --name NAME --role ROLE",
        "```",
    )


def _loading_gguf(_manifest: ModelManifest, file: str) -> Iterator[str]:
    yield from ("```sh", f"llama-cli -m {file}", "```")


#: The classes of transformers by the kinds that write text: of the network, and of what reads its input.
_CLASSES: Mapping[str, tuple[str, str]] = {
    "language-model": ("AutoModelForCausalLM", "AutoTokenizer"),
    "vision-language": ("AutoModelForImageTextToText", "AutoProcessor"),
}
_LOADING: Mapping[ModelFormat, Callable[[ModelManifest, str], Iterator[str]]] = {
    ModelFormat.ADAPTER: _loading_adapter,
    ModelFormat.MERGED: _loading_merged,
    ModelFormat.GGUF: _loading_gguf,
}


def _harmless(text: str) -> str:
    """Text of somebody else's that is to be no Markdown: labels come from records."""
    return re.sub(r"([\\`*_\[\]<>#|])", r"\\\1", " ".join(text.split()))

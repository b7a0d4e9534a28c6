"""A tuned model's files as they leave the machine: no path of it is in them, and each adapter is complete.

peft writes the place of the base weights into the adapter's config and its card; what reads text (the
tokenizer, its chat template, a processor) lies with the base weights alone. So the one is replaced by the
base model's name, and the other is put beside the adapter.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from burnish.disk import reporting_full_disk
from burnish.engine.fingerprints import fingerprint_of_tensors, sum_of
from burnish.engine.kind_files import members_of
from burnish.engine.kinds import LANGUAGE_MODEL, VISION_LANGUAGE, kind_of
from burnish.tuned_models.model_manifest import BaseWeights

ADAPTER_CONFIG = "adapter_config.json"
TOKENIZER_CONFIG = "tokenizer_config.json"
#: What transformers 5 writes of how it has loaded a tokenizer, which is nobody else's business.
_LOADING = ("backend", "is_local", "local_files_only", "name_or_path")


def write_portable(
    tuned: Path, weights: Path, sources: Mapping[str, str], to: Path
) -> tuple[BaseWeights, ...]:
    """Write what was tuned into a folder, and say from which weights.

    ``sources`` are the names under which base weights are known elsewhere, by the members of a pool; one
    where ``weights`` are those of a single model.
    """
    shutil.rmtree(to, ignore_errors=True)  # of a try for which the disk had no room
    with reporting_full_disk(to.parent):
        shutil.copytree(tuned, to)
        return _completed(to, weights, sources)


def checksums_of(folder: Path) -> dict[str, str]:
    """The files in a folder, by their paths in it, with their SHA-256."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sum_of(path) for path in files}


def _completed(to: Path, weights: Path, sources: Mapping[str, str]) -> tuple[BaseWeights, ...]:
    bases = []
    for place, (name, source, folder) in _places(weights, sources).items():
        if not (to / folder).is_dir():  # a pool's member that took no part in the training
            continue
        base = BaseWeights(
            name=name,
            source=source,
            kind=kind_of(place).name,
            fingerprint=fingerprint_of_tensors(place),
            folder=folder,
        )
        for config in sorted((to / folder).rglob(ADAPTER_CONFIG)):
            _complete_adapter(config, place, base)
        bases.append(base)
    return tuple(bases)


def _places(weights: Path, sources: Mapping[str, str]) -> dict[Path, tuple[str, str, str]]:
    """The folders of base weights, with a name, a source and the sub-folder of what was tuned from each."""
    if members := members_of(weights):
        return {folder: (name, sources[name], name) for name, folder in members.items()}
    ((name, source),) = sources.items()
    return {weights: (name, source, "")}


def _complete_adapter(config: Path, weights: Path, base: BaseWeights) -> None:
    said = json.loads(config.read_text(encoding="utf-8"))
    config.write_text(
        json.dumps({**said, "base_model_name_or_path": base.source}, indent=2), encoding="utf-8"
    )
    # peft's own card, which names the folder of the base weights.
    (config.parent / "README.md").unlink(missing_ok=True)
    write_reader(weights, base.kind, config.parent)


def write_reader(weights: Path, kind: str, to: Path) -> None:
    """Write what a model reads text and pages with into a folder, with its chat template."""
    _reader(weights, kind).save_pretrained(to)
    path = to / TOKENIZER_CONFIG
    template = to / "chat_template.jinja"
    said = portable_tokenizer_config(json.loads(path.read_text(encoding="utf-8")))
    if template.is_file():  # for versions of transformers that look for it in the config alone
        said["chat_template"] = template.read_text(encoding="utf-8")
    path.write_text(json.dumps(said, indent=2, ensure_ascii=False), encoding="utf-8")


def portable_tokenizer_config(said: Mapping[str, Any]) -> dict[str, Any]:
    """A tokenizer's config as earlier versions of transformers read it, too: they lack version 5's class."""
    kept = {name: value for name, value in said.items() if name not in _LOADING}
    if kept.get("tokenizer_class") == "TokenizersBackend":
        kept["tokenizer_class"] = "PreTrainedTokenizerFast"
    return kept


def _reader(weights: Path, kind: str) -> Any:
    if kind == VISION_LANGUAGE.name:
        from burnish.engine.vision_language.network import load_processor

        return load_processor(weights)
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(weights, local_files_only=True)
    if kind == LANGUAGE_MODEL.name:
        from burnish.engine.language_model.chat_template import with_chat_template

        return with_chat_template(tokenizer)
    return tokenizer

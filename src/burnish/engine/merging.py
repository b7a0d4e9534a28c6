"""An adapter merged into the weights that it was trained on: a model that needs neither Burnish nor peft.

What Burnish knows of its answers (their form, their calibration, how much of a page it reads) lies in the
sub-folder `ANSWERS`, which everybody else passes over.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from burnish.disk import reporting_full_disk
from burnish.engine.fingerprints import fingerprint_of_tensors
from burnish.engine.kinds import LANGUAGE_MODEL, READING_FILE, VISION_LANGUAGE
from burnish.engine.language_model.decision import FILE as DECISION
from burnish.engine.pool.saved import load_pool
from burnish.engine.portable_models import write_reader
from burnish.engine.tensor_errors import system_errors
from burnish.errors import InvalidInput
from burnish.page_features.typicality import FILE as TYPICALITY
from burnish.tuned_models.model_manifest import ANSWERS, BaseWeights, ModelManifest

MERGEABLE = (LANGUAGE_MODEL.name, VISION_LANGUAGE.name)


def mergeable_base(manifest: ModelManifest) -> BaseWeights:
    """The weights that a model's adapter is merged into: of a pool those of the member that writes.

    Raises `InvalidInput` where the model has no such adapter.
    """
    found = next((base for base in manifest.bases if base.kind in MERGEABLE), None)
    if found is None:
        raise InvalidInput(
            f"{manifest.model_name} is a model of the kind {manifest.kind}: only the adapter of a model "
            "that writes can be merged. Download it as it is (--format adapter)"
        )
    return found


def require_same_weights(base: BaseWeights, weights: Path) -> None:
    """Raise `InvalidInput` where the weights in a folder are not those that an adapter was trained on."""
    found = fingerprint_of_tensors(weights)
    if found != base.fingerprint:
        raise InvalidInput(
            f"The weights of {base.source} on this machine are others (fingerprint {found or 'none'}) than "
            f"those that the adapter was trained on ({base.fingerprint}): name a copy of these with --base"
        )


def write_merged(weights: Path, tuned: Path, base: BaseWeights, to: Path) -> None:
    """Write a model with its adapter merged in into a folder that is there and empty. Raises `DiskFull`.

    ``tuned`` has the files of the tuned model, of a pool those of all members. It takes four bytes of
    memory for each parameter; what is written has the dtype of the weights.
    """
    import torch
    from peft import PeftModel
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText

    stored = AutoConfig.from_pretrained(weights, local_files_only=True).dtype or torch.float32
    family = AutoModelForImageTextToText if base.kind == VISION_LANGUAGE.name else AutoModelForCausalLM
    # In float32: of an update that is added in bfloat16, the smaller half is lost.
    network = family.from_pretrained(weights, dtype=torch.float32, local_files_only=True)
    merged = PeftModel.from_pretrained(network, tuned / base.folder).merge_and_unload(safe_merge=True)
    with reporting_full_disk(to), system_errors():
        merged.to(stored).save_pretrained(to)
        write_reader(weights, base.kind, to)
        _write_config(to / "config.json")
        _write_answers(tuned, base, to / ANSWERS)


def _write_config(path: Path) -> None:
    said = portable_config(json.loads(path.read_text(encoding="utf-8")))
    path.write_text(json.dumps(said, indent=2), encoding="utf-8")


def portable_config(said: Mapping[str, Any]) -> dict[str, Any]:
    """A model's config as earlier versions of transformers read it, too.

    They pass over the names that version 5 gives the base of rotary positions and the dtype, and would
    compute with other positions without a word.
    """
    config = {name: portable_config(one) if name.endswith("_config") else one for name, one in said.items()}
    if isinstance(dtype := config.get("dtype"), str):
        config["torch_dtype"] = dtype
    rotary = config.get("rope_parameters")
    if isinstance(rotary, Mapping) and "rope_theta" in rotary:
        others = {name: value for name, value in rotary.items() if name != "rope_theta"}
        config["rope_theta"] = rotary["rope_theta"]
        config["rope_scaling"] = None if others.get("rope_type", "default") == "default" else others
    return config


def _write_answers(tuned: Path, base: BaseWeights, to: Path) -> None:
    """Write the form and the calibration of a model's answers, and what it is to be given of each page."""
    to.mkdir()
    shutil.copyfile(tuned / base.folder / DECISION, to / DECISION)
    shutil.copyfile(tuned / READING_FILE, to / READING_FILE)
    if base.folder:  # the pool is given what any member reads
        member = next(one for one in load_pool(tuned).members if one.name == base.name)
        (to / READING_FILE).write_bytes(msgspec.json.encode(member.reading))
    if (tuned / TYPICALITY).is_file():
        shutil.copyfile(tuned / TYPICALITY, to / TYPICALITY)

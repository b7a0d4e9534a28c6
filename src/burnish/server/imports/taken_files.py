"""Which files of a folder in S3 are a model's. Others are not fetched: nothing pickled, no code, no links."""

from __future__ import annotations

import re
from collections.abc import Mapping

from burnish.errors import InvalidInput
from burnish.tuned_models.model_manifest import ANSWERS

#: So many objects are looked at.
MOST_OBJECTS = 1000
#: Everything but tensors is read at once, by libraries that trust its size.
MAX_SMALL_BYTES = 256 * 1024 * 1024

_TENSORS = r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.safetensors"
_READER = (
    r"tokenizer\.json|tokenizer_config\.json|tokenizer\.model|special_tokens_map\.json|added_tokens\.json|"
    r"vocab\.json|vocab\.txt|merges\.txt|chat_template\.jinja|chat_template\.json|"
    r"preprocessor_config\.json|video_preprocessor_config\.json|processor_config\.json"
)
_ANSWERS = r"decision\.json|reading\.json|typicality\.npz"
#: Of weights in Hugging Face's layout.
_WEIGHTS = re.compile(
    rf"{_TENSORS}|{_READER}|config\.json|generation_config\.json|model\.safetensors\.index\.json|"
    rf"burnish\.json|{ANSWERS}/({_ANSWERS})"
)
#: Of what was tuned from other weights: an adapter, a head, counted features, and a pool of such.
_TUNED = re.compile(
    rf"burnish\.json|pool\.json|([A-Za-z0-9_][A-Za-z0-9_.-]*/){{0,2}}"
    rf"(adapter_config\.json|adapter_model\.safetensors|{_READER}|{_ANSWERS}|"
    r"page-features\.json|page-features\.npz|head\.json|head\.npz)"
)


def taken_files(sizes: Mapping[str, int]) -> dict[str, int]:
    """The files of a model among the objects of a folder, with their sizes. Raises `InvalidInput`."""
    if not sizes:
        raise InvalidInput("the folder is empty: name the one that has config.json in it")
    pattern = _WEIGHTS if "config.json" in sizes else _TUNED
    taken = {name: size for name, size in sizes.items() if pattern.fullmatch(name)}
    if not any(_is_model(name) for name in taken):
        raise InvalidInput(
            "there are neither *.safetensors nor files of a model of Burnish in it. Pickled weights (*.bin, "
            "*.pt) are not read: they are programs. Save the model as safetensors"
        )
    large = [
        name for name, size in taken.items() if size > MAX_SMALL_BYTES and not name.endswith(".safetensors")
    ]
    if large:
        raise InvalidInput(f"{large[0]} has {taken[large[0]]} bytes: at most {MAX_SMALL_BYTES} are taken")
    return taken


def _is_model(name: str) -> bool:
    return name.endswith((".safetensors", "page-features.npz", "head.npz"))

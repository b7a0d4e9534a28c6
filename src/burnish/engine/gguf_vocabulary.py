"""A tokenizer as llama.cpp keeps it: tokens, merges, and by its name the rule that splits text before them.

llama.cpp knows these rules by names of its own. What a tokenizer does stands in ``tokenizer.json``, so the
name is found by that; one whose rule is none of these would split text otherwise there, and is refused. The
other way round a GGUF file tells the name alone, and where transformers does not know it, its tokenizer gets
the rule of GPT-2.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from burnish.errors import InvalidInput

#: A step of a rule, as ``tokenizer.json`` has it.
Step = Mapping[str, Any]


def _bytes(*, splits: bool) -> Step:
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": splits}


def _split(digits: str) -> Step:
    """The expression of Llama 3, with so many digits at once."""
    expression = (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
        + digits
        + r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    )
    return {"type": "Split", "pattern": {"Regex": expression}, "behavior": "Isolated", "invert": False}


#: The rules that split text, by the names that llama.cpp has for them.
RULES: Mapping[str, Sequence[Step]] = {
    "gpt-2": (_bytes(splits=True),),
    "smollm": ({"type": "Digits", "individual_digits": True}, _bytes(splits=True)),
    "llama-bpe": (_split(r"\p{N}{1,3}"), _bytes(splits=False)),
    "qwen2": (_split(r"\p{N}"), _bytes(splits=False)),
}
#: Tells what offsets are reported, and no token depends on it.
_IRRELEVANT = "trim_offsets"


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """The tokens in the order of their ids, the merges of a byte-level BPE, and the rule that splits text."""

    tokens: tuple[str, ...]
    #: Of the enumeration `gguf.TokenType`.
    types: tuple[int, ...]
    merges: tuple[str, ...]
    splitting: str


def vocabulary_in(folder: Path, size: int) -> Vocabulary:
    """The vocabulary of the tokenizer in a folder, for a network of ``size`` embeddings.

    Raises `InvalidInput` for a tokenizer that llama.cpp would not follow.
    """
    said = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    model = said["model"]
    if model["type"] != "BPE" or model.get("byte_fallback") or said.get("normalizer"):
        kind = "SentencePiece" if model.get("byte_fallback") else model["type"]
        raise InvalidInput(
            f"its tokenizer is of the kind {kind}: only byte-level BPE without a normalizer is written as "
            "GGUF"
        )
    ids, types = _ids_and_types(said)
    places = {place: token for token, place in ids.items()}
    tokens = tuple(places.get(place, f"[PAD{place}]") for place in range(size))
    return Vocabulary(
        tokens=tokens,
        types=tuple(types.get(place, _UNUSED) for place in range(size)),
        merges=tuple(one if isinstance(one, str) else " ".join(one) for one in model["merges"]),
        splitting=_splitting(said["pre_tokenizer"]),
    )


_NORMAL, _CONTROL, _USER_DEFINED, _UNUSED = 1, 3, 4, 5


def _ids_and_types(said: Mapping[str, Any]) -> tuple[dict[str, int], dict[int, int]]:
    ids = dict(said["model"]["vocab"])
    types = dict.fromkeys(ids.values(), _NORMAL)
    for added in said["added_tokens"]:
        ids[added["content"]] = added["id"]
        types[added["id"]] = _CONTROL if added["special"] else _USER_DEFINED
    return ids, types


def _splitting(rule: Step | None) -> str:
    """llama.cpp's name of the rule that splits text. Raises `InvalidInput` where it has none."""
    name = _name_of(rule)
    if name is None:
        raise InvalidInput(
            f"its tokenizer splits text by a rule that is none of {', '.join(RULES)}, which are written as "
            "GGUF"
        )
    return name


def _name_of(rule: Step | None) -> str | None:
    said = list(map(_relevant, _steps_of(rule)))
    return next((name for name, steps in RULES.items() if said == list(map(_relevant, steps))), None)


def _steps_of(rule: Step | None) -> Sequence[Step]:
    if rule is None:
        return ()
    steps: Sequence[Step] = rule["pretokenizers"] if rule["type"] == "Sequence" else [rule]
    return steps


def _relevant(step: Step) -> dict[str, Any]:
    return {name: value for name, value in step.items() if name != _IRRELEVANT}


def splits_as_gpt_2(folder: Path) -> bool:
    """Whether the tokenizer in a folder splits text by the rule that it gets where none is known."""
    said = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    return _name_of(said["pre_tokenizer"]) == "gpt-2"


def splitting_in_gguf(path: Path) -> str:
    """llama.cpp's name of the rule by which the tokenizer in a GGUF file splits text."""
    import gguf

    said = gguf.GGUFReader(path).fields.get(gguf.Keys.Tokenizer.PRE)
    return str(said.contents()) if said else "gpt-2"


def restore_splitting(folder: Path, gguf_file: Path) -> None:
    """Let the tokenizer in a folder, which was made of a GGUF file, split text as that file says.

    Raises `InvalidInput` for a rule that is not known here.
    """
    name = splitting_in_gguf(gguf_file)
    if name not in RULES:
        raise InvalidInput(
            f"{gguf_file.name} has a tokenizer that splits text by the rule {name}, which is none of "
            f"{', '.join(RULES)}"
        )
    path = folder / "tokenizer.json"
    said = json.loads(path.read_text(encoding="utf-8"))
    said["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": RULES[name]}
    path.write_text(json.dumps(said, indent=2, ensure_ascii=False), encoding="utf-8")

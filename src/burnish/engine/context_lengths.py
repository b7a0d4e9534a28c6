"""How many tokens a model takes at once, told by the files of its weights. Imports nothing heavy.

It bounds what may be asked for before a model is loaded; what does not fit is found with the model itself.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from burnish.errors import InputTooLong


class _Decoder(msgspec.Struct):
    """What a configuration of a decoder says of its context. GPT-2 and its like have names of their own."""

    max_position_embeddings: int | None = None
    n_positions: int | None = None

    @property
    def context(self) -> int | None:
        return self.max_position_embeddings or self.n_positions


class _Config(_Decoder):
    """What a ``config.json`` says; of a model that also sees, the decoder of text has a part of it."""

    text_config: _Decoder | None = None


def context_length(weights: Path) -> int | None:
    """The context of the model in a folder of Hugging Face's layout.

    None where ``config.json`` does not say: of some architectures only the tokenizer does, and others leave
    out what is their default.
    """
    try:
        config = msgspec.json.decode((weights / "config.json").read_bytes(), type=_Config)
    except (OSError, msgspec.DecodeError):
        return None  # loading it says what is missing or damaged
    return (config.text_config or config).context


def too_long(length: str, *, context: int) -> InputTooLong:
    """The error for an input of a length that is more than a model's context."""
    # By Bedrock's words, those before the colon, frameworks know that they have to shorten a conversation.
    return InputTooLong(
        f"Input is too long for requested model: it has {length}, and the model's context is {context} tokens"
    )

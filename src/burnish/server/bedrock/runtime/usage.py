"""The numbers of tokens of an answer, as AWS counts them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from burnish.engine.inference_messages import Answer


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Tokens of an answer. Those read from the cache or written to it are not among ``input``."""

    input: int
    output: int
    cache_read: int
    cache_write: int

    @property
    def in_converse(self) -> Mapping[str, int]:
        """The numbers in Converse's names; ``totalTokens`` are all of them."""
        return {
            "inputTokens": self.input,
            "outputTokens": self.output,
            "totalTokens": self.input + self.output + self.cache_read + self.cache_write,
            "cacheReadInputTokens": self.cache_read,
            "cacheWriteInputTokens": self.cache_write,
        }


def usage_of(answer: Answer) -> Usage:
    """The numbers of an answer."""
    read, written = answer.cache_read_tokens, answer.cache_write_tokens
    return Usage(
        input=answer.input_tokens - read - written,
        output=answer.output_tokens,
        cache_read=read,
        cache_write=written,
    )

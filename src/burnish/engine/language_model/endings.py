"""Where a text ends, and what is answered of it."""

from __future__ import annotations

from collections.abc import Sequence

from burnish.engine.inference_messages import Answer, Sampling
from burnish.engine.language_model.chat_template import TURN_END
from burnish.engine.language_model.network import LanguageModel


class TextEnd:
    """Tells when a text has ended: at a stop string, or with the turn.

    Only as many of the last tokens are decoded as a stop string can have: a token is a byte at least.
    """

    def __init__(self, model: LanguageModel, stops: Sequence[str]) -> None:
        self._model = model
        #: The strings that end it, and do not belong to it.
        self.strings = (*stops, TURN_END) if not model.end_tokens else tuple(stops)
        self._reach = max((len(stop.encode()) for stop in self.strings), default=0) + 8

    def is_at(self, tokens: Sequence[int]) -> bool:
        """Whether a text of these tokens has ended."""
        if tokens[-1] in self._model.end_tokens:
            return True
        if not self.strings:
            return False
        text = text_of(self._model, tokens[-self._reach :])
        return any(stop in text for stop in self.strings)


def text_of(model: LanguageModel, tokens: Sequence[int]) -> str:
    """The text that generated tokens are; of a character that is not whole yet, it has U+FFFD."""
    return str(model.tokenizer.decode(list(tokens), skip_special_tokens=True))


def room_of(model: LanguageModel, sampling: Sampling, *, input_tokens: int) -> int:
    """How many tokens a text has at most after a prompt of so many."""
    return max(1, min(sampling.max_tokens, model.context - input_tokens))


def answer_of(model: LanguageModel, input_tokens: int, tokens: Sequence[int], sampling: Sampling) -> Answer:
    """The text of generated tokens, up to a stop string, and why it ended."""
    reason = (
        "end_turn" if tokens and tokens[-1] in model.end_tokens else _cut_off(model, input_tokens, tokens)
    )
    text = text_of(model, tokens)
    if not model.end_tokens and TURN_END in text:
        text, reason = text[: text.index(TURN_END)], "end_turn"
    stop = min((one for one in sampling.stop if one in text), key=text.find, default=None)
    if stop is not None:
        text, reason = text[: text.find(stop)], "stop_sequence"
    return Answer(
        text=text,
        stop_reason=reason,
        input_tokens=input_tokens,
        output_tokens=len(tokens),
        stop_sequence=stop,
    )


def _cut_off(model: LanguageModel, input_tokens: int, tokens: Sequence[int]) -> str:
    """Why a text ended that did not end by itself: no more was asked for, or there is no room for it."""
    is_full = input_tokens + len(tokens) >= model.context
    return "model_context_window_exceeded" if is_full else "max_tokens"

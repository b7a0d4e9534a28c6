"""Answers bound to a JSON schema: of the next tokens only those are left that can still lead to a valid one.

llguidance keeps a parser beside the text and says after each token which may follow. It refuses the keywords
that it does not know, where other libraries ignore them: what it accepts, answers are valid by.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import torch
from llguidance import LLMatcher, LLParserLimits
from llguidance.hf import from_tokenizer
from transformers import LogitsProcessor

from burnish.engine.object_forms import ObjectForm
from burnish.errors import InvalidInput

#: A fifth of a second for the schema, and as much for a token at the very most; they take milliseconds.
LIMITS = LLParserLimits(initial_lexer_fuel=1_000_000, step_lexer_fuel=200_000, verbose_errors=False)
#: A model that is not sure of a number writes zeros until its answer is cut off, as the demo's base model did
#: for four of 12 invoices.
DECIMAL_STEP = 1e-9
#: Keywords with values in which an object is no schema.
_VALUES_OF_SCHEMAS = frozenset({"enum", "const", "default", "examples"})


class Grammars:
    """Makes schemas into grammars over the tokens of one tokenizer."""

    def __init__(self, tokenizer: Any) -> None:
        try:
            self._tokenizer = from_tokenizer(tokenizer)
        except ValueError as error:
            raise InvalidInput(
                "This model cannot be bound to a JSON schema, because it has no tokenizer.json: leave "
                "outputConfig out"
            ) from error

    def bound_to(self, schema: str, form: ObjectForm, *, start: int) -> OnlyValidTokens:
        """What lets a model write only what is valid by a schema, from the token at ``start`` on.

        Raises `InvalidInput` with the keyword for a schema that cannot be followed.
        """
        matcher = LLMatcher(self._tokenizer, _grammar(schema, form), log_level=0, limits=LIMITS)
        if matcher.is_error():
            raise InvalidInput(_reason(matcher))
        return OnlyValidTokens(matcher, form, start=start)


class OnlyValidTokens(LogitsProcessor):  # type: ignore[misc]
    """Rules out every token that the grammar, of objects in a ``form``, does not allow next."""

    def __init__(self, matcher: LLMatcher, form: ObjectForm, *, start: int) -> None:
        self.form = form
        self._matcher = matcher
        self._taken = start

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        new = input_ids[0, self._taken :].tolist()
        self._taken += len(new)
        self._matcher.consume_tokens(new)
        bits = np.frombuffer(self._matcher.compute_bitmask(), dtype=np.uint8)
        if self._matcher.is_error():
            raise InvalidInput(_reason(self._matcher))
        allowed = np.zeros(scores.shape[-1], dtype=bool)
        known = np.unpackbits(bits, bitorder="little")[: len(allowed)]
        allowed[: len(known)] = known
        return scores.masked_fill(~torch.from_numpy(allowed).to(scores.device), -torch.inf)


def _grammar(schema: str, form: ObjectForm) -> str:
    """A grammar in llguidance's notation, which is that of Lark."""
    options = {
        "item_separator": form.item_separator,
        "key_separator": form.key_separator,
        "whitespace_flexible": False,
    }
    # Over what the schema may bring along itself: with `lenient` keywords would be ignored.
    bound = json.dumps({**_with_short_decimals(json.loads(schema)), "x-guidance": options})
    around = [json.dumps(text) if text else "" for text in (form.before, form.after)]
    return f"start: {around[0]} answer {around[1]}\nanswer: %json {bound}\n"


def _with_short_decimals(schema: Any) -> Any:
    """The schema with a step for each kind of number that has none, so that its decimals come to an end."""
    if isinstance(schema, list):
        return [_with_short_decimals(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {
        name: value if name in _VALUES_OF_SCHEMAS else _with_short_decimals(value)
        for name, value in schema.items()
    }
    kinds = schema.get("type", ())
    is_number = "number" in ([kinds] if isinstance(kinds, str) else kinds)
    if not is_number or not {"multipleOf", "enum", "const"}.isdisjoint(schema):
        return inner
    return {**inner, "multipleOf": DECIMAL_STEP}


def _reason(matcher: LLMatcher) -> str:
    """Why a schema cannot be followed, without llguidance's excerpt of its grammar."""
    first, *others = matcher.get_error().splitlines()
    told = first.partition("failed to compile JSON schema: ")[2] or first
    if "regex parse error" in told:
        told = f"pattern: {next((line for line in others if 'error:' in line), told).strip()}"
    return f"The model cannot be bound to this JSON schema: {told}. Change or leave out what it names"

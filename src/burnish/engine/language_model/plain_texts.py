"""Plain texts as a language model goes on pre-training with them: packed into sequences of one length.

The texts stand one after another, each after a mark that ends the one before, and are cut into sequences
whatever ends where: nothing is padded, and every token is predicted exactly once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from burnish.engine.language_model.network import LanguageModel
from burnish.engine.language_model.training_step import TokenizedExample

#: As long as a full page. Longer ones take more memory for the logits of all of their tokens than they teach.
SEQUENCE_TOKENS = 512
#: What stands between texts in the pre-training of most models. An instruct model's own end of a text is
#: often that of a turn, which is another thing.
BETWEEN_TEXTS = "<|endoftext|>"


def sequences_of(model: LanguageModel, texts: Sequence[str]) -> list[TokenizedExample]:
    """The texts in sequences; each begins with the last token of the one before, which is given."""
    mark = _mark_of(model.tokenizer)
    tokens = [mark]
    for ids in model.tokenizer(list(texts), add_special_tokens=False).input_ids if texts else ():
        tokens += [*ids, mark]
    length = min(SEQUENCE_TOKENS, model.context - 1)
    starts = range(0, len(tokens) - 1, length)
    return [
        TokenizedExample(prompt=(tokens[start],), answer=tuple(tokens[start + 1 : start + 1 + length]))
        for start in starts
    ]


def _mark_of(tokenizer: Any) -> int:
    """The token that stands between texts; where the vocabulary has none for that, the first there is."""
    vocabulary = tokenizer.get_vocab()
    known = (vocabulary.get(BETWEEN_TEXTS), tokenizer.eos_token_id, tokenizer.bos_token_id)
    return next((token for token in known if token is not None), 0)

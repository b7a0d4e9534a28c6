"""A sentence encoder so small that it trains and answers in no time: for tests of what is around it.

It is a BERT of random weights, which tells words apart and knows nothing of what they mean.
"""

from __future__ import annotations

import string
from pathlib import Path
from typing import Any


def write_tiny_encoder(folder: Path) -> Path:
    """The folder with the encoder and its tokenizer in Hugging Face's layout: the same every time."""
    import torch
    from transformers import BertConfig, BertModel

    tokenizer = _letters()
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=64,
        initializer_range=0.2,
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _letters() -> Any:
    """A tokenizer that spells words letter by letter, except for a few that it knows."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    signs = [*string.ascii_lowercase, *string.digits, *string.punctuation]
    words = [*marks, *signs, *(f"##{sign}" for sign in signs), "invoice", "letter", "total", "dear"]
    vocabulary = {word: number for number, word in enumerate(words)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=marks[1]))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token"), marks, strict=True))
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names)

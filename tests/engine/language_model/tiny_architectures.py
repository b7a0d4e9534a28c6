"""Tiny networks of random weights, one for each architecture that is held to the contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import (
    MODEL_FOR_CAUSAL_LM_MAPPING,
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
    AutoTokenizer,
)

SIZES = {
    "vocab_size": 386,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    # Wide enough that attention has a say: with the usual 0.02, mistakes in masks would hardly show.
    "initializer_range": 0.3,
    "bos_token_id": None,
    "eos_token_id": 1,
    "pad_token_id": None,
}
EXPERTS = {"num_experts_per_tok": 2, "moe_intermediate_size": 24}
#: Narrower than the prompts that tests use, so that what lies outside is really out of sight.
WINDOW = {"sliding_window": 16}
GPT = {"n_embd": 32, "n_layer": 3, "n_head": 4, "n_positions": 512, "n_inner": 48}

#: By transformers' name for the architecture: what its configuration needs beyond `SIZES`. A list of our own
#: because each has something that another lacks; `docs/compatibility/models.md` says what.
ARCHITECTURES: dict[str, dict[str, Any]] = {
    "llama": {},
    "qwen2": {},
    "qwen3": {"head_dim": 8},
    "gemma2": {"head_dim": 8, "query_pre_attn_scalar": 8, **WINDOW},
    "gemma3_text": {"head_dim": 8, "query_pre_attn_scalar": 8, "sliding_window_pattern": 2, **WINDOW},
    "gpt2": GPT,
    "gpt_neox": {},
    "phi": {},
    "phi3": WINDOW,
    "mistral": WINDOW,
    "olmo2": {},
    "granite": {"logits_scaling": 3.0, "residual_multiplier": 0.7, "embedding_multiplier": 2.0},
    "smollm3": {},
    "qwen2_moe": {"num_experts": 4, "shared_expert_intermediate_size": 24, **EXPERTS},
    "mixtral": {"num_local_experts": 4, **EXPERTS, **WINDOW},
    "cohere2": WINDOW,
    "opt": {"ffn_dim": 48, "word_embed_proj_dim": 32},
    "bloom": {"n_layer": 3, "n_head": 4},
}


#: Architectures that cannot be trained and asked here.
UNFIT: dict[str, dict[str, Any]] = {
    "mamba": {"state_size": 4},
    "bert": {},
    "distilbert": {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 48},
}


def config_of(name: str) -> Any:
    """The configuration of a tiny network of an architecture."""
    return AutoConfig.for_model(name, **{**SIZES, **{**ARCHITECTURES, **UNFIT}[name]})


def write_architecture(name: str, folder: Path, tokenizer: Path) -> Path:
    """The folder with a tiny network of an architecture, and the tokenizer of another folder."""
    config = config_of(name)
    build = AutoModelForCausalLM if type(config) in MODEL_FOR_CAUSAL_LM_MAPPING else AutoModel
    with torch.random.fork_rng():
        torch.manual_seed(0)
        build.from_config(config, dtype=torch.float32).save_pretrained(folder)
    AutoTokenizer.from_pretrained(tokenizer).save_pretrained(folder)
    return folder

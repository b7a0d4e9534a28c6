"""Deciding among labels: one pass over a token trie gives the log-likelihood of every candidate answer.

Each candidate is a path through a trie of tokens. All nodes of the trie are appended to the prompt and run in
a single pass. The attention mask lets a node attend to the prompt and to its own ancestors only, so every
candidate is scored as if it were the only one. Generating would cost a pass for each token, give one label
without the probabilities of the others, and might give none at all.

An architecture that does not follow such a mask (`tree_attention`) is given the candidates side by side after
the cached prompt: the same numbers, for the tokens that candidates share many times over.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from burnish.engine.language_model.network import LanguageModel
from burnish.engine.language_model.prefix import expanded, suffix_inputs
from burnish.engine.language_model.tree_attention import tree_inputs
from burnish.engine.language_model.trie import ROOT, Trie

#: Candidates that go through the network at once where they stand side by side.
SIDE_BY_SIDE = 16


@torch.no_grad()  # type: ignore[untyped-decorator]
def candidate_scores(
    model: LanguageModel, prompts: Sequence[Sequence[int]], trie: Trie, cache: object, prefix_length: int
) -> torch.Tensor:
    """The log-likelihood of every candidate after every prompt, (prompts, candidates), in nats.

    ``cache`` holds the keys and values of the first ``prefix_length`` tokens, which all prompts share.
    """
    suffixes = [prompt[prefix_length:] for prompt in prompts]
    if model.follows_trees:
        return _scores_in_one_pass(model, suffixes, trie, expanded(cache, len(prompts)), prefix_length)
    return torch.stack(
        [_scores_side_by_side(model, suffix, trie, expanded(cache, 1), prefix_length) for suffix in suffixes]
    )


def _scores_in_one_pass(
    model: LanguageModel, suffixes: Sequence[Sequence[int]], trie: Trie, cache: object, prefix_length: int
) -> torch.Tensor:
    # Leaves predict nothing that is asked for: their logits, a vocabulary each, are not computed.
    inner = sorted(set(trie.parents) - {ROOT})
    longest = max(map(len, suffixes))
    columns = [[len(suffix) - 1, *(longest + node for node in inner)] for suffix in suffixes]
    log_probabilities = model.log_probabilities_at(
        torch.arange(len(suffixes)).unsqueeze(1),
        torch.tensor(columns),
        **tree_inputs(model.backbone, suffixes, trie, cache, prefix_length),
    )
    row_of = {ROOT: 0, **{node: row for row, node in enumerate(inner, start=1)}}
    rows = [row_of[parent] for parent in trie.parents]
    steps = log_probabilities[:, rows, list(trie.tokens)]
    return torch.stack([steps[:, list(path)].sum(dim=1) for path in trie.paths], dim=1)


def _scores_side_by_side(
    model: LanguageModel, suffix: Sequence[int], trie: Trie, cache: object, prefix_length: int
) -> torch.Tensor:
    """The scores after one prompt. Running it leaves its keys and values in the cache, for all candidates."""
    first = model.log_probabilities_at(
        torch.tensor([0]),
        torch.tensor([len(suffix) - 1]),
        **suffix_inputs([suffix], cache, prefix_length, model.device),
    )
    length = prefix_length + len(suffix)

    def inputs_of(candidates: Sequence[Sequence[int]], expanded_cache: object) -> dict[str, Any]:
        return suffix_inputs(candidates, expanded_cache, length, model.device)

    return continued_scores(model, first[0], trie, cache, inputs_of)


def continued_scores(
    model: LanguageModel,
    first: torch.Tensor,
    trie: Trie,
    cache: Any,
    inputs_of: Callable[[Sequence[Sequence[int]], Any], dict[str, Any]],
) -> torch.Tensor:
    """The log-likelihood of every candidate after a prompt that is in a cache.

    ``first`` has the log-probabilities of the token after the prompt; ``inputs_of`` candidates, and the cache
    expanded over them, is what the network is given to go on.
    """
    candidates = [[trie.tokens[node] for node in path] for path in trie.paths]
    later = []
    for start in range(0, len(candidates), SIDE_BY_SIDE):
        some = candidates[start : start + SIDE_BY_SIDE]
        steps = model.log_probabilities_at(
            torch.arange(len(some)).unsqueeze(1),
            torch.arange(max(map(len, some))).unsqueeze(0),
            **inputs_of(some, expanded(cache, len(some))),
        )
        later += [steps[row, range(len(one) - 1), one[1:]].sum() for row, one in enumerate(some)]
    return first[[candidate[0] for candidate in candidates]] + torch.stack(later)


@dataclass(frozen=True, kw_only=True)
class AdapterCalibration:
    """Biases that are added to the labels' log-likelihoods, and the temperature that divides the sums."""

    temperature: float = 1.0
    biases: dict[str, float] = field(default_factory=dict)

    def probabilities(self, scores: dict[str, float]) -> dict[str, float]:
        """The probability of each label, from the labels' log-likelihoods."""
        logits = {
            label: (score + self.biases.get(label, 0.0)) / self.temperature for label, score in scores.items()
        }
        highest = max(logits.values())
        weights = {label: math.exp(logit - highest) for label, logit in logits.items()}
        total = sum(weights.values())
        return {label: weight / total for label, weight in weights.items()}

"""Deciding among labels: one pass over a token trie gives the log-likelihood of every candidate answer.

Each candidate is a path through a trie of tokens. All nodes of the trie but its leaves, which predict nothing
that is asked for, are appended to the prompt and run in a single pass. A node attends to the prompt and to
its own ancestors only, so every candidate is scored as if it were the only one. Generating would cost a pass
for each token, give one label without the probabilities of the others, and might give none at all.

On a processor prompts and their tries are packed into one row (`packing`), an accelerator runs them side by
side under a mask (`tree_attention`). An architecture that follows neither is given the candidates side by
side after the cached prompt: the same numbers, for the tokens that candidates share many times over.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from burnish.engine.language_model.micro_batches import micro_batches
from burnish.engine.language_model.network import LanguageModel
from burnish.engine.language_model.packed_attention import attending_by_segments, packed_inputs
from burnish.engine.language_model.packing import packed_with_trie
from burnish.engine.language_model.prefix import expanded, suffix_inputs
from burnish.engine.language_model.tree_attention import tree_inputs
from burnish.engine.language_model.trie import ROOT, Trie

#: Candidates that go through the network at once where they stand side by side.
SIDE_BY_SIDE = 16
#: As many tokens of prompts go into a packed row, or one prompt: longer rows are no faster.
TOKENS_OF_A_ROW = 1024


@torch.no_grad()  # type: ignore[untyped-decorator]
def candidate_scores(
    model: LanguageModel, prompts: Sequence[Sequence[int]], trie: Trie, cache: object, prefix_length: int
) -> torch.Tensor:
    """The log-likelihood of every candidate after every prompt, (prompts, candidates), in nats.

    ``cache`` holds the keys and values of the first ``prefix_length`` tokens, which all prompts share.
    """
    if model.packs:
        return _scores_in_packed_rows(model, prompts, trie, cache, prefix_length)
    suffixes = [prompt[prefix_length:] for prompt in prompts]
    if model.follows_trees:
        return _scores_in_one_pass(model, suffixes, trie, expanded(cache, len(prompts)), prefix_length)
    return torch.stack(
        [_scores_side_by_side(model, suffix, trie, expanded(cache, 1), prefix_length) for suffix in suffixes]
    )


def _scores_in_one_pass(
    model: LanguageModel, suffixes: Sequence[Sequence[int]], trie: Trie, cache: object, prefix_length: int
) -> torch.Tensor:
    inner = trie.without_leaves()
    longest = max(map(len, suffixes))
    columns = [[len(suffix) - 1, *range(longest, longest + len(inner.tokens))] for suffix in suffixes]
    log_probabilities = model.log_probabilities_at(
        torch.arange(len(suffixes)).unsqueeze(1),
        torch.tensor(columns),
        **tree_inputs(model.backbone, suffixes, inner, cache, prefix_length),
    )
    return _scores_of_paths(log_probabilities, trie)


def _scores_in_packed_rows(
    model: LanguageModel, prompts: Sequence[Sequence[int]], trie: Trie, cache: Any, prefix_length: int
) -> torch.Tensor:
    scores: dict[int, torch.Tensor] = {}
    for part in micro_batches(prompts, prefix_length, TOKENS_OF_A_ROW, packed=True):
        some = _scores_in_one_row(model, [prompts[number] for number in part], trie, cache, prefix_length)
        scores.update(zip(part, some, strict=True))
    return torch.stack([scores[number] for number in range(len(prompts))])


def _scores_in_one_row(
    model: LanguageModel, prompts: Sequence[Sequence[int]], trie: Trie, cache: Any, prefix_length: int
) -> torch.Tensor:
    inner = trie.without_leaves()
    row = packed_with_trie(prompts, inner, prefix_length=prefix_length)
    columns = [row.columns(number)[-1 - len(inner.tokens) :] for number in range(len(prompts))]
    with attending_by_segments(model.backbone) as running:
        running.row = row
        log_probabilities = model.log_probabilities_at(
            torch.tensor([0]),
            torch.tensor(columns),
            **packed_inputs(model.backbone, row, cache, masked=False),
        )
    return _scores_of_paths(log_probabilities, trie)


def _scores_of_paths(log_probabilities: torch.Tensor, trie: Trie) -> torch.Tensor:
    """The scores, (prompts, candidates), by what each prompt and then the trie's inner nodes predict."""
    row_of = {ROOT: 0, **{node: row for row, node in enumerate(trie.inner, start=1)}}
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

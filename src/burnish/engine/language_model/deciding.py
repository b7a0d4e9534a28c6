"""Deciding among labels: one pass over a token trie gives the log-likelihood of every candidate answer.

Each candidate is a path through a trie of tokens. All nodes of the trie are appended to the prompt and run in
a single pass. The attention mask lets a node attend to the prompt and to its own ancestors only, so every
candidate is scored as if it were the only one. Generating would cost a pass for each token, give one label
without the probabilities of the others, and might give none at all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from burnish.engine.language_model.network import LanguageModel
from burnish.engine.language_model.prefix import expanded, padded

ROOT = -1


@dataclass(frozen=True, kw_only=True)
class Trie:
    """Candidate answers as a tree of tokens. A node's parent comes before it; `ROOT` is the prompt's end."""

    tokens: tuple[int, ...]
    parents: tuple[int, ...]
    depths: tuple[int, ...]
    #: For each candidate the nodes on its path, from the first token to the last.
    paths: tuple[tuple[int, ...], ...]

    def attention_mask(self) -> torch.Tensor:
        """(nodes, nodes): True where a node (row) attends to another (column), itself or an ancestor."""
        matrix = torch.zeros(len(self.tokens), len(self.tokens), dtype=torch.bool)
        for node, parent in enumerate(self.parents):
            if parent != ROOT:
                matrix[node] = matrix[parent]
            matrix[node, node] = True
        return matrix


def trie_of(candidates: Sequence[Sequence[int]]) -> Trie:
    """The trie of the candidates, without the tail that they all share, which decides nothing."""
    shortened = without_common_tail(candidates)
    tokens: list[int] = []
    parents: list[int] = []
    depths: list[int] = []
    nodes: dict[tuple[int, int], int] = {}
    paths = []
    for candidate in shortened:
        parent, path = ROOT, []
        for depth, token in enumerate(candidate):
            node = nodes.setdefault((parent, token), len(tokens))
            if node == len(tokens):
                tokens.append(token)
                parents.append(parent)
                depths.append(depth)
            path.append(node)
            parent = node
        paths.append(tuple(path))
    return Trie(tokens=tuple(tokens), parents=tuple(parents), depths=tuple(depths), paths=tuple(paths))


def without_common_tail(candidates: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    """The candidates up to and including the first token of the tail that all of them share.

    That token stays because it marks where a label ends. Without it ``form`` would be a prefix of
    ``form_letter``, never less likely, and always win.
    """
    shared = 0
    shortest = min(len(candidate) for candidate in candidates)
    while shared < shortest and len({candidate[-1 - shared] for candidate in candidates}) == 1:
        shared += 1
    cut = max(0, shared - 1)
    return [tuple(candidate[: len(candidate) - cut]) for candidate in candidates]


@torch.no_grad()  # type: ignore[untyped-decorator]
def candidate_scores(
    model: LanguageModel, prompts: Sequence[Sequence[int]], trie: Trie, cache: object, prefix_length: int
) -> torch.Tensor:
    """The log-likelihood of every candidate after every prompt, (prompts, candidates), in nats.

    ``cache`` holds the keys and values of the first ``prefix_length`` tokens, which all prompts share.
    """
    suffixes = [prompt[prefix_length:] for prompt in prompts]
    tokens, real = padded(suffixes, model.device)
    nodes = torch.tensor(trie.tokens, device=model.device).expand(len(prompts), -1)
    output = model.backbone(
        input_ids=torch.cat([tokens, nodes], dim=1),
        attention_mask=_attention(real, trie, prefix_length),
        position_ids=_positions(suffixes, tokens.shape[1], trie, prefix_length, model.device),
        past_key_values=expanded(cache, len(prompts)),
        use_cache=True,
    )
    hidden = output.last_hidden_state
    ends = [len(suffix) - 1 for suffix in suffixes]
    at_root = hidden[torch.arange(len(prompts)), ends]
    at_nodes = hidden[:, tokens.shape[1] :]
    return _path_scores(model, at_root, at_nodes, trie)


def _attention(real: torch.Tensor, trie: Trie, prefix_length: int) -> torch.Tensor:
    """(batch, 1, longest + nodes, prefix + longest + nodes), True where a position attends to another."""
    batch, longest = real.shape
    nodes = len(trie.tokens)
    mask = torch.zeros(
        batch, 1, longest + nodes, prefix_length + longest + nodes, dtype=torch.bool, device=real.device
    )
    mask[..., :prefix_length] = True
    causal = torch.ones(longest, longest, dtype=torch.bool, device=real.device).tril()
    mask[:, 0, :longest, prefix_length : prefix_length + longest] = causal
    mask[:, 0, longest:, prefix_length : prefix_length + longest] = real.bool().unsqueeze(1)
    mask[:, 0, longest:, prefix_length + longest :] = trie.attention_mask().to(real.device)
    return mask


def _positions(
    suffixes: Sequence[Sequence[int]], longest: int, trie: Trie, prefix_length: int, device: torch.device
) -> torch.Tensor:
    """(batch, longest + nodes): a node's position follows from its depth, whatever stands beside it."""
    rows = [
        [
            *range(prefix_length, prefix_length + longest),
            *(prefix_length + len(suffix) + depth for depth in trie.depths),
        ]
        for suffix in suffixes
    ]
    return torch.tensor(rows, device=device)


def _path_scores(
    model: LanguageModel, at_root: torch.Tensor, at_nodes: torch.Tensor, trie: Trie
) -> torch.Tensor:
    """For each path the sum of the log-probabilities of its tokens, each given its parent."""
    # Leaves predict nothing that is asked for: their logits, a vocabulary each, are not computed.
    inner = sorted(set(trie.parents) - {ROOT})
    states = torch.cat([at_root.unsqueeze(1), at_nodes[:, inner]], dim=1)
    # In float32: in the 8 significant bits of bfloat16, labels of similar probability come out equal.
    log_probabilities = model.head(states).float().log_softmax(dim=-1)
    row_of = {ROOT: 0, **{node: row for row, node in enumerate(inner, start=1)}}
    rows = [row_of[parent] for parent in trie.parents]
    steps = log_probabilities[:, rows, list(trie.tokens)]
    return torch.stack([steps[:, list(path)].sum(dim=1) for path in trie.paths], dim=1)


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


def fit_calibration(
    scores: torch.Tensor, truth: Sequence[int], labels: Sequence[str], *, strength: float = 4.0
) -> AdapterCalibration:
    """Biases and a temperature that maximize the penalized likelihood of the validation labels.

    ``scores`` are log-likelihoods, (pages, labels); ``truth`` has the index of each page's label. Biases are
    fitted after the division by the temperature, so that their penalty does not depend on the scale of the
    scores. It is quadratic and weighs as much as ``strength`` pages, because validation sets are small.
    Temperature and vector scaling: Guo et al., arXiv 1706.04599.
    """
    if not truth:
        return AdapterCalibration()
    targets = torch.tensor(list(truth))
    shifts = torch.zeros(len(labels), requires_grad=True)
    log_temperature = torch.zeros((), requires_grad=True)
    optimizer = torch.optim.LBFGS([shifts, log_temperature], max_iter=200, line_search_fn="strong_wolfe")

    def penalized_loss() -> torch.Tensor:
        optimizer.zero_grad()
        logits = scores.detach() / log_temperature.exp() + shifts
        fit = torch.nn.functional.cross_entropy(logits, targets, reduction="sum")
        loss = fit + strength * 0.5 * ((shifts**2).sum() + log_temperature**2)
        loss.backward()
        return loss

    optimizer.step(penalized_loss)
    temperature = float(log_temperature.detach().exp())
    # A bias that all labels have alike decides nothing. Times the temperature, because biases are added
    # before the division that they were fitted after.
    centred = (shifts.detach() - shifts.detach().mean()) * temperature
    return AdapterCalibration(
        temperature=temperature,
        biases={label: float(bias) for label, bias in zip(labels, centred, strict=True)},
    )

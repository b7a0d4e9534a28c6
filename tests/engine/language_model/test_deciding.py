"""Deciding: scoring all labels in one pass is scoring each on its own, and calibration helps."""

from __future__ import annotations

import random

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny_engine import disturbed, plain_scores

from burnish.engine.answer_forms import usual_form
from burnish.engine.language_model import deciding, packed_attention
from burnish.engine.language_model.deciding import (
    AdapterCalibration,
    candidate_scores,
)
from burnish.engine.language_model.network import LanguageModel, load_language_model
from burnish.engine.language_model.prefix import run_prefix, shared_length
from burnish.engine.language_model.training import LoraTraining
from burnish.engine.language_model.trie import ROOT, trie_of, without_common_tail

FORM = usual_form("type")
PREFIX = tuple(random.Random(5).choices(range(2, 340), k=24))

LABELS = {
    "labels that begin other labels": ["form", "form_letter", "form_letter_2", "letter"],
    "labels that end other labels": ["letter", "form_letter"],
    "one character apart": ["type_a", "type_b", "type_c"],
    "a single label": ["invoice"],
    "quotes, backslashes and other scripts": [
        'say "hi"',
        'a "quoted" \\ label',
        "{}",
        "back\\slash",
        "Überweisung",
        "請求書",
        "",
    ],
    "many labels": [f"kind_{number}" for number in range(120)],
}


@pytest.fixture(scope="module")
def model(tiny_weights) -> LanguageModel:
    """A tuned model that no test changes."""
    loaded = load_language_model(tiny_weights)
    loaded.network.float()
    tuned = disturbed(loaded, LoraTraining(rank=4))
    tuned.network.eval()
    return tuned


def prompts_of(own_lengths: list[int], *, seed: int = 0) -> list[list[int]]:
    """Prompts that share `PREFIX` and then go on at their own lengths."""
    rng = random.Random(seed)
    return [[*PREFIX, *(rng.randrange(2, 340) for _ in range(length))] for length in own_lengths]


def assert_scored_as_if_alone(model, prompts, candidates, prefix_length) -> None:
    cache = run_prefix(model.backbone, prompts[0][:prefix_length], model.device)
    scores = candidate_scores(model, prompts, trie_of(candidates), cache, prefix_length)
    alone = [
        [plain_scores(model, prompt, one) for one in without_common_tail(candidates)] for prompt in prompts
    ]
    torch.testing.assert_close(scores, torch.tensor(alone), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("prefix_length", [0, 10, len(PREFIX)])
@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS.keys())
def test_one_pass_scores_each_label_as_if_it_stood_alone(model, labels, prefix_length):
    candidates = [model.answer_tokens(FORM.answer(label)) for label in labels]
    assert_scored_as_if_alone(model, prompts_of([3, 11, 1, 6]), candidates, prefix_length)


def test_candidates_that_differ_in_their_only_token(model):
    assert_scored_as_if_alone(model, prompts_of([4, 9]), [(5,), (6,), (7,)], len(PREFIX))


def test_a_page_is_scored_the_same_in_any_company(model):
    trie = trie_of([model.answer_tokens(FORM.answer(label)) for label in LABELS["many labels"]])
    prompts = prompts_of([2, 30, 7])
    cache = run_prefix(model.backbone, PREFIX, model.device)
    together = candidate_scores(model, prompts, trie, cache, len(PREFIX))
    alone = torch.cat([candidate_scores(model, [one], trie, cache, len(PREFIX)) for one in prompts])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-4)


def test_pages_of_many_tokens_are_scored_a_few_at_a_time_as_if_alone(model, monkeypatch):
    monkeypatch.setattr(packed_attention, "CHUNK", 7)
    monkeypatch.setattr(deciding, "TOKENS_OF_A_ROW", 30)
    candidates = [model.answer_tokens(FORM.answer(label)) for label in LABELS["many labels"][:5]]
    assert_scored_as_if_alone(model, prompts_of([23, 5, 20, 1]), candidates, 10)


token = st.integers(2, 300)
candidate_sets = st.lists(
    st.lists(token, min_size=1, max_size=5).map(tuple), min_size=1, max_size=8, unique=True
).flatmap(
    lambda heads: st.lists(token, min_size=1, max_size=3).map(lambda tail: [(*h, *tail) for h in heads])
)
label_sets = st.lists(st.text(max_size=12), min_size=2, max_size=8, unique=True)


@given(candidates=candidate_sets, own=st.lists(st.integers(1, 9), min_size=1, max_size=3))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_set_of_candidates_is_scored_as_if_alone(model, candidates, own):
    assert_scored_as_if_alone(model, prompts_of(own), candidates, len(PREFIX))


@given(candidates=candidate_sets)
def test_the_paths_of_a_trie_spell_the_candidates_and_share_their_beginnings(candidates):
    trie = trie_of(candidates)
    shortened = without_common_tail(candidates)
    assert [tuple(trie.tokens[node] for node in path) for path in trie.paths] == shortened
    beginnings = {one[:length] for one in shortened for length in range(1, len(one) + 1)}
    assert len(trie.tokens) == len(beginnings)
    for path in trie.paths:
        assert [trie.parents[node] for node in path] == [ROOT, *path[:-1]]
        assert [trie.depths[node] for node in path] == list(range(len(path)))
        assert trie.attention_mask()[path[-1]].nonzero().flatten().tolist() == sorted(path)


@given(labels=label_sets)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_label_is_the_beginning_of_another_once_the_tail_is_gone(model, labels):
    shortened = without_common_tail([model.answer_tokens(FORM.answer(label)) for label in labels])
    for one in shortened:
        assert not [other for other in shortened if other != one and other[: len(one)] == one]
    assert len(set(shortened)) == len(labels)


def test_the_common_tail_goes_but_for_its_first_token():
    form, form_letter = (1, 2, 8, 9, 0), (1, 2, 3, 8, 9, 0)
    assert without_common_tail([form, form_letter]) == [(1, 2, 8), (1, 2, 3, 8)]


def test_without_a_common_tail_nothing_goes():
    assert without_common_tail([(1, 2), (1, 3, 4)]) == [(1, 2), (1, 3, 4)]


def test_a_single_candidate_keeps_one_token():
    assert without_common_tail([(1, 2, 3)]) == [(1,)]


@given(first=st.lists(token, max_size=6), others=st.lists(st.lists(token, max_size=6), max_size=4))
def test_the_shared_length_is_that_of_the_longest_common_beginning(first, others):
    length = shared_length([first, *others])
    assert all(other[:length] == first[:length] for other in others)
    longer = [other[: length + 1] for other in [first, *others]]
    assert not others or any(len(one) <= length for one in longer) or len({tuple(one) for one in longer}) > 1


def test_without_a_calibration_the_scores_stay_as_they_are():
    assert AdapterCalibration().probabilities({"a": 0.0, "b": 0.0}) == {"a": 0.5, "b": 0.5}


scores_of_labels = st.dictionaries(st.text(max_size=5), st.floats(-2000, 0), min_size=1, max_size=20)


@given(scores=scores_of_labels, temperature=st.floats(0.05, 20), bias=st.floats(-50, 50))
def test_probabilities_sum_to_one_however_far_apart_the_scores_are(scores, temperature, bias):
    calibration = AdapterCalibration(temperature=temperature, biases={next(iter(scores)): bias})
    probabilities = calibration.probabilities(scores)
    assert sum(probabilities.values()) == pytest.approx(1)
    assert list(probabilities) == list(scores)
    assert all(0 <= probability <= 1 for probability in probabilities.values())


@given(scores=scores_of_labels, temperature=st.floats(0.05, 20))
def test_a_temperature_alone_never_changes_the_order_of_the_labels(scores, temperature):
    probabilities = AdapterCalibration(temperature=temperature).probabilities(scores)
    by_score = sorted(scores, key=scores.__getitem__)
    in_order = [probabilities[label] for label in by_score]
    assert in_order == sorted(in_order)

"""How typical a page is: p-values to rely on, which tell other pages from those of a training."""

from __future__ import annotations

import random

import numpy as np
import pytest

from burnish.page_features.typicality import FEWEST_PAGES, load_typical_pages, typical_pages

WORDS = [f"word{number}" for number in range(400)]
OTHER_WORDS = [f"other{number}" for number in range(400)]


def pages(count: int, *, seed: int, words: list[str] = WORDS) -> list[str]:
    """Pages of four types, each of which prefers some words: alike in distribution, and all different."""
    rng = random.Random(seed)
    found = []
    for _ in range(count):
        kind = rng.randrange(4)
        usual = words[kind * 60 : kind * 60 + 60]
        found.append(" ".join(rng.choices(usual, k=rng.randrange(10, 60)) + rng.choices(words, k=20)))
    return found


def test_p_values_of_exchangeable_pages_are_uniform():
    values = []
    for seed in range(60):
        drawn = pages(60, seed=seed)
        values += typical_pages(drawn[:50]).p_values(drawn[50:]).tolist()
    assert len(values) == 600
    for share in (0.05, 0.1, 0.3, 0.5, 0.9):
        found = np.mean([value <= share for value in values])
        assert found == pytest.approx(share, abs=0.06), share


def test_pages_in_other_words_are_unlike_the_training_pages():
    typical = typical_pages(pages(60, seed=0))
    assert max(typical.p_values(pages(10, seed=1, words=OTHER_WORDS))) <= 0.05
    assert np.mean(typical.p_values(pages(40, seed=2))) > 0.3


def test_a_copy_of_a_training_page_is_as_typical_as_can_be():
    drawn = pages(40, seed=0)
    assert typical_pages(drawn).p_values([drawn[3]])[0] == 1


def test_copies_among_the_training_pages_do_not_make_new_pages_look_strange():
    drawn = pages(90, seed=0)
    doubled = typical_pages([*drawn[:50], *drawn[:50]]).p_values(drawn[50:])
    assert doubled == pytest.approx(typical_pages(drawn[:50]).p_values(drawn[50:]))


def test_a_page_is_judged_alike_alone_and_among_others():
    typical, asked = typical_pages(pages(40, seed=0)), pages(5, seed=1)
    assert typical.p_values(asked).tolist() == [typical.p_values([one])[0] for one in asked]


def test_an_empty_page_is_unlike_pages_with_words():
    assert typical_pages(pages(40, seed=0)).p_values([""])[0] < 0.05


def test_few_pages_or_pages_without_words_tell_nothing():
    assert typical_pages(pages(FEWEST_PAGES - 1, seed=0)) is None
    assert typical_pages([""] * 50) is None
    assert typical_pages([]) is None


def test_saved_pages_judge_as_before(tmp_path):
    typical, asked = typical_pages(pages(40, seed=0)), pages(8, seed=1)
    assert load_typical_pages(tmp_path) is None
    typical.save(tmp_path)
    assert load_typical_pages(tmp_path).p_values(asked) == pytest.approx(typical.p_values(asked))

"""The head: a regression that says how sure it may be."""

from __future__ import annotations

import numpy as np
import pytest

from burnish.engine.sentence_encoder.head import Head, fitted_head, floored, load_head, vector_learner
from burnish.errors import ModelFailed
from burnish.page_features.out_of_fold import predicted

NAMES = ("form", "invoice", "letter")
LABELS = np.repeat(np.arange(3), 20)


def rows(noise: float, *, seed: int = 0) -> np.ndarray:
    """Pages in four parts of four numbers, of which the first three tell the label."""
    random = np.random.default_rng(seed)
    found = random.normal(0, noise, (len(LABELS), 16))
    found[np.arange(len(LABELS)), LABELS] += 1
    return found + 7


def fitted(vectors: np.ndarray) -> Head:
    out_of_fold = predicted(vector_learner(vectors), LABELS)
    return fitted_head(vectors, NAMES, LABELS, out_of_fold).head


def test_a_head_tells_new_pages_apart():
    found = fitted(rows(0.1)).probabilities(rows(0.1, seed=1))
    assert found.argmax(axis=1).tolist() == LABELS.tolist()
    assert found.sum(axis=1) == pytest.approx(1)


def test_a_head_is_as_sure_of_new_pages_as_it_is_right_about_them():
    head = fitted(rows(0.8))
    found = np.concatenate([head.probabilities(rows(0.8, seed=seed)) for seed in range(1, 21)])
    right = found.argmax(axis=1) == np.tile(LABELS, 20)
    assert found.max(axis=1).mean() == pytest.approx(right.mean(), abs=0.1)


def test_the_sharpness_comes_from_answers_out_of_fold():
    vectors = rows(0.8)
    learner = vector_learner(vectors)
    of_its_own_pages = floored(
        learner.fit(np.arange(len(LABELS)), LABELS, 3).log_probabilities(learner.vectors)
    )
    deceived = fitted_head(vectors, NAMES, LABELS, of_its_own_pages).head
    assert fitted(vectors).sharpness[0] < 0.8 * deceived.sharpness[0]


def test_no_part_of_a_vector_is_louder_than_another():
    loud = rows(0.3)
    loud[:, 4:8] *= 1000
    parts = vector_learner(loud).vectors.reshape(len(loud), 4, 4)
    assert (parts**2).sum(axis=2).mean(axis=0) == pytest.approx([0.25] * 4)


def test_fewer_pages_than_numbers_are_learned_as_well():
    few, labels = rows(0.1)[::4], LABELS[::4]
    out_of_fold = predicted(vector_learner(few), labels)
    found = fitted_head(few, NAMES, labels, out_of_fold).head.probabilities(rows(0.1, seed=1))
    assert found.argmax(axis=1).tolist() == LABELS.tolist()


def test_parts_that_never_vary_tell_nothing():
    still = rows(0.1)
    still[:, 8:] = 3.0
    assert np.isfinite(fitted(still).probabilities(still)).all()


def test_a_saved_head_answers_as_before(tmp_path):
    head = fitted(rows(0.5))
    head.save(tmp_path)
    assert load_head(tmp_path).labels == NAMES
    assert load_head(tmp_path).probabilities(rows(0.5)) == pytest.approx(
        head.probabilities(rows(0.5)), abs=1e-5
    )


@pytest.mark.parametrize("name", ["head.npz", "head.json"])
@pytest.mark.parametrize("harm", ["lost", "shortened"])
def test_a_damaged_head_is_refused_with_what_to_do(tmp_path, name, harm):
    fitted(rows(0.5)).save(tmp_path)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).unlink()
    if harm == "shortened":
        (tmp_path / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(ModelFailed, match="put back a copy"):
        load_head(tmp_path)

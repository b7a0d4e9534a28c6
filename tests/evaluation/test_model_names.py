"""Models of the same names in several folders keep apart."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from burnish.errors import InvalidInput
from burnish.evaluation import Candidate, Evaluation
from burnish.evaluation.facts import TrainingFacts
from burnish.evaluation.model_names import told_apart

FACTS = TrainingFacts(base_model="b", job_arn="j", custom_model_arn="m", hyperparameters={})


def evaluation(*names):
    return Evaluation(
        title="Evaluation",
        created=datetime(2026, 1, 2, tzinfo=UTC),
        dataset="s3://papers/set",
        labels=("a", "b"),
        candidates=tuple(Candidate(name=name, predictions=()) for name in names),
        training={names[-1]: FACTS},
    )


def names_in(evaluations):
    return [[one.name for one in evaluation.candidates] for evaluation in evaluations]


def test_names_that_occur_once_stay():
    assert names_in(told_apart([("june", evaluation("base")), ("july", evaluation("tuned"))])) == [
        ["base"],
        ["tuned"],
    ]


def test_models_of_one_name_are_named_by_their_folders_with_all_that_is_known_of_them():
    apart = told_apart([("june", evaluation("base", "tuned")), ("july", evaluation("large", "tuned"))])
    assert names_in(apart) == [["base", "june/tuned"], ["large", "july/tuned"]]
    assert [list(one.training) for one in apart] == [["june/tuned"], ["july/tuned"]]


def test_folders_of_one_name_are_refused_only_where_their_names_are_needed():
    assert names_in(told_apart([("e", evaluation("base")), ("e", evaluation("tuned"))])) == [
        ["base"],
        ["tuned"],
    ]
    with pytest.raises(InvalidInput, match=r"Two folders are called 'e'.*`burnish compare first=FOLDER"):
        told_apart([("e", evaluation("tuned")), ("e", evaluation("tuned"))])


def test_nothing_else_changes():
    made = evaluation("base")
    assert told_apart([("e", made)]) == [replace(made)]

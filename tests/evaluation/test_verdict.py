"""The one rule by which it is said which model to use."""

from __future__ import annotations

import pytest

from burnish.evaluation.metrics import metrics_of
from burnish.evaluation.predicting import UNANSWERED, Prediction
from burnish.evaluation.statistics import compare_models
from burnish.evaluation.verdict import Conclusion, Verdict, conclude

Counts = tuple[int, int]


def answers(right: int, *, of: int = 80, failed: int = 0, code: str | None = None) -> list[Prediction]:
    """The first are right, the last failed."""
    return [
        Prediction(
            page=str(number),
            label="form",
            predicted=None if number >= of - failed else "form" if number < right else "memo",
            error="gone" if number >= of - failed else None,
            error_code=code,
            seconds=1,
        )
        for number in range(of)
    ]


def discordant(both: int, only_base: int, only_tuned: int, neither: int) -> dict[str, list[Prediction]]:
    """Answers of two models by which of them are right."""
    kinds = [(1, 1)] * both + [(1, 0)] * only_base + [(0, 1)] * only_tuned + [(0, 0)] * neither
    return {
        name: [
            Prediction(page=str(n), label="form", predicted="form" if kind[model] else "memo", seconds=1)
            for n, kind in enumerate(kinds)
        ]
        for model, name in enumerate(("base", "tuned"))
    }


def concluded(found: dict[str, list[Prediction]]) -> Conclusion:
    metrics = {name: metrics_of(one, ["form", "memo"]) for name, one in found.items()}
    return conclude(found, metrics, compare_models(found) if len(found) > 1 else ())


def test_a_difference_is_judged_by_the_pages_on_which_the_models_differ():
    """Base 50 of 100, tuned 62, and the intervals overlap: on 2 and 14 pages only one of them is right."""
    found = discordant(both=48, only_base=2, only_tuned=14, neither=36)
    (pair,) = compare_models(found)
    assert pair.p_value == pytest.approx(0.0042, abs=0.0001)
    assert concluded(found) == Conclusion(
        verdict=Verdict.SETTLED,
        sentence="Use tuned: it gets 62 of 100 pages right, and is better than base.",
    )


@pytest.mark.parametrize(
    ("base", "tuned", "base_failed", "tuned_failed", "verdict", "says"),
    [
        (14, 71, 0, 0, Verdict.SETTLED, "Use tuned: it gets 71 of 80 pages right, and is better than base."),
        (60, 10, 0, 0, Verdict.SETTLED, "Use base: it gets 60 of 80 pages right, and is better than tuned."),
        (3, 30, 0, 0, Verdict.POOR, "but is wrong on at least half of them: do not rely on it."),
        (36, 41, 0, 0, Verdict.UNSETTLED, "its lead over base may be chance"),
        (
            41,
            36,
            0,
            0,
            Verdict.UNSETTLED,
            "base gets 41 of 80 pages right, but its lead over tuned may be chance",
        ),
        (
            40,
            40,
            0,
            0,
            Verdict.TIED,
            "40 of 80 pages right, and so does tuned: take the cheaper one.",
        ),
        (14, 71, 60, 0, Verdict.INCOMPLETE, "calls to base failed: they may be the whole difference."),
        (60, 10, 0, 70, Verdict.INCOMPLETE, "calls to tuned failed: they may be the whole difference."),
        (0, 70, 80, 0, Verdict.INCOMPLETE, "No call to base was answered: see why, and evaluate again."),
        (0, 0, 80, 80, Verdict.INCOMPLETE, "No call to base and tuned was answered"),
        (14, 71, 2, 0, Verdict.SETTLED, "Use tuned"),
    ],
)
def test_the_conclusion_claims_what_the_figures_bear(
    base: int, tuned: int, base_failed: int, tuned_failed: int, verdict: Verdict, says: str
):
    found = {"base": answers(base, failed=base_failed), "tuned": answers(tuned, failed=tuned_failed)}
    conclusion = concluded(found)
    assert conclusion.verdict is verdict
    assert says in conclusion.sentence


def test_pages_that_a_file_does_not_answer_are_wrong_and_no_reason_to_evaluate_again():
    found = {"mine": answers(14, failed=60, code=UNANSWERED), "tuned": answers(71)}
    assert concluded(found).sentence.startswith("Use tuned: it gets 71 of 80")


def test_one_of_several_must_be_better_than_all():
    found = {"base": answers(14), "tuned": answers(71), "large": answers(72)}
    assert concluded(found).verdict is Verdict.UNSETTLED
    assert concluded(found | {"large": answers(30)}).sentence.endswith("and is better than all others.")


def test_one_model_alone_has_an_interval():
    conclusion = concluded({"only": answers(80, of=100)})
    assert conclusion.verdict is Verdict.MEASURED
    assert conclusion.sentence == (
        "only gets 80 of 100 pages right: on other pages like these expect between 71% and 87%."
    )

"""The advice: no win that the test does not support, and no fine-tuning that is not shown to help."""

from __future__ import annotations

import pytest
from answers import FEATURES, LABELS, LANGUAGE, MAJORITY, run

from burnish.ladder.advice import AdviceKind, advice_on
from burnish.ladder.learning_curves import learning_curve
from burnish.ladder.rungs import prompted_rung
from burnish.ladder.standings import comparisons_of, standings_of

NOVA = prompted_rung("nova", "us.amazon.nova-micro-v1:0")


def advice(*runs, rungs=(MAJORITY, FEATURES, LANGUAGE, NOVA)):
    standings = standings_of(runs, rungs, LABELS)
    compared = comparisons_of(runs, [one.rung.name for one in standings])
    return advice_on(standings, compared, learning_curve(runs, LABELS))


def test_a_language_model_that_is_no_better_is_not_fine_tuned():
    said = advice(run(MAJORITY, range(30)), run(FEATURES, range(50)), run(LANGUAGE, range(52)))
    assert (said.kind, said.take) == (AdviceKind.DO_NOT_FINE_TUNE, "features")
    assert said.sentence == (
        "Take features: 83% of 60 pages right (72% to 91%), better than majority; do not fine-tune "
        "language-model: on the same 60 pages it is not shown to be better (+3 points, p = 0.5) and trains "
        "for 13 min, not for 3 s."
    )


def test_a_language_model_that_is_better_is_taken():
    said = advice(run(MAJORITY, range(20)), run(FEATURES, range(30)), run(LANGUAGE, range(58)))
    assert (said.kind, said.take) == (AdviceKind.TAKE, "language-model")
    assert "better than features" in said.sentence
    assert "do not" not in said.sentence


def test_a_language_model_in_one_fold_is_compared_on_the_pages_of_that_fold():
    first, second = range(30), range(30, 60)
    said = advice(
        *(run(MAJORITY, range(0), pages=pages, fold=fold) for fold, pages in ((1, first), (2, second))),
        *(run(FEATURES, range(50), pages=pages, fold=fold) for fold, pages in ((1, first), (2, second))),
        run(LANGUAGE, range(28), pages=first, fold=1),
    )
    assert said.take == "features"
    assert "on the same 30 pages it is not shown to be better (-7 points" in said.sentence


def test_a_worse_language_model_is_called_worse():
    said = advice(run(MAJORITY, range(10)), run(FEATURES, range(60)), run(LANGUAGE, range(30)))
    assert "it is worse (-50 points" in said.sentence


def test_nothing_is_taken_where_nothing_beats_the_commonest_label():
    said = advice(run(MAJORITY, range(30)), run(FEATURES, range(32)), run(LANGUAGE, range(33)))
    assert (said.kind, said.take) == (AdviceKind.NOT_YET, "majority")
    assert "none of them is worth deploying yet" in said.sentence


def test_a_model_that_is_best_without_tuning_is_taken_as_it_is():
    said = advice(run(MAJORITY, range(10)), run(FEATURES, range(30)), run(NOVA, range(60)))
    assert said.sentence.startswith("Take nova as it is: 100% of 60 pages right")


def curve(half: range, whole: range):
    return advice(
        run(MAJORITY, range(0)),
        run(FEATURES, half, share=0.5),
        run(FEATURES, whole),
        rungs=(MAJORITY, FEATURES),
    )


def test_more_labels_are_advised_where_the_last_doubling_helped():
    # Even pages are letters: of the errors that are left, most are letters.
    said = curve(range(20), {*range(40), *range(41, 60, 2)})
    assert said.sentence.endswith("; more labels of letter would help most.")


@pytest.mark.parametrize("half", [range(40), range(38)])
def test_more_labels_are_not_advised_where_it_may_have_been_chance(half):
    assert "more labels" not in curve(half, range(40)).sentence

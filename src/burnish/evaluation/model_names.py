"""The names of models in several evaluations, told apart where two are the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from burnish.errors import InvalidInput
from burnish.evaluation.evaluation import Evaluation


def told_apart(evaluations: Sequence[tuple[str, Evaluation]]) -> list[Evaluation]:
    """Evaluations, each given with its name, whose models have distinct names, such as ``june/tuned``.

    A model's name that occurs once stays as it is. Raises `InvalidInput` where two evaluations have the same
    name and models of the same names.
    """
    counts = Counter(candidate.name for _, one in evaluations for candidate in one.candidates)
    shared = {name for name, times in counts.items() if times > 1}
    places = [place for place, one in evaluations if shared & {model.name for model in one.candidates}]
    if twice := sorted(place for place, times in Counter(places).items() if times > 1):
        raise InvalidInput(
            f"Two folders are called {twice[0]!r} and have models of the same names. Name each folder: "
            "`burnish compare first=FOLDER second=FOLDER`"
        )
    return [_renamed(one, {name: f"{place}/{name}" for name in shared}) for place, one in evaluations]


def _renamed(evaluation: Evaluation, names: dict[str, str]) -> Evaluation:
    return replace(
        evaluation,
        candidates=tuple(replace(one, name=names.get(one.name, one.name)) for one in evaluation.candidates),
        training={names.get(name, name): facts for name, facts in evaluation.training.items()},
    )

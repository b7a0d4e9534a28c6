"""Calibrating a tuned model on its validation pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from burnish.calibration.vector_scaling import VectorScaling, chosen_scaling, cross_fitted
from burnish.engine.answer_forms import common_form, form_and_label
from burnish.engine.language_model.deciding import (
    AdapterCalibration,
    candidate_scores,
)
from burnish.engine.language_model.decision import Decision
from burnish.engine.language_model.dtypes import adapters_computed_as
from burnish.engine.language_model.network import LanguageModel
from burnish.engine.language_model.prefix import run_prefix
from burnish.engine.language_model.training_step import TokenizedExample, shared_prompt_length
from burnish.engine.language_model.trie import trie_of
from burnish.engine.object_forms import common_object_form
from burnish.engine.tunable_model import HeldOutAnswers

#: Pages whose labels are scored in one pass.
PAGES_AT_ONCE = 4


@dataclass(frozen=True, kw_only=True)
class FittedDecision:
    """A decision, and the answers to the validation pages, each calibrated without that page."""

    decision: Decision
    held_out: HeldOutAnswers = field(default_factory=HeldOutAnswers)


def fitted_decision(
    model: LanguageModel,
    training_answers: Sequence[str],
    validation: Sequence[TokenizedExample],
    validation_answers: Sequence[str],
) -> FittedDecision:
    """How a language model decides: `decision_fitted_on` its scores for the validation examples."""
    return decision_fitted_on(
        lambda candidates: _scores(model, candidates, validation), training_answers, validation_answers
    )


def decision_fitted_on(
    scores_of: Callable[[Sequence[str]], np.ndarray],
    training_answers: Sequence[str],
    validation_answers: Sequence[str],
) -> FittedDecision:
    """The form that all answers share, and biases and a temperature fitted on validation pages only.

    ``scores_of`` gives the log-likelihood of candidate answers for each validation page. On training pages a
    model is surer than on any other: fitted there, it would stay overconfident. Nothing is fitted without
    validation pages or with one label only, or where it helps no page that it was not fitted to; and nothing
    is decided where answers are free text.
    """
    answers = [*training_answers, *validation_answers]
    form = common_form(answers)
    if form is None:
        return FittedDecision(decision=Decision(objects=common_object_form(answers)))
    labels = sorted({taken[1] for answer in answers if (taken := form_and_label(answer))})
    found = [labels.index(taken[1]) for answer in validation_answers if (taken := form_and_label(answer))]
    if len(labels) < 2 or not found:
        return FittedDecision(decision=Decision(form=form))
    scores, truth = scores_of([form.answer(label) for label in labels]), np.array(found)
    held_out = [dict(zip(labels, row, strict=True)) for row in cross_fitted(scores, truth).tolist()]
    return FittedDecision(
        decision=Decision(form=form, calibration=_calibration(chosen_scaling(scores, truth), labels)),
        held_out=HeldOutAnswers(validation=tuple(held_out)),
    )


def _calibration(scaling: VectorScaling, labels: Sequence[str]) -> AdapterCalibration:
    """A scaling as it is kept: with biases that are added before the division that they were fitted after."""
    biases = [bias * scaling.temperature for bias in scaling.biases]
    return AdapterCalibration(temperature=scaling.temperature, biases=dict(zip(labels, biases, strict=True)))


def _scores(
    model: LanguageModel, candidates: Sequence[str], validation: Sequence[TokenizedExample]
) -> np.ndarray:
    """The log-likelihood of each candidate answer for each page, (pages, candidates)."""
    trie = trie_of([model.answer_tokens(candidate) for candidate in candidates])
    length = shared_prompt_length(validation)
    prompts = [example.prompt for example in validation]
    # As while answering, for which adapters are loaded in the dtype of the network.
    with adapters_computed_as(model.network, next(model.backbone.parameters()).dtype):
        with torch.no_grad(), model.attending():
            cache = run_prefix(model.backbone, validation[0].prompt[:length], model.device)
        scores = [
            candidate_scores(model, prompts[start : start + PAGES_AT_ONCE], trie, cache, length)
            for start in range(0, len(prompts), PAGES_AT_ONCE)
        ]
    return np.asarray(torch.cat(scores).cpu().double())

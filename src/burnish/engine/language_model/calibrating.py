"""Calibrating a tuned model on its validation pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from burnish.engine.answer_forms import common_form, form_and_label
from burnish.engine.language_model.deciding import (
    candidate_scores,
    fit_calibration,
)
from burnish.engine.language_model.decision import Decision
from burnish.engine.language_model.network import LanguageModel
from burnish.engine.language_model.prefix import run_prefix
from burnish.engine.language_model.training import MICRO_BATCH, TokenizedExample, shared_prompt_length
from burnish.engine.language_model.trie import trie_of
from burnish.engine.object_forms import common_object_form
from burnish.engine.tunable_model import HeldOutAnswers

#: So many calibrations are fitted for what is told of the validation pages, each without a part of them.
FOLDS = 5


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
    """The form that all answers share, and biases and a temperature fitted on validation pages only.

    On training pages a model is surer than on any other: fitted there, it would stay overconfident. Nothing
    is fitted without validation pages or with one label only, and nothing is decided where answers are free
    text.
    """
    answers = [*training_answers, *validation_answers]
    form = common_form(answers)
    if form is None:
        return FittedDecision(decision=Decision(objects=common_object_form(answers)))
    labels = sorted({taken[1] for answer in answers if (taken := form_and_label(answer))})
    truth = [labels.index(taken[1]) for answer in validation_answers if (taken := form_and_label(answer))]
    if len(labels) < 2 or not truth:
        return FittedDecision(decision=Decision(form=form))
    scores = _scores(model, [form.answer(label) for label in labels], validation)
    return FittedDecision(
        decision=Decision(form=form, calibration=fit_calibration(scores, truth, labels)),
        held_out=HeldOutAnswers(validation=cross_fitted(scores, truth, labels)),
    )


def cross_fitted(
    scores: torch.Tensor, truth: Sequence[int], labels: Sequence[str]
) -> tuple[dict[str, float], ...]:
    """The probabilities of each page's labels, calibrated on the pages of the other folds."""
    rows = [dict(zip(labels, row, strict=True)) for row in scores.tolist()]
    pages = range(len(rows))
    calibrations = []
    for fold in range(min(FOLDS, len(rows))):
        others = [page for page in pages if page % FOLDS != fold]
        calibrations.append(fit_calibration(scores[others], [truth[page] for page in others], labels))
    return tuple(calibrations[page % FOLDS].probabilities(rows[page]) for page in pages)


def _scores(
    model: LanguageModel, candidates: Sequence[str], validation: Sequence[TokenizedExample]
) -> torch.Tensor:
    """The log-likelihood of each candidate answer for each page, (pages, candidates)."""
    trie = trie_of([model.answer_tokens(candidate) for candidate in candidates])
    length = shared_prompt_length(validation)
    with torch.no_grad():
        cache = run_prefix(model.backbone, validation[0].prompt[:length], model.device)
    prompts = [example.prompt for example in validation]
    scores = [
        candidate_scores(model, prompts[start : start + MICRO_BATCH], trie, cache, length)
        for start in range(0, len(prompts), MICRO_BATCH)
    ]
    return torch.cat(scores).cpu()

"""Calibrating a tuned model on its validation pages."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from burnish.engine.answer_forms import common_form, form_and_label
from burnish.engine.language_model.deciding import (
    AdapterCalibration,
    candidate_scores,
    fit_calibration,
    trie_of,
)
from burnish.engine.language_model.decision import Decision
from burnish.engine.language_model.network import LanguageModel
from burnish.engine.language_model.prefix import run_prefix
from burnish.engine.language_model.training import MICRO_BATCH, TokenizedExample, shared_prompt_length


def fitted_decision(
    model: LanguageModel,
    training_answers: Sequence[str],
    validation: Sequence[TokenizedExample],
    validation_answers: Sequence[str],
) -> Decision:
    """The form that all answers share, and biases and a temperature fitted on validation pages only.

    On training pages a model is surer than on any other: fitted there, it would stay overconfident. Nothing
    is fitted without validation pages or with one label only, and nothing is decided where answers are free
    text.
    """
    answers = [*training_answers, *validation_answers]
    form = common_form(answers)
    if form is None:
        return Decision()
    labels = sorted({taken[1] for answer in answers if (taken := form_and_label(answer))})
    truth = [labels.index(taken[1]) for answer in validation_answers if (taken := form_and_label(answer))]
    if len(labels) < 2 or not truth:
        return Decision(form=form)
    candidates = [form.answer(label) for label in labels]
    return Decision(form=form, calibration=_fitted(model, candidates, validation, truth, labels))


def _fitted(
    model: LanguageModel,
    candidates: Sequence[str],
    validation: Sequence[TokenizedExample],
    truth: Sequence[int],
    labels: Sequence[str],
) -> AdapterCalibration:
    trie = trie_of([model.answer_tokens(candidate) for candidate in candidates])
    length = shared_prompt_length(validation)
    with torch.no_grad():
        cache = run_prefix(model.backbone, validation[0].prompt[:length], model.device)
    prompts = [example.prompt for example in validation]
    scores = [
        candidate_scores(model, prompts[start : start + MICRO_BATCH], trie, cache, length)
        for start in range(0, len(prompts), MICRO_BATCH)
    ]
    return fit_calibration(torch.cat(scores).cpu(), truth, labels)

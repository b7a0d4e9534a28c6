"""Questions to a model that is known, as tests put them."""

from __future__ import annotations

from burnish.evaluation.identity import ModelIdentity
from burnish.evaluation.predicting import Asking
from burnish.evaluation.questions import Question
from burnish.records import classification_prompt

KNOWN = ModelIdentity(
    model_id="m",
    endpoint="https://bedrock-runtime.us-east-1.amazonaws.com",
    account="123456789012",
    region="us-east-1",
    model_arn="arn:aws:bedrock:us-east-1::foundation-model/m",
    version="",
)


def question(prompt=classification_prompt(["a", "b"]), *, model=KNOWN, sample=1, **asking):  # noqa: B008
    return Question(model=model, prompt=prompt, asking=Asking(**asking), sample=sample)

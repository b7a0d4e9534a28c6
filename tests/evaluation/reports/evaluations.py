"""An evaluation of three models, as a real one might come out: one dear and good, one tuned, one poor."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime

from test_tuning import PNG, SCRIPT, TRAINING

from burnish.evaluation.predicting import Page, Prediction
from burnish.evaluation.prices import ModelPrice
from burnish.evaluation.questions import prompt_digest
from burnish.evaluation.reports.evaluation import Evaluation, with_thumbnails
from burnish.evaluation.scoring import Candidate
from burnish.records import classification_prompt

LABELS = ("form", "invoice", "letter", "memo", SCRIPT)
PAGES = [
    Page(name=f"{label}/{number:03}.pdf", label=label, png=PNG) for label in LABELS for number in range(20)
]
#: Their share of right answers, and by how much they think that they are better.
MODELS = {"base": (0.4, None), "tuned": (0.85, 0.1), "large": (0.87, 0.02)}


def answered(name: str, *, seed: int, pages: list[Page] = PAGES) -> tuple[Prediction, ...]:
    rng = random.Random(f"{name} {seed}")
    share, boast = MODELS[name]
    return tuple(prediction(page, share, boast, rng) for page in pages)


def prediction(page: Page, share: float, boast: float | None, rng: random.Random) -> Prediction:
    chance = min(1, max(0, rng.gauss(share, 0.2)))
    right = rng.random() < chance
    other = rng.choice([label for label in LABELS if label != page.label])
    said = page.label if right else other
    asked = Prediction(
        page=page.name,
        label=page.label,
        answer=said,
        predicted=said,
        seconds=rng.lognormvariate(-1, 0.4),
        asked_at=rng.random() * 20,
        input_tokens=700,
        output_tokens=9,
    )
    if boast is None:
        lost = rng.random() < 0.05
        return (
            replace(
                asked,
                predicted=None,
                answer=None,
                error="ThrottlingException: slow down",
                error_code="ThrottlingException",
            )
            if lost
            else asked
        )
    sure = min(0.999, max(0.21, chance + boast))
    others = {label: (1 - sure) / (len(LABELS) - 1) for label in LABELS if label != said}
    return replace(asked, probabilities={said: sure, **others})


def evaluation(*names: str) -> Evaluation:
    """The named models, or all three."""
    prices = {
        "tuned": ModelPrice(input_usd=0.00006, output_usd=0.00024),
        "large": ModelPrice(input_usd=0.0008, output_usd=0.0032, source="the Price List, 2 August 2026"),
    }
    made = Evaluation(
        title=f"Sample {SCRIPT}",
        created=datetime(2026, 11, 24, 9, 41, tzinfo=UTC),
        dataset="s3://papers/set/manifest.json",
        labels=LABELS,
        candidates=tuple(
            Candidate(
                name=name,
                predictions=answered(name, seed=0),
                validation=answered(name, seed=1) if MODELS[name][1] else (),
                price=prices.get(name),
            )
            for name in names or MODELS
        ),
        pages={page.name: page.digest for page in PAGES},
        prompt=prompt_digest(classification_prompt(LABELS)),
        training={"tuned": TRAINING} if not names or "tuned" in names else {},
    )
    return with_thumbnails(made, PAGES)

"""An evaluation of three models, as a real one might come out: one expensive, one tuned, one poor."""

from __future__ import annotations

import io
import random
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

from PIL import Image

from burnish.datasets.documents import SkippedDocument
from burnish.evaluation.evaluation import Evaluation
from burnish.evaluation.facts import DataFacts, LossPoint, StageTime, TrainingFacts
from burnish.evaluation.judgement import Candidate
from burnish.evaluation.predicting import Page, Prediction
from burnish.evaluation.prices import ModelPrice
from burnish.evaluation.questions import prompt_digest
from burnish.evaluation.reports.thumbnails import with_thumbnails
from burnish.records import classification_prompt

SCRIPT = '<script>alert("x")</script>'
VOID = {"meta", "img", "source", "link", "br"}


def png() -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (850, 1100), 250).save(buffer, format="PNG")
    return buffer.getvalue()


PNG = png()
LABELS = ("form", "invoice", "letter", "memo", SCRIPT)
PAGES = [
    Page(name=f"{label}/{number:03}.pdf", label=label, png=PNG) for label in LABELS for number in range(20)
]
#: Their share of right answers, and by how much they think that they are better.
MODELS = {"base": (0.4, None), "tuned": (0.85, 0.1), "large": (0.87, 0.02)}

TRAINING = TrainingFacts(
    base_model="local.smollm2-135m-instruct-v1:0",
    job_arn="arn:aws:bedrock:us-east-1:123456789012:model-customization-job/abc",
    custom_model_arn="arn:aws:bedrock:us-east-1:123456789012:custom-model/def",
    hyperparameters={"epochCount": "3", "learningRate": "0.001"},
    training_losses=(LossPoint(step=1, loss=2.5), LossPoint(step=2, loss=0.25)),
    validation_losses=(LossPoint(step=2, loss=0.5),),
)
DATA = DataFacts(
    documents=42,
    train_records=90,
    validation_records=9,
    split="Documents are split by seed 0.",
    skipped=(
        SkippedDocument(name=f"{SCRIPT}.pdf", reason="it is encrypted"),
        SkippedDocument(name="b.pdf", reason="it is encrypted"),
    ),
)


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


def demo() -> Evaluation:
    """What a demo comes to: two models, with all that is known of the data, the training and the times."""
    stages = (StageTime(name="Train", seconds=412), StageTime(name="Evaluate", seconds=30))
    return replace(evaluation("base", "tuned"), data=DATA, stages=stages)


class Outline(HTMLParser):
    """What there is in a page, as a browser would find it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

"""Classifying a document with a model that answers, in the words that it was trained on."""

from __future__ import annotations

import tempfile
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from html import escape
from pathlib import Path

from burnish.aws.clients import Clients
from burnish.aws.served_models import served_model
from burnish.datasets.manifest import Manifest, read_manifest
from burnish.datasets.pages import render_pages
from burnish.errors import InvalidConfig
from burnish.evaluation.identity import identity_of
from burnish.evaluation.journal import Journal
from burnish.evaluation.predicting import Page, Prediction
from burnish.evaluation.predictors import ConversePredictor
from burnish.evaluation.training_data import training_data_of

#: The likeliest labels that a notebook shows of each page.
_SHOWN_LABELS = 4
_SHOWN_WIDTH = 220


@dataclass(frozen=True, kw_only=True)
class ClassifiedPage:
    """What a model makes of a page: the label, or the reason why there is none."""

    number: int
    label: str | None
    #: The probability of the label; None from a model that gives none.
    confidence: float | None
    #: The probability of every label, the likeliest first.
    probabilities: Mapping[str, float]
    #: The model's own words.
    answer: str | None
    error: str | None
    png: bytes = field(repr=False)
    #: Whether the page is unlike those that the model was trained on, so that a person should look at it.
    is_unlike_training: bool = False

    def __str__(self) -> str:
        if self.label is None:
            return f"no label: {self.error or self.answer}"
        found = self.label if self.confidence is None else f"{self.label} ({self.confidence:.0%})"
        return f"{found}, unlike the training pages: review it" if self.is_unlike_training else found


@dataclass(frozen=True, kw_only=True)
class Classification:
    """What a model makes of a document, page by page. A notebook shows the pages."""

    document: str
    pages: tuple[ClassifiedPage, ...]

    @property
    def label(self) -> str | None:
        """The label of the first page, which is the document's where the first pages were trained on."""
        return self.pages[0].label

    @property
    def confidence(self) -> float | None:
        """How confident the model is of that label."""
        return self.pages[0].confidence

    def __str__(self) -> str:
        if len(self.pages) == 1:
            return f"{self.document}: {self.pages[0]}"
        return "\n".join(f"{self.document}, page {page.number}: {page}" for page in self.pages)

    def _repr_html_(self) -> str:
        pages = "".join(map(_page_html, self.pages))
        return f"<p><b>{escape(str(self))}</b></p>{pages}"


def classify_document(
    clients: Clients, document: Path, *, model_id: str, manifest: Manifest
) -> Classification:
    """What a model makes of a PDF or an image, rendered and asked about as the pages of its data set were.

    Which pages are asked about is the data set's choice too: the first, or all. Raises `UnreadableDocument`.
    """
    pngs = render_pages(document, manifest.rendering)
    pages = [Page(name=str(number), label="", png=png) for number, png in enumerate(pngs, 1)]
    with tempfile.TemporaryDirectory() as folder:
        asked = ConversePredictor(
            name=model_id,
            model_id=model_id,
            runtime=clients.bedrock_runtime,
            prompt=manifest.classification_prompt(),
            journal=Journal(Path(folder) / "answers.jsonl"),
            identify=partial(identity_of, clients),
        )
        answers = asked.predict(pages)
    classified = tuple(_classified(page, answer) for page, answer in zip(pages, answers, strict=True))
    return Classification(document=document.name, pages=classified)


def manifest_of_model(clients: Clients, model_id: str) -> Manifest:
    """The data set that the model behind an id was trained on, which says how the model is to be asked.

    Raises `InvalidConfig` for a base model, and where the data set is not known.
    """
    data = training_data_of(clients, served_model(clients.bedrock, model_id).model_arn)
    if data.manifest is None:
        reason = "; ".join(data.doubts) or "it was not tuned on a data set that Burnish prepared"
        raise InvalidConfig(
            f"The model {model_id!r}", [f"{reason}: name the data set whose labels it is to choose from"]
        )
    return read_manifest(clients.s3, data.manifest)


def _classified(page: Page, found: Prediction) -> ClassifiedPage:
    likeliest_first = sorted((found.probabilities or {}).items(), key=lambda one: -one[1])
    return ClassifiedPage(
        number=int(page.name),
        label=found.predicted,
        confidence=found.probability,
        probabilities=dict(likeliest_first),
        answer=found.answer,
        is_unlike_training=found.is_unlike_training,
        error=found.error,
        png=page.png,
    )


def _page_html(page: ClassifiedPage) -> str:
    image = f"data:image/png;base64,{b64encode(page.png).decode()}"
    style = f"width:{_SHOWN_WIDTH}px;border:1px solid #9aa3b2"
    likeliest = list(page.probabilities.items())[:_SHOWN_LABELS]
    bars = "".join(
        f'<div><meter value="{value:.3f}" style="width:8em"></meter> {value:.0%} {escape(label)}</div>'
        for label, value in likeliest
    )
    return (
        '<div style="display:flex;gap:16px;align-items:flex-start;margin-bottom:12px">'
        f'<img src="{image}" alt="page {page.number}" style="{style}">'
        f"<div>{bars}</div></div>"
    )

"""What a classification will take, before any model is asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from burnish.classification.incoming import IncomingDocument
from burnish.datasets.documents import Document
from burnish.datasets.pages import Rendering
from burnish.datasets.render_pool import RenderPool
from burnish.evaluation.call_tokens import likely_tokens, most_tokens
from burnish.evaluation.prices import ModelPrice
from burnish.extraction_prompts import Prompt
from burnish.families import ImageTokens

#: So many documents are rendered to learn how many pages they have, and how large these are.
SAMPLED_DOCUMENTS = 30


@dataclass(frozen=True, kw_only=True)
class ClassificationEstimate:
    """Documents that are to be asked about, and about how many pages and tokens these are.

    ``likely_usd`` is None where no price is known.
    """

    documents: int
    answered: int
    unreadable: int
    pages: int
    input_tokens: int
    output_tokens: int
    likely_usd: float | None
    most_usd: float | None


@dataclass
class _Sample:
    documents: int = 0
    pages: int = 0
    likely: tuple[int, int] = (0, 0)
    most: tuple[int, int] = (0, 0)


def estimate(
    documents: Iterable[tuple[IncomingDocument, bool]],
    *,
    prompt: Prompt,
    rendering: Rendering,
    images: ImageTokens,
    price: ModelPrice | None,
) -> ClassificationEstimate:
    """The estimate for documents, each with whether it was answered already, from a sample of their pages."""
    sample, asked, answered, unreadable = _Sample(), 0, 0, 0
    with RenderPool(1) as renderers:
        for one, is_answered in documents:
            answered += is_answered
            unreadable += one.reason is not None
            if is_answered or one.reason:
                continue
            asked += 1
            if sample.documents < SAMPLED_DOCUMENTS:
                _add(sample, _sizes(renderers, one.path, rendering), prompt, images)
    scale = asked / sample.documents if sample.documents else 0.0
    likely, most = ([round(scale * count) for count in counts] for counts in (sample.likely, sample.most))
    return ClassificationEstimate(
        documents=asked,
        answered=answered,
        unreadable=unreadable,
        pages=round(scale * sample.pages),
        input_tokens=likely[0],
        output_tokens=likely[1],
        likely_usd=price.of_tokens(*likely) if price else None,
        most_usd=price.of_tokens(*most) if price else None,
    )


def _add(sample: _Sample, sizes: list[tuple[int, int]], prompt: Prompt, images: ImageTokens) -> None:
    sample.documents += 1
    sample.pages += len(sizes)
    for size in sizes:
        likely = likely_tokens(prompt, [size], images)
        most = most_tokens(prompt, [size], images, answer=prompt.max_answer_tokens)
        sample.likely = (sample.likely[0] + likely.asked, sample.likely[1] + likely.answered)
        sample.most = (sample.most[0] + most.asked, sample.most[1] + most.answered)


def _sizes(renderers: RenderPool, path: Path, rendering: Rendering) -> list[tuple[int, int]]:
    found = renderers.render(Document(path=path, label="", digest="", name=path.name), rendering)
    return [(page.facts.width, page.facts.height) for page in found.pages]

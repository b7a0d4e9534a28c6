"""Images of the pages that the best model of an evaluation gets wrong, which a report shows and opens."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace

from burnish.errors import InvalidInput, UnreadableImage
from burnish.evaluation.evaluation import Evaluation
from burnish.evaluation.mistakes import mistakes_of
from burnish.evaluation.predicting import Page

MAX_THUMBNAILS = 12
#: In pixels: what is printed on a page can be read.
_SIZE = (1240, 1754)
_QUALITY = 55


def with_thumbnails(evaluation: Evaluation, pages: Sequence[Page]) -> Evaluation:
    """The evaluation with images of the pages that its best model gets wrong."""
    answers = evaluation.judgement.answers[evaluation.outcome.best.model]
    by_name = {page.name: page for page in pages}
    wrong = [one.page for one in mistakes_of(answers) if one.page in by_name]
    images = {name: thumbnail(by_name[name]) for name in wrong[:MAX_THUMBNAILS]}
    return replace(evaluation, thumbnails={**evaluation.thumbnails, **images})


def thumbnail(page: Page) -> bytes:
    """A page as a WebP image that can be read. Raises `InvalidInput` when it is no image."""
    from burnish.pages.page_images import decoded_image

    try:
        image = decoded_image(page.png)
    except UnreadableImage as error:
        raise InvalidInput(f"The page {page.name!r} cannot be read: {error.reason}") from error
    image.thumbnail(_SIZE)
    buffer = io.BytesIO()
    image.save(buffer, format="WEBP", quality=_QUALITY)
    return buffer.getvalue()

"""The small images of a report show what was asked about."""

import io

import pytest
from evaluations import demo
from PIL import Image

from burnish.errors import InvalidInput
from burnish.evaluation.predicting import Page
from burnish.evaluation.reports.thumbnails import MAX_THUMBNAILS, thumbnail


def test_a_thumbnail_shows_the_page_as_a_person_and_a_model_see_it():
    exif, file = Image.Exif(), io.BytesIO()
    exif[0x0112] = 6
    Image.new("RGBA", (60, 80)).save(file, "PNG", exif=exif)
    with Image.open(io.BytesIO(thumbnail(Page(name="a", label="a", png=file.getvalue())))) as small:
        assert (small.size, small.convert("L").getextrema()) == ((80, 60), (255, 255))


def test_a_page_that_is_no_image_is_named():
    with pytest.raises(InvalidInput, match="'a' cannot be read: it is not an image of a known kind"):
        thumbnail(Page(name="a", label="a", png=b"no image"))


def test_thumbnails_are_of_pages_that_the_best_model_gets_wrong_and_can_be_read():
    made = demo()
    answers = made.judgement.answers[made.scores.best.model]
    assert len(made.thumbnails) == MAX_THUMBNAILS
    assert set(made.thumbnails) <= {one.page for one in answers if not one.is_right}
    for image in made.thumbnails.values():
        with Image.open(io.BytesIO(image)) as opened:
            assert opened.format == "WEBP"
            assert opened.size == (850, 1100)  # as they are: not larger than is read with comfort

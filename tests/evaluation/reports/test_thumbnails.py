"""The small images of a report show what was asked about."""

import io

import pytest
from PIL import Image

from burnish.errors import InvalidInput
from burnish.evaluation.predicting import Page
from burnish.evaluation.reports.files import thumbnail


def test_a_thumbnail_shows_the_page_as_a_person_and_a_model_see_it():
    exif, file = Image.Exif(), io.BytesIO()
    exif[0x0112] = 6
    Image.new("RGBA", (60, 80)).save(file, "PNG", exif=exif)
    with Image.open(io.BytesIO(thumbnail(Page(name="a", label="a", png=file.getvalue())))) as small:
        assert (small.size, small.convert("L").getextrema()) == ((80, 60), (255, 255))


def test_a_page_that_is_no_image_is_named():
    with pytest.raises(InvalidInput, match="'a' cannot be read: it is no image of a known kind"):
        thumbnail(Page(name="a", label="a", png=b"no image"))

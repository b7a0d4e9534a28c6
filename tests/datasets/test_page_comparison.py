"""Copies of a page are the same page; forms of one layout with other values are not, alike as they look."""

import io

import pytest
from page_files import filled_form
from PIL import Image

from burnish.datasets.page_comparison import is_same_page, page_detail
from burnish.datasets.perceptual_hash import NEAR, page_hash


def recompressed(image: Image.Image) -> Image.Image:
    body = io.BytesIO()
    image.convert("RGB").save(body, "JPEG", quality=30)
    return Image.open(body)


def rescaled(image: Image.Image) -> Image.Image:
    return image.resize((image.width * 2 // 3, image.height * 2 // 3))


def turned(image: Image.Image) -> Image.Image:
    return image.rotate(1, Image.Resampling.BICUBIC, fillcolor=255)


@pytest.fixture(scope="module")
def form() -> Image.Image:
    return filled_form("Anna Berg", "1047723")


@pytest.mark.parametrize(
    "change", [recompressed, rescaled, turned, lambda image: turned(rescaled(recompressed(image)))]
)
def test_a_copy_is_the_same_page(form, change):
    assert is_same_page(page_detail(form), page_detail(change(form)))
    assert is_same_page(page_detail(change(form)), page_detail(form))


@pytest.mark.parametrize("other", [("Otto Stone", "3385160"), ("Anna Berg", "9625048"), ("", "1047723")])
def test_a_form_with_other_values_is_another_page(form, other):
    another = turned(rescaled(filled_form(*other)))
    assert page_hash(form).distance(page_hash(another)) <= NEAR  # alike enough to be kept together in a split
    assert not is_same_page(page_detail(form), page_detail(another))
    assert not is_same_page(page_detail(another), page_detail(form))


def test_a_page_without_ink_is_the_same_as_itself():
    blank = page_detail(Image.new("L", (300, 400), "white"))
    assert is_same_page(blank, blank)


def test_what_is_kept_of_a_page_is_small(form):
    with Image.open(io.BytesIO(page_detail(form))) as detail:
        assert detail.size[0] <= 900
        assert detail.size[1] <= 1200

"""The appearance of a page tells print, paper and pictures apart without reading a word."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from burnish.errors import InvalidInput
from burnish.page_features.appearance import (
    RUN_COUNTS,
    SIZE,
    appearance_of,
    page_appearance,
    run_lengths,
    texture,
)


def ruled(*, down: bool, size: tuple[int, int] = (400, 600)) -> Image.Image:
    """A page of lines two pixels thick, twenty apart."""
    page = Image.new("L", size, 255)
    draw = ImageDraw.Draw(page)
    for place in range(10, size[0] if down else size[1], 20):
        draw.rectangle((place, 0, place + 1, size[1]) if down else (0, place, size[0], place + 1), fill=0)
    return page


def runs(page: Image.Image) -> np.ndarray:
    """Of the whole page: (across and down, paper and ink, lengths)."""
    return run_lengths(page_appearance(page))[:36].reshape(2, 2, 9)


def test_ink_two_pixels_thick_is_counted_as_that_in_its_direction():
    across, down = runs(ruled(down=True))[:, 1]
    assert across[1] == pytest.approx(1)  # two pixels
    assert down[8] == pytest.approx(1)  # the whole height
    turned_across, turned_down = runs(ruled(down=False))[:, 1]
    assert turned_down[1] == pytest.approx(1)
    assert turned_across[8] == pytest.approx(1)


def test_paper_between_lines_is_as_wide_as_it_is():
    paper = runs(ruled(down=True))[0, 0]
    assert paper[5] > 0.9  # 17 to 32 pixels


def test_quarters_are_measured_apart():
    page = Image.new("L", (400, 600), 255)
    page.paste(ruled(down=True, size=(200, 300)), (0, 0))
    quarters = run_lengths(page_appearance(page))[36:180].reshape(2, 2, 2, 2, 9)
    assert quarters[0, 0, 0, 1].sum() > 0
    assert quarters[1, 1, 0, 1].sum() == 0


@pytest.mark.parametrize("size", [(1, 1), (2, 900), (3000, 4000), (1, 5000)])
def test_a_page_of_any_size_has_as_many_numbers(size):
    appearance = page_appearance(Image.new("L", size, 255))
    assert len(appearance) == SIZE
    assert np.isfinite(run_lengths(appearance)).all()
    assert (texture(appearance) ** 2).sum() == pytest.approx(1, abs=0.01)


def test_a_photograph_has_another_texture_than_print():
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (600, 400), dtype=np.uint8))
    photograph, print_, other = (
        texture(page_appearance(page)) for page in (noise, ruled(down=True), ruled(down=False))
    )
    assert np.linalg.norm(print_ - other) < np.linalg.norm(print_ - photograph)


def test_an_unknown_appearance_has_no_numbers():
    assert np.isnan(run_lengths(b"")).all()
    assert len(run_lengths(b"")) == RUN_COUNTS


def test_what_is_no_image_is_refused():
    with pytest.raises(InvalidInput, match="cannot be read"):
        appearance_of(b"no image")
    body = io.BytesIO()
    ruled(down=True).save(body, "PNG")
    assert appearance_of(body.getvalue()) == page_appearance(ruled(down=True))

"""The ceiling of what a page image takes is none that a documented example breaks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.families import ImageTokens, family_named

SIDES = st.integers(1, 8_000)


@pytest.mark.parametrize(
    ("width", "height", "tokens"),
    [(900, 450, 800), (900, 900, 1300), (1400, 900, 1800), (1800, 900, 2400), (1300, 1300, 2600)],
)
def test_nova_takes_no_more_than_the_ceiling_for_the_sizes_in_its_guide(width, height, tokens):
    nova = family_named("nova").image_tokens
    assert tokens <= nova.ceiling(width, height) <= 2 * tokens
    assert nova.likely(width, height) == pytest.approx(tokens, rel=0.25)


@given(width=SIDES, height=SIDES)
def test_llama_takes_no_more_than_the_ceiling_whatever_the_size(width, height):
    tiles = min(2, max(height // 560, 1)) * min(2, max(width // 560, 1))
    assert tiles * 1601 <= family_named("llama").image_tokens.ceiling(width, height)


@given(width=SIDES, height=SIDES)
def test_an_unknown_model_has_a_ceiling_above_all_known_ones(width, height):
    known = [family_named(name).image_tokens for name in ("nova", "claude", "llama")]
    assert ImageTokens().ceiling(width, height) >= max(one.ceiling(width, height) for one in known)

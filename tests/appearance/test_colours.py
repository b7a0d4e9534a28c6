"""The colours of models: seen on their paper, and told apart by people of every kind of colour vision."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from burnish.appearance.colours import DARK, LIGHT, Theme, colour_of, contrast, css_variables

#: How linear red, green and blue look to people who lack one kind of cones (Machado et al., 2009).
VISIONS = {
    "all cones": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
#: To Oklab, in which equal distances look equally different (Ottosson, 2020).
TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def seen(colour: str, vision: np.ndarray) -> np.ndarray:
    parts = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return TO_LAB @ np.cbrt(TO_CONES @ np.clip(vision @ linear, 0, 1))


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("vision", VISIONS.values(), ids=VISIONS)
def test_no_two_models_look_alike_and_none_looks_like_a_mistake(theme: Theme, vision: np.ndarray):
    for one, other in combinations((*theme.models, theme.wrong), 2):
        assert np.linalg.norm(seen(one, vision) - seen(other, vision)) >= 0.065, (one, other)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_colours_are_seen_on_their_paper_and_texts_are_read_on_it(theme: Theme):
    for colour in (*theme.models, theme.right, theme.wrong):
        assert contrast(colour, theme.paper) >= 3
    for text in (theme.ink, theme.muted):
        assert contrast(text, theme.paper) >= 4.5


def test_a_model_has_one_colour_in_each_theme_and_pages_know_it():
    models = ("base", "tuned", "large")
    assert colour_of("tuned", models, LIGHT) == LIGHT.models[1]
    assert colour_of("tuned", ["tuned"], LIGHT) == LIGHT.models[1]
    assert f"--model-1: {DARK.models[1]};" in css_variables(DARK)
    assert len(LIGHT.models) == len(DARK.models)

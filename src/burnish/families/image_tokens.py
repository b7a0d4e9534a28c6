"""How many input tokens a page image takes, as a ceiling and as an expectation."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ImageTokens:
    """A family's rule for the tokens of an image, by its pixels.

    The default is a ceiling over all rules that we know of, for models of which nothing is known: Pixtral
    takes a token for 16 x 16 pixels, Llama up to four tiles of 1,601 tokens whatever the size.
    """

    #: So few pixels take a token at least; a small image is counted as ``least``.
    pixels_per_token: int = 196
    least: int = 6_404
    #: For an estimate.
    likely_pixels_per_token: int = 750

    def ceiling(self, width: int, height: int) -> int:
        """The most tokens that an image of this size takes."""
        return max(self.least, math.ceil(width * height / self.pixels_per_token))

    def likely(self, width: int, height: int) -> int:
        """About how many it takes."""
        return math.ceil(width * height / self.likely_pixels_per_token)

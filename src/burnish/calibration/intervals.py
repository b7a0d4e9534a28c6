"""How far a share that was counted on few pages can be trusted."""

from __future__ import annotations

import math

#: Quantile of the normal distribution for an interval of 95 %.
_Z = 1.959963984540054


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share: honest for few trials and near 0 and 1 (Wilson, 1927)."""
    # Not the normal approximation, which gives 20 right of 20 an interval of no width.
    share = successes / trials
    scale = 1 + _Z**2 / trials
    middle = (share + _Z**2 / (2 * trials)) / scale
    half = _Z / scale * math.sqrt(share * (1 - share) / trials + _Z**2 / (4 * trials**2))
    # Rounding must not put the share outside of its own interval.
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))

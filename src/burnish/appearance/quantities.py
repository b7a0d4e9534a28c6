"""Quantities as a reader says them."""

from __future__ import annotations


def percent(share: float) -> str:
    """A share as whole percent, which is as fine as a few hundred pages allow."""
    return f"{share * 100:.0f}%"


def signed_points(difference: float) -> str:
    """A difference of two shares in whole percentage points, with its sign."""
    return f"{difference * 100:+.0f}".replace("-", "\N{MINUS SIGN}")


def usd(amount: float | None) -> str:
    """Dollars: whole cents, and below ten cents as fine as it takes."""
    if amount is None:
        return "not known"
    return f"${amount:,.2f}" if amount >= 0.1 or amount == 0 else f"${amount:.2g}"


def duration(seconds: float | None) -> str:
    """Seconds as a reader says them."""
    if seconds is None:
        return "none"
    if seconds < 10:
        return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"

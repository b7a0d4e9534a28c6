"""The options of a benchmark, as its docstring explains them."""

from __future__ import annotations

import argparse


def parser_with(description: str | None) -> argparse.ArgumentParser:
    """A parser that shows the description as it is written, and takes no abbreviated options."""
    return argparse.ArgumentParser(
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )

"""Results as tables: for pandas, and for a notebook that has none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from burnish.errors import InvalidConfig

if TYPE_CHECKING:
    from pandas import DataFrame


def data_frame(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> DataFrame:
    """Rows as a DataFrame. Raises `InvalidConfig` where pandas is not installed."""
    try:
        import pandas as pd
    except ModuleNotFoundError as error:
        raise InvalidConfig(
            "A DataFrame", ["pandas is not installed: pip install 'burnish[notebooks]'"]
        ) from error
    return pd.DataFrame(list(rows), columns=list(columns))


def html_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows as an HTML table."""
    head = _cells(columns, "th")
    body = "".join(f"<tr>{_cells(row, 'td')}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cells(values: Iterable[object], tag: str) -> str:
    return "".join(f"<{tag}>{escape(str(value))}</{tag}>" for value in values)

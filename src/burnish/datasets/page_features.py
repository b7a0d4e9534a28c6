"""What tells types of document apart on a page: its words, its layout, and how it looks.

Everything is counted or measured, so that an audit needs no model that must be fetched.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from burnish.reading import Line

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Words and letters that stand together are counted up to these many.
WORDS, LETTERS = (1, 2), (2, 4)


def counted(texts: Sequence[str], analyzer: str, lengths: tuple[int, int]) -> Any:  # noqa: ANN401  # sparse
    """Weighed counts (tf-idf) of words (``word``) or of letters (``char_wb``), (texts, kinds), sparse."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    # A page without text is a page with one word of its own: there must be something to count.
    said = [text or "nothing" for text in texts]
    return TfidfVectorizer(analyzer=analyzer, ngram_range=lengths, sublinear_tf=True).fit_transform(said)


def shapes_of_text(texts: Sequence[str]) -> NDArray[np.float64]:
    """Of what each text is made, (texts, 8), each column of mean 0 and deviation 1."""
    return _standardised([_shape_of(text) for text in texts])


def layouts(pages: Sequence[Sequence[Line]]) -> NDArray[np.float64]:
    """How the lines of each page stand on it, (pages, 26), each column of mean 0 and deviation 1."""
    return _standardised([_layout_of(lines) for lines in pages])


def pictures(pngs: Sequence[bytes]) -> NDArray[np.float64]:
    """How dark each page is, place by place, in as few numbers as tell pages apart, (pages, numbers)."""
    import numpy as np
    from PIL import Image
    from sklearn.decomposition import PCA

    rows = []
    for png in pngs:
        with Image.open(io.BytesIO(png)) as page:
            small = page.convert("L").resize((24, 32), Image.Resampling.BOX)
        rows.append(1 - np.asarray(small, dtype=float).ravel() / 255)
    dark = np.array(rows)
    parts = min(30, *dark.shape)
    reduced = PCA(parts, random_state=0).fit_transform(dark)
    return np.asarray(reduced / (reduced.std(axis=0)[0] or 1.0))


def _standardised(rows: list[list[float]]) -> NDArray[np.float64]:
    import numpy as np
    from sklearn.preprocessing import StandardScaler

    return np.asarray(StandardScaler().fit_transform(np.array(rows)))


def _shape_of(text: str) -> list[float]:
    """Its lines, their length, digits, capitals, its size, and signs that belong to some types."""
    lines, size = text.split("\n"), len(text) + 1
    shares = [sum(map(kind, text)) / size for kind in (str.isdigit, str.isupper)]
    return [len(lines), size / len(lines), *shares, size, *(text.count(sign) for sign in ":$?")]


def _layout_of(lines: Sequence[Line]) -> list[float]:
    """How many lines, how high and wide, where they begin and end; headings, columns, tables and gaps."""
    import numpy as np

    if not lines:
        return [0.0] * 26
    left, top, right, bottom = np.array([(one.left, one.top, one.right, one.bottom) for one in lines]).T
    height, width, middle = bottom - top, right - left, (top + bottom) / 2
    spread = [np.quantile(edges, (0.1, 0.5, 0.9)) for edges in (height, width, left, right, top)]
    usual_height = max(float(np.median(height)), 1e-3)
    return [
        np.log1p(len(lines)),
        *np.concatenate(spread),
        height.max() / usual_height,
        height.std() / usual_height,
        (height * width).sum(),
        (width > 0.5).mean(),
        (width < 0.1).mean(),
        left.std(),
        right.std(),
        (left > 0.45).mean(),
        np.histogram(left, 20, (0, 1))[0].max() / len(lines),
        max(np.diff(np.sort(middle)), default=1.0),
    ]

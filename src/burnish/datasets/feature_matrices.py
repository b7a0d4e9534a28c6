"""What tells types of document apart on a page: its words, its layout, and how it looks.

Everything is counted or measured, so that an audit needs no model that must be fetched.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from burnish.reading import Line

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: How many words, letters or signs that stand together are counted.
WORDS, LETTERS, SIGNS = (1, 2), (2, 4), (2, 5)

#: What counts as a word.
_WORD = re.compile(r"\w\w")


def counted_words(texts: Sequence[str]) -> Any:  # noqa: ANN401  # sparse
    """Weighed counts (tf-idf) of words and of pairs of words, (texts, kinds), sparse."""
    return _counted(texts, "word", WORDS)


def likenesses(texts: Sequence[str]) -> NDArray[np.float64]:
    """How alike texts are, by the letters that stand together in them: cosines of tf-idf, (texts, texts)."""
    return _cosines(_counted(texts, "char_wb", LETTERS))


def likenesses_of_signs(texts: Sequence[str]) -> NDArray[np.float64]:
    """How alike texts are in their signs alone, whatever they say, (texts, texts).

    A date is ``99/99/99``, a sum ``$9,999.99``, a name ``Aa A. Aa``: the shapes of words (Collins 2002).
    """
    return _cosines(_counted([_signs_of(text) for text in texts], "char", SIGNS))


def places(likeness: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points whose inner products are the likenesses, (texts, at most texts).

    To a model whose weights are held small these are the counts themselves (the representer theorem), in as
    many numbers as there are texts: a regression on them takes a fiftieth of the time.
    """
    import numpy as np

    strengths, directions = np.linalg.eigh(likeness)
    counts = strengths > strengths[-1] * 1e-9
    return np.asarray(directions[:, counts] * np.sqrt(strengths[counts]))


def _counted(texts: Sequence[str], analyzer: str, lengths: tuple[int, int]) -> Any:  # noqa: ANN401  # sparse
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import TfidfVectorizer

    if not texts:
        return csr_matrix((0, 0))
    # A page without a word is a page with one of its own: there must be something to count.
    said = [text if _WORD.search(text) else f"{text} nothing" for text in texts]
    return TfidfVectorizer(analyzer=analyzer, ngram_range=lengths, sublinear_tf=True).fit_transform(said)


def shapes_of_text(texts: Sequence[str]) -> NDArray[np.float64]:
    """Of what each text is made, (texts, 8), each column of mean 0 and deviation 1."""
    return _standardised([_shape_of(text) for text in texts])


def layouts(pages: Sequence[Sequence[Line]]) -> NDArray[np.float64]:
    """How the lines of each page stand on it, (pages, 26), each column of mean 0 and deviation 1."""
    return _standardised([_layout_of(lines) for lines in pages])


def pictures(shades: Sequence[bytes]) -> NDArray[np.float64]:
    """How dark each page is, place by place, in as few numbers as tell pages apart, (pages, numbers)."""
    import numpy as np
    from sklearn.decomposition import PCA

    dark = 1 - np.array([np.frombuffer(page, dtype=np.uint8) for page in shades]) / 255
    parts = min(30, *dark.shape)
    with np.errstate(invalid="ignore"):  # where all pages look the same, there is no variance to explain
        reduced = PCA(parts, random_state=0).fit_transform(dark)
    return np.asarray(reduced / (reduced.std(axis=0)[0] or 1.0))


def _cosines(counts: Any) -> NDArray[np.float64]:  # noqa: ANN401  # sparse
    import numpy as np

    return np.asarray((counts @ counts.T).toarray())


def _signs_of(text: str) -> str:
    """The text with one letter for all small ones, one for all capitals, and one digit for all."""
    return "".join(
        "9" if sign.isdigit() else "A" if sign.isupper() else "a" if sign.isalpha() else sign for sign in text
    )


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

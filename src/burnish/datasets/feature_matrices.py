"""Feature matrices of pages: their words, layout and brightness, one row for each page.

All of it is counted or measured, so that an audit needs no model that would have to be downloaded first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from burnish.reading import Line

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: The shortest and the longest n-grams: of words, of letters within words, of all characters.
WORD_NGRAMS, LETTER_NGRAMS, CHARACTER_NGRAMS = (1, 2), (2, 4), (2, 5)

#: What `TfidfVectorizer` counts as a word at least.
_WORD = re.compile(r"\w\w")


def tfidf_words(texts: Sequence[str]) -> Any:  # noqa: ANN401  # sparse
    """TF-IDF of words and pairs of words, (texts, terms), sparse."""
    return _tfidf(texts, "word", WORD_NGRAMS)


def text_similarity(texts: Sequence[str]) -> NDArray[np.float64]:
    """The cosine similarity of texts by TF-IDF of letter n-grams, (texts, texts)."""
    return _cosine_similarity(_tfidf(texts, "char_wb", LETTER_NGRAMS))


def word_shape_similarity(texts: Sequence[str]) -> NDArray[np.float64]:
    """The cosine similarity of texts by their word shapes, whatever the words are, (texts, texts).

    A date has the shape ``99/99/99``, an amount ``$9,999.99``, a name ``Aa A. Aa`` (Collins 2002).
    """
    return _cosine_similarity(_tfidf([_word_shapes_of(text) for text in texts], "char", CHARACTER_NGRAMS))


def kernel_features(similarity: NDArray[np.float64]) -> NDArray[np.float64]:
    """Vectors whose inner products are the similarities, (texts, at most texts).

    A regularized linear model learns the same from these as from the TF-IDF matrix itself (the representer
    theorem), but with as many columns as there are texts: a regression on them takes a fiftieth of the time.
    """
    import numpy as np

    eigenvalues, eigenvectors = np.linalg.eigh(similarity)
    # Copies make the matrix singular, and rounding the zeros slightly negative, of which there is no root.
    kept = eigenvalues > eigenvalues[-1] * 1e-9
    return np.asarray(eigenvectors[:, kept] * np.sqrt(eigenvalues[kept]))


def _tfidf(texts: Sequence[str], analyzer: str, lengths: tuple[int, int]) -> Any:  # noqa: ANN401  # sparse
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import TfidfVectorizer

    if not texts:
        return csr_matrix((0, 0))
    # scikit-learn refuses a vocabulary without a word, as a folder of blank pages has.
    countable = [text if _WORD.search(text) else f"{text} nothing" for text in texts]
    return TfidfVectorizer(analyzer=analyzer, ngram_range=lengths, sublinear_tf=True).fit_transform(countable)


def text_statistics(texts: Sequence[str]) -> NDArray[np.float64]:
    """Character statistics of each text, (texts, 8), standardized."""
    return _standardized([_statistics_of(text) for text in texts])


def layout_features(pages: Sequence[Sequence[Line]]) -> NDArray[np.float64]:
    """Where the lines of each page are, (pages, 26), standardized."""
    return _standardized([_layout_of(lines) for lines in pages])


def brightness_features(brightness: Sequence[bytes]) -> NDArray[np.float64]:
    """The principal components of the pages' brightness grids, (pages, components)."""
    import numpy as np
    from sklearn.decomposition import PCA

    dark = 1 - np.array([np.frombuffer(page, dtype=np.uint8) for page in brightness]) / 255
    components = min(30, *dark.shape)
    with np.errstate(invalid="ignore"):  # identical pages have no variance to explain
        reduced = PCA(components, random_state=0).fit_transform(dark)
    # One scale for all: standardized one by one, the last components would be noise as loud as the first.
    return np.asarray(reduced / (reduced.std(axis=0)[0] or 1.0))


def _cosine_similarity(counts: Any) -> NDArray[np.float64]:  # noqa: ANN401  # sparse
    import numpy as np

    return np.asarray((counts @ counts.T).toarray())


def _word_shapes_of(text: str) -> str:
    """The text with ``a`` for every lower-case letter, ``A`` for every capital and ``9`` for every digit."""
    return "".join(
        "9"
        if character.isdigit()
        else "A"
        if character.isupper()
        else "a"
        if character.isalpha()
        else character
        for character in text
    )


def _standardized(rows: list[list[float]]) -> NDArray[np.float64]:
    import numpy as np
    from sklearn.preprocessing import StandardScaler

    return np.asarray(StandardScaler().fit_transform(np.array(rows)))


def _statistics_of(text: str) -> list[float]:
    """Lines and their mean length, shares of digits and capitals, length, counts of telling characters."""
    lines, size = text.split("\n"), len(text) + 1
    shares = [sum(map(kind, text)) / size for kind in (str.isdigit, str.isupper)]
    return [len(lines), size / len(lines), *shares, size, *(text.count(character) for character in ":$?")]


def _layout_of(lines: Sequence[Line]) -> list[float]:
    """The number, size and position of lines; signs of headings, columns, tables and gaps."""
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

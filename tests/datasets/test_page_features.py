"""What is measured of pages: one row a page, the same columns for all, and none that is not a number."""

import numpy as np

from burnish.datasets.page_features import counted, layouts, shapes_of_text
from burnish.reading import Line

LETTER = [Line("Dear Sir, thank you", 0.1, 0.1 + n / 20, 0.9, 0.13 + n / 20) for n in range(10)]
TABLE = [Line("12", 0.1 + (n % 4) / 5, 0.1 + n / 50, 0.15 + (n % 4) / 5, 0.11 + n / 50) for n in range(20)]


def test_pages_laid_out_alike_are_nearer_than_others():
    shifted = [Line(one.text, one.left + 0.01, one.top + 0.01, one.right, one.bottom) for one in LETTER]
    first, second, other = layouts([LETTER, shifted, TABLE])
    assert np.linalg.norm(first - second) < np.linalg.norm(first - other)


def test_pages_with_no_line_or_one_have_numbers_all_the_same():
    found = layouts([[], LETTER[:1], TABLE])
    assert found.shape == (3, 26)
    assert np.isfinite(found).all()


def test_texts_are_measured_and_counted_row_by_row_the_empty_one_too():
    texts = ["", "Total: $12", "dear sir"]
    assert np.isfinite(shapes_of_text(texts)).all()
    assert counted(texts, "word", (1, 1)).shape[0] == 3

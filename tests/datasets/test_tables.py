"""Tables are read in one way, whatever they are for: as spreadsheets save them, or refused by line."""

import pytest

from burnish.datasets.tables import read_table
from burnish.errors import InvalidDocuments


def rows_of(tmp_path, text, name="a.csv", **options):
    return read_table(tmp_path / name, text, ("a", "b"), optional=("c",), **options).rows


@pytest.mark.parametrize(
    "text",
    ["a,b\n1,2\n", "B;A\r\n2;1;;\r\n", "sep=|\r\nA|b\r\n1|2\r\n", "\n a \t b \n\n1\t2\n", '"a"|"b"\r1|2\r'],
)
def test_columns_come_in_any_order_and_case_whatever_separates_them(tmp_path, text):
    ((_, row),) = rows_of(tmp_path, text)
    assert row == {"a": "1", "b": "2"}


def test_a_row_is_named_by_the_line_on_which_it_begins(tmp_path):
    text = 'sep=,\na,b\n"two\nlines",2\n\n3,4\n'
    assert [line for line, _ in rows_of(tmp_path, text)] == [3, 6]


def test_only_where_it_is_allowed_a_row_is_short_and_quotes_follow_a_space(tmp_path):
    assert rows_of(tmp_path, "a,b\n1\n", may_be_short=True) == ((2, {"a": "1"}),)
    assert rows_of(tmp_path, 'a,b\n1, "2, or 3"\n', skip_spaces=True) == ((2, {"a": "1", "b": "2, or 3"}),)
    for text in ("a,b\n1\n", 'a,b\n1, "2, or 3"\n'):
        with pytest.raises(InvalidDocuments, match="line 2: it has"):
            rows_of(tmp_path, text)


def test_a_known_column_may_not_be_there_twice_and_another_may(tmp_path):
    with pytest.raises(InvalidDocuments, match="line 1: 'c' appears twice"):
        rows_of(tmp_path, "a,b,c,C\n1,2,3,4\n")
    assert rows_of(tmp_path, "a,b,x,x\n1,2,3,4\n") == ((2, {"a": "1", "b": "2", "x": "4"}),)

"""Verdicts in files that other programs open."""

from __future__ import annotations

import csv
import json

import pytest
from answered_pages import LABELS, document, page

from burnish.classification.decisions import DecisionRules, ReviewThreshold
from burnish.classification.outputs import ResultPlaces
from burnish.classification.result_tables import COLUMNS, row_of, write_table
from burnish.classification.rules import PageRule
from burnish.errors import InvalidConfig

RULES = DecisionRules(
    threshold=ReviewThreshold(value=0.5, source="as given"), labels=LABELS, rule=PageRule.FIRST_PAGE
)
ROWS = [
    row_of(RULES.of_document(document(page(1, "memo", 0.912345), page(2, "memo"), name="=SUM(A1)"))[0]),
    row_of(RULES.of_document(document(name="b.pdf", reason="damaged"))[0]),
]


def test_no_name_of_a_file_is_a_formula_in_csv(tmp_path):
    write_table(tmp_path / "out.csv", ROWS)
    with (tmp_path / "out.csv").open(newline="") as file:
        first, second = csv.DictReader(file)
    assert first["document"] == "'=SUM(A1)"
    assert (first["pages"], first["probability"], first["decision"]) == ("1-2", "0.9123", "accept")
    assert (second["probability"], second["reason"]) == ("", "damaged")


def test_json_lines_keep_names_and_numbers_as_they_are(tmp_path):
    write_table(tmp_path / "out.jsonl", ROWS)
    first, second = map(json.loads, (tmp_path / "out.jsonl").read_text().splitlines())
    assert (first["document"], first["probability"]) == ("=SUM(A1)", 0.9123)
    assert second["label"] is None


def test_parquet_has_the_same_columns(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    write_table(tmp_path / "out.parquet", ROWS)
    table = parquet.read_table(tmp_path / "out.parquet")
    assert tuple(table.column_names) == COLUMNS
    assert table.column("probability").to_pylist() == [0.9123, None]


def test_a_table_that_cannot_be_finished_leaves_the_old_one(tmp_path):
    write_table(tmp_path / "out.csv", ROWS)
    before = (tmp_path / "out.csv").read_bytes()

    def broken():
        yield ROWS[0]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_table(tmp_path / "out.csv", broken())
    assert (tmp_path / "out.csv").read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["out.csv"]


def test_the_name_says_what_is_written():
    with pytest.raises(InvalidConfig, match=r"\.csv, \.jsonl, \.parquet"):
        ResultPlaces(to="out.xlsx")
    assert ResultPlaces(to="s3://bucket/a/out.csv").pages == "s3://bucket/a/out-pages.csv"

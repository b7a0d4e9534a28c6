"""Files of decisions are read as people and spreadsheets leave them, or refused by line."""

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from burnish.csv_cells import unguarded
from burnish.datasets.correction_files import (
    ALL_COLUMNS,
    csv_of_corrections,
    decision_for,
    read_corrections,
    write_decision,
)
from burnish.errors import InvalidDocuments

DIGEST = "0123456789abcdef" * 4
LINES = f"name,label,decision,source,digest\na.png,memo,drop,papers,sha256:{DIGEST}\n\nb é.png,memo,,,\n"


def rows_of(path):
    return [(one.line, one.name, one.decision, one.source, one.digest) for one in read_corrections(path).rows]


@pytest.mark.parametrize(
    "body",
    [
        LINES.encode(),
        LINES.encode("utf-8-sig"),
        LINES.encode("utf-16"),
        LINES.replace("\n", "\r\n").encode(),
        LINES.replace(",", ";").encode(),
        LINES.replace(",", "\t").encode("utf-16"),
        LINES.replace("name,label", " Name ,LABEL", 1).encode(),
        LINES.replace("sha256:", "").encode(),
        LINES.replace(DIGEST, DIGEST.upper()).encode(),
        LINES.replace("papers,", " papers ,").replace("\n\n", "\n,,,,\n").encode(),
        LINES.replace("\n", ",,\n").encode(),
    ],
    ids=["plain", "BOM", "UTF-16", "CRLF", "semicolons", "tabs", "header", "hex", "upper", "spaces", "wider"],
)
def test_a_file_is_read_as_spreadsheets_save_it(tmp_path, body):
    (tmp_path / "mine.csv").write_bytes(body)
    assert rows_of(tmp_path / "mine.csv") == [
        (2, "a.png", "drop", "papers", DIGEST),
        (4, "b é.png", "", "", None),
    ]


def test_a_file_of_an_earlier_version_is_still_read(tmp_path):
    """Its column ``reason`` was called ``why``."""
    columns = "name,label,decision,suggested,why,source,digest"
    row = f"a.png,memo,drop,form,the label may be wrong,papers,sha256:{DIGEST}"
    (tmp_path / "old.csv").write_text(f"{columns}\n{row}\n")
    assert rows_of(tmp_path / "old.csv") == [(2, "a.png", "drop", "papers", DIGEST)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name,what\n", "line 1: there is no label and no decision; it has name, what"),
        ("", "line 1: there is no name and no label and no decision; it has nothing"),
        ("name,label,decision,decision\n", "line 1: 'decision' appears twice"),
        ("name,label,decision\n,memo,drop\n", "line 2: there is no name, and no digest"),
        (
            "name,label,decision\na.png,memo,\nb, c.png,memo,drop\n",
            "line 3: it has 4 columns",
        ),
        (
            'name,label,decision\n"a.png,memo,drop\nb.png,memo,drop\n',
            "line 2: this is not CSV, or a quote is missing",
        ),
        ("name,label,decision,digest\na,memo,drop,1.2E+63\n", "line 2: '1.2E\\+63' is not the SHA-256"),
    ],
)
def test_what_cannot_be_read_is_named_by_line(tmp_path, text, says):
    (tmp_path / "mine.csv").write_text(text)
    with pytest.raises(InvalidDocuments, match=says):
        read_corrections(tmp_path / "mine.csv")


def test_a_file_in_another_encoding_is_named_by_line(tmp_path):
    (tmp_path / "mine.csv").write_bytes(LINES.encode("cp1252"))
    with pytest.raises(InvalidDocuments, match=r"line 4: the byte .* is not text in UTF-8"):
        read_corrections(tmp_path / "mine.csv")


def test_no_file_is_no_corrections(tmp_path):
    for path, says in ((tmp_path / "none.csv", "There are no corrections"), (tmp_path, "Is a directory")):
        with pytest.raises(InvalidDocuments, match=says):
            read_corrections(path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1).filter(str.strip),
    decision=st.text(st.characters(codec="utf-8", exclude_characters="\0")),
    delimiter=st.sampled_from(",;\t"),
)
def test_every_name_and_label_is_read_back(tmp_path, name, decision, delimiter):
    """Line breaks of every alphabet, quotes, separators and formulas among them."""
    written = csv_of_corrections([(name, "", decision, "", "", "", "")])
    cells = list(csv.reader(io.StringIO(written, newline="")))
    assert tuple(cells[0]) == ALL_COLUMNS
    saved = io.StringIO(newline="")
    csv.writer(saved, delimiter=delimiter).writerows(cells)
    (tmp_path / "mine.csv").write_text(saved.getvalue(), encoding="utf-8", newline="")
    (found,) = read_corrections(tmp_path / "mine.csv").rows
    assert {name, name.strip()} & found.names
    assert unguarded(found.decision) in (decision, unguarded(decision))


def test_a_decision_is_written_into_its_row_and_nothing_else_changes(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("name;label;decision;note\n'=a.png;memo;;ours\nb.png;memo;keep;\n", encoding="utf-16")
    write_decision(path, 2, "=form")
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    assert [(row["name"], row["decision"], row["note"]) for row in rows] == [
        ("'=a.png", "'=form", "ours"),
        ("b.png", "keep", ""),
    ]


@pytest.mark.parametrize(
    ("label", "decision"),
    [("memo", "memo"), ("Keep", "label:Keep"), ("action:drop", "label:action:drop")],
)
def test_a_label_that_is_an_action_as_well_is_marked_as_a_label(label, decision):
    assert decision_for(label) == decision

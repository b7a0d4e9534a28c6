"""Manifests: CSV and JSONL as programs and people write them, and one clear error where they go wrong."""

import csv
import io
import json
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from page_files import write_folder

from burnish.datasets.documents import Documents, Part
from burnish.datasets.sources import ManifestSource, source_named
from burnish.datasets.sources.manifest_rows import read_rows
from burnish.errors import InvalidDocuments


def written(tmp_path: Path, name: str, content: str | bytes) -> ManifestSource:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return ManifestSource(path=path)


@pytest.fixture
def read(tmp_path):
    """Reads a manifest of this name and content, beside documents a/000.png to b/001.png."""
    write_folder(tmp_path, {"a": 2, "b": 2})

    def read(name: str, content: str | bytes) -> Documents:
        return written(tmp_path, name, content).read()

    return read


def labels(found: Documents) -> list[str]:
    assert found.skipped == ()
    return [one.label for one in found.documents]


def refused(tmp_path, name: str, content: str | bytes) -> str:
    with pytest.raises(InvalidDocuments) as error:
        written(tmp_path, name, content).read()
    assert str(tmp_path / name) in str(error.value)
    return str(error.value)


def test_a_manifest_may_say_what_labels_mean_and_which_part_is_which(read):
    found = read(
        "labels.csv",
        "path,label,description,split\n"
        'a/000.png,memo,"A note, to a colleague",train\n'
        "a/001.png,memo,,TEST\n"
        "b/000.png,letter,,\n"
        "b/001.png,letter,,holdout\n",
    )
    assert found.descriptions == {"memo": "A note, to a colleague"}
    assert [one.part for one in found.documents] == [Part.TRAIN, Part.TEST, None]
    assert found.skipped[0].reason == "its split is 'holdout': it must be train, validation or test"


def test_a_document_that_is_not_there_is_listed(read):
    found = read("a.csv", "path,label\nnone.png,memo\ns3://bucket/1.png,memo\n")
    assert [str(one) for one in found.skipped] == [
        "none.png: there is no such file, or it is a broken link",
        "s3://bucket/1.png: it is a URL: copy the file to this machine, and give its path",
    ]


# Labels that are no text


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("0", "1", ["0", "1"]),
        ("false", "true", ["false", "true"]),
        ("0.0", "1.0", ["0", "1"]),
        ('"0"', "1", ["0", "1"]),
        ("-1", "12345678901234567890123", ["-1", "12345678901234567890123"]),
        ('" memo "', '"NO"', ["memo", "NO"]),
    ],
)
def test_numbers_and_truth_values_are_labels(read, one, other, expected):
    found = read("a.jsonl", f'{{"path":"a/000.png","label":{one}}}\n{{"path":"b/000.png","label":{other}}}')
    assert labels(found) == expected
    assert ("labels such as 1.0 are the class 1" in "".join(found.notes)) == ("." in one)


@pytest.mark.parametrize(
    ("label", "says"),
    [
        ("null", "there is no label"),
        ('""', "there is no label"),
        ('" "', "there is no label"),
        ("[]", "the label is a list or an object: it must be text, a whole number, or true or false"),
        ('["memo"]', "a list or an object"),
        ('{"name": "memo"}', "a list or an object"),
        ("0.5", "the label is the number 0.5"),
        ("1e300", "the label is the number 1e+300"),
        ("NaN", "JSON is malformed"),
        ('"\\ud800"', "line 3"),  # half of a character
    ],
)
def test_what_is_no_label_is_refused_with_its_line(tmp_path, label, says):
    text = f'{{"path": "x.png", "label": "memo"}}\n\n{{"path": "y.png", "label": {label}}}\n'
    message = refused(tmp_path, "a.jsonl", text)
    assert "line 3: " in message
    assert says in message


@pytest.mark.parametrize("value", ["1", "null", "[]", '["x.png"]', "true", "{}"])
def test_a_path_that_is_no_text_is_refused(tmp_path, value):
    assert "line 1" in refused(tmp_path, "a.jsonl", f'{{"path": {value}, "label": "memo"}}')


# What stands between lines


SEPARATORS = "\u2028\u2029\x85\x0b\x0c\x1c\x1d\x1e"


def test_only_a_line_feed_ends_a_record(read):
    rows = [{"path": "a/000.png", "label": "memo", "description": f"A note{one}to all"} for one in SEPARATORS]
    for row in rows:
        found = read("a.jsonl", json.dumps(row, ensure_ascii=False) + "\r\n")
        assert found.descriptions == {"memo": row["description"]}


def test_the_number_of_a_line_counts_line_feeds(tmp_path):
    text = '{"path":"a","label":"b","x":"' + SEPARATORS[:3] + '"}\n'
    assert "line 2: there is no label; it has path, lable" in refused(
        tmp_path, "a.jsonl", text + '{"path":"a","lable":"b"}'
    )


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
ROWS = st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=5)


@settings(max_examples=150, deadline=None)
@given(rows=ROWS, mark=st.sampled_from(["", "\ufeff"]), end=st.sampled_from(["\n", "\r\n", "\n\n"]))
def test_whatever_text_is_written_as_jsonl_is_read(rows, mark, end):
    assume(all(one.strip() and other.strip() for one, other in rows))
    lines = [json.dumps({"path": one, "label": other}, ensure_ascii=False) for one, other in rows]
    assert _read_as("a.jsonl", mark + end.join(lines)) == [
        (one.strip(), other.strip()) for one, other in rows
    ]


@settings(max_examples=150, deadline=None)
@given(
    rows=ROWS,
    mark=st.sampled_from(["", "\ufeff"]),
    delimiter=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_whatever_text_is_written_as_csv_is_read(rows, mark, delimiter, end):
    assume(all(one.strip() and other.strip() for one, other in rows))
    text = io.StringIO()
    quoting = csv.QUOTE_ALL if end == "\n" else csv.QUOTE_MINIMAL  # or a CR stands there unquoted
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerows([("path", "label"), *rows])
    assert _read_as("a.csv", mark + text.getvalue()) == [(one.strip(), other.strip()) for one, other in rows]


@settings(max_examples=200, deadline=None)
@given(body=st.binary(max_size=60), name=st.sampled_from(["a.csv", "a.tsv", "a.jsonl"]))
def test_no_bytes_end_in_anything_but_rows_or_one_error(body, name):
    head = b"" if name == "a.jsonl" else b"path,label\n"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(head + body)
        with suppress(InvalidDocuments):
            read_rows(path)


def _read_as(name: str, text: str) -> list[tuple[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(text.encode())
        return [(row.path, row.label) for row in read_rows(path).rows]


# Encodings


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("path,label\nx.png,süß\n".encode("latin-1"), "line 2: the byte 0xfc is not text in UTF-8"),
        ("path,label\nx.png,memo\n".encode("utf-16") + b"x", "is not text in UTF-16: save the file as UTF-8"),
        ("path,label\nx.png,memo\n".encode("utf-16-be"), "line 1: there is a NUL byte"),
        ("path,label\n".encode("utf-32"), "UTF-"),
        (b"path,label\nx.png,me\0mo\n", "line 2: there is a NUL byte, which text does not contain"),
    ],
)
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_what_is_not_utf8_is_named_with_the_remedy(tmp_path, name, content, says):
    message = refused(tmp_path, name, content)
    assert says in message
    assert "save" in message


def test_lines_that_end_in_cr_alone_are_read_as_csv_and_named_as_jsonl(read, tmp_path):
    assert labels(read("a.csv", "path,label\ra/000.png,memo\rb/000.png,letter\r")) == ["memo", "letter"]
    text = '{"path": "x.png", "label": "memo"}\r{"path": "y.png", "label": "memo"}\r'
    assert "line 1: lines end in CR alone" in refused(tmp_path, "a.jsonl", text)


# Tables


@pytest.mark.parametrize(
    "header",
    ["Path,Label", " path , LABEL ", "label;PATH", "path\tlabel", '"path";"label"', "id,path,x,label"],
)
def test_a_header_may_be_in_any_case_and_columns_in_any_order_and_separated_otherwise(read, header):
    delimiter = next((one for one in ";\t" if one in header), ",")
    names = [name.strip(' "').lower() for name in header.split(delimiter)]
    values = {"path": "a/000.png", "label": "memo"}
    found = read("a.csv", f"{header}\n{delimiter.join(values.get(name, '-') for name in names)}\n")
    assert labels(found) == ["memo"]
    assert any("separated by" in note for note in found.notes) == (delimiter != ",")


def test_a_separator_line_of_excel_and_a_tsv_are_read(read):
    assert labels(read("a.csv", "sep=;\r\npath;label\r\na/000.png;memo, short\r\n")) == ["memo, short"]
    assert labels(read("a.tsv", "path\tlabel\na/000.png\tmemo\n")) == ["memo"]


def test_columns_that_are_not_used_are_named(read):
    found = read("a.csv", "path,label,spilt\na/000.png,memo,test\n")
    assert found.notes == ("a.csv: not used are the columns spilt",)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("file,kind\nx.png,memo\n", "line 1: there is no path and no label; it has file, kind"),
        ("\n\nfile,label\nx.png,memo\n", "line 3: there is no path; it has file, label"),
        ("path,label\nx.png,\n", "line 2: there is no label"),
        ("path,label\nx.png\n", "line 2: it has 1 of the 2 columns path, label"),
        ("path,label,split\nx.png,memo,test\ny.png,memo\n", "line 3: it has 2 of the 3 columns"),
        ("path,label\nx.png,memo,short\n", "line 2: it has 3 columns, and the header 2: put quotes around"),
        ("path,label,Label\nx.png,memo,letter\n", "line 1: 'label' appears twice"),
        ('path,label\n"x\n.png",memo\ny.png\n', "line 4: it has 1 of the 2"),
        (
            'path,label\nx.png,memo\n"y.png,memo\nz.png,memo\n',
            "line 3: this is not CSV, or a quote is missing",
        ),
        ('path,label\n"x".png,memo\n', "line 2: this is not CSV"),
        ("path,label\n", "names no documents"),
        ("", "line 1: there is no path and no label; it has nothing"),
        ("\n\n", "line 1: there is no path"),
        ("sep=;\n", "there is no path"),
    ],
)
def test_a_csv_that_cannot_be_read_is_named_with_its_line(tmp_path, text, says):
    assert says in refused(tmp_path, "a.csv", text)


def test_rows_of_nothing_and_delimiters_at_the_end_are_passed_over(read):
    assert labels(read("a.csv", "path,label\n,\na/000.png,memo,,\n\n , \n")) == ["memo"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"path": "x.png", "label": "memo"}\nno json\n', "line 2: JSON is malformed"),
        ('["x.png", "memo"]\n', "line 1: Expected `object`"),
        ('{"path": "x.png"}\n', "line 1: there is no label; it has path"),
        ('{"path": "x.png", "label": "a", "label": "b"}\n', "line 1: 'label' appears twice"),
        ('{"path": "x.png", "Label": "a", "label": "b"}\n', "line 1: 'label' appears twice"),
        ('{"path": "x.png", "label": "a", "split": 1}\n', "line 1: the split is a number: it must be text"),
        ('{"path": "x.png", "label": "a", "description": ["b"]}\n', "line 1: the description is a list"),
        ("[" * 100_000, "line 1: "),
        ('{"path": ' + "[" * 100_000, "line 1: "),
        ("", "names no documents"),
    ],
)
def test_a_jsonl_that_cannot_be_read_is_named_with_its_line(tmp_path, text, says):
    assert says in refused(tmp_path, "a.jsonl", text)


def test_names_of_json_may_be_in_any_case(read):
    assert labels(read("a.jsonl", '{"Path": "a/000.png", " LABEL": 0}')) == ["0"]


def test_a_manifest_that_is_not_there_or_a_folder_is_named(tmp_path):
    with pytest.raises(InvalidDocuments, match="does not exist"):
        source_named(str(tmp_path / "none.csv")).read()
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InvalidDocuments, match="cannot be read: Is a directory"):
        source_named(str(tmp_path / "folder.csv")).read()


# Contradictions


@pytest.mark.parametrize("again", ["a/000.png", "./a/000.png", "a//000.png", "b/../a/000.png", r"a\000.png"])
def test_a_path_with_two_labels_is_a_contradiction_with_both_lines(read, again, tmp_path):
    with pytest.raises(InvalidDocuments) as error:
        read("a.csv", f"path,label\na/000.png,memo\nb/000.png,letter\n{again},letter\n")
    assert "line 4: " in str(error.value)
    assert "has the label 'letter' here, and 'memo' in line 2: resolve it" in str(error.value)


def test_a_path_in_two_parts_is_a_contradiction(read):
    with pytest.raises(InvalidDocuments, match=r"line 3: 'a/000.png' has the split 'test' here, and 'train'"):
        read("a.csv", "path,label,split\na/000.png,memo,train\na/000.png,memo,test\n")


def test_a_path_that_is_named_twice_alike_is_used_once(read):
    found = read("a.csv", "path,label\na/000.png,memo\na/000.png,memo\n")
    assert (len(found.documents), found.notes) == (1, ())
    assert [str(one) for one in found.skipped] == ["a/000.png: it is named more than once"]


def test_one_label_is_described_in_one_way(read):
    with pytest.raises(
        InvalidDocuments, match="line 3: 'memo' is described in two ways: 'A note' beside 'a/000"
    ):
        read("a.csv", "path,label,description\na/000.png,memo,A note\na/001.png,memo,Another\n")


# Paths


def test_paths_are_found_from_the_file_from_home_and_as_windows_writes_them(read, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    rows = [r"a\000.png,one", "~/a/001.png,two", f"{tmp_path}/b/000.png,three", "./b/001.png,four"]
    assert sorted(labels(read("a.csv", "\n".join(["path,label", *rows])))) == ["four", "one", "three", "two"]


def test_a_file_with_a_backslash_in_its_name_goes_before_a_folder(tmp_path):
    write_folder(tmp_path, {"a": 1})
    (tmp_path / "a" / "000.png").rename(tmp_path / r"a\000.png")
    write_folder(tmp_path, {"a": 1})
    (one,) = written(tmp_path, "m.csv", "path,label\n" + r"a\000.png,memo").read().documents
    assert one.path.name == r"a\000.png"

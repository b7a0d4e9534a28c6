"""Where lines of JSONL end, and what is no JSON that every reader reads alike."""

from __future__ import annotations

import gzip
import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from burnish import json_lines
from burnish.errors import InvalidRecords
from burnish.json_lines import NotJsonLines, lines_in, numbered_lines, value_in, value_or_none

NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
#: What JSON is written with, and what it may not be.
PIECES = st.sampled_from(
    [
        *(b'"a":1', b'"a"', b":", b",", b"{", b"}", b"[", b"]", b" ", b"\r", b"\0", b"NaN"),
        *(b"1e5", b"1E400", b"-0.0", b'"\\u003a"', b'"\\ud83d\\ude00"', b'"\\ud800"', b'"\\/"'),
        *(b"\xfc", b"\xed\xa0\x80", b"\xef\xbb\xbf"),
    ]
)


@given(chunks=st.lists(st.binary(max_size=9) | st.sampled_from([b"\n", b"a\nb", b"\r\n", b"\r", b"\x0b"])))
def test_only_a_line_feed_ends_a_line_whatever_the_chunks(chunks):
    whole = b"".join(chunks)
    lines = list(lines_in(chunks))
    assert b"".join(lines) == whole
    assert all(line.endswith(b"\n") for line in lines[:-1])
    assert all(b"\n" not in line[:-1] and line for line in lines)


def test_a_line_that_is_too_long_is_refused_before_it_is_whole():
    endless = itertools.repeat(b"x" * 10)
    with pytest.raises(NotJsonLines, match="line 2 is longer than 1,000 bytes"):
        list(lines_in(itertools.chain([b"{}\n"], endless), most_bytes=1000))


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c"])
def test_a_mark_that_ends_lines_elsewhere_ends_none_here(mark):
    line = json.dumps({"a": f"b{mark}c"}, ensure_ascii=False).encode() + b"\n"
    assert [value_in(one) for one in lines_in([line * 2])] == [{"a": f"b{mark}c"}] * 2


def test_lines_that_hold_nothing_are_counted_and_left_out():
    assert [*numbered_lines([b"\n", b"1\n", b" \r\n", b"\t\n", b"2"])] == [(2, b"1\n"), (5, b"2")]


@given(value=JSON, ascii_only=st.booleans(), spaced=st.booleans(), ending=st.sampled_from(["", "\n", "\r\n"]))
def test_a_value_is_read_however_it_is_written(value, ascii_only, spaced, ending):
    separators = None if spaced else (",", ":")
    line = json.dumps(value, ensure_ascii=ascii_only, separators=separators) + ending
    assert value_in(line.encode()) == value


@settings(max_examples=500)
@given(pieces=st.lists(PIECES, max_size=8))
def test_the_fast_way_reads_what_the_strict_way_reads(pieces):
    line = b"".join(pieces)

    def read_by(way):
        try:
            return repr(way(line))
        except InvalidRecords as error:
            return str(error)

    assert read_by(value_in) == read_by(json_lines._strictly_read)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b'{"a": "f\xfcr"}', "byte 9 is 0xfc, which is not UTF-8"),
        (b'{"\xe9": 1}', "byte 3 is 0xe9"),
        (b'{"a": {"b": ["\xff"]}}', "not UTF-8"),
        (b'{"a": "\xed\xa0\x80"}', "not UTF-8"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b"\0\0\0", "NUL bytes"),
        (b'{"a":\r1}', "carriage return"),
        (b'{"a": "\\ud800"}', r"\ud800, half of a surrogate pair"),
        (b'{"\\udc00": 1}', r"\udc00, half of a surrogate pair"),
        (b'{"a": NaN}', "NaN is not a JSON value"),
        (b'{"a": -Infinity}', "-Infinity is not a JSON value"),
        (b"[" * 100_000, "nests too deeply"),
        (b"1" * 5_000, "too many digits"),
        (b'{"a": 1, "b": 2, "a": 1}', "'a' twice"),
        (b'{"x": [{"a": 1, "\\u0061": 2}]}', "'a' twice"),
        (b"{oops", "it is not JSON: Expecting property name enclosed in double quotes at character 2"),
        (b"{} {}", "it is not JSON: Extra data at character 4"),
        (b"\xc2\xa0{}", "it is not JSON"),
        (b"{'a': 1}", "it is not JSON"),
    ],
)
def test_what_readers_read_differently_or_not_at_all_is_named(line, says):
    with pytest.raises(InvalidRecords) as refused:
        value_in(line)
    assert says in str(refused.value)
    assert value_or_none(line) is None


RECORD = b'{"messages": []}\n'


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (gzip.compress(RECORD, mtime=0), "compressed (gzip)"),
        (b"PK\x03\x04zip", "compressed (zip)"),
        (RECORD.decode().encode("utf-16"), "UTF-16"),
        (RECORD.decode().encode("utf-16-le"), "UTF-16"),
        (RECORD.decode().encode("utf-16-be"), "UTF-16"),
        (json.dumps({"a": [1]}, indent=1).encode(), "over several lines"),
        (json.dumps([{"a": 1}, {"b": 2}], indent=1).encode(), "over several lines"),
        (b"[" + RECORD.strip() + b",\n" + RECORD.strip() + b"]", "over several lines"),
        (b"[" + RECORD.strip() + b"]", "one JSON array"),
        (b"\xef\xbb\xbf[" + RECORD.strip() + b"]", "one JSON array"),
        (RECORD.replace(b"\n", b"\r") * 3, "carriage return (CR)"),
        (b"%PDF-1.4\n", "a PDF"),
        (b"PAR1", "Parquet"),
    ],
)
def test_a_file_that_is_no_jsonl_is_named_once_and_as_what_it_is(body, says):
    with pytest.raises(NotJsonLines) as refused:
        list(numbered_lines(lines_in([body])))
    assert says in str(refused.value)

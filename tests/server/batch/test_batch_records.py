"""Lines of a batch that are records, and lines that are none."""

from __future__ import annotations

import pytest

from burnish.errors import InvalidRecords
from burnish.server.batch.records import MAX_LINE, count_records, records_in


@pytest.fixture
def file(tmp_path):
    def write(body: bytes):
        path = tmp_path / "input"
        path.write_bytes(body)
        return path

    return write


def test_a_record_without_an_id_is_named_by_its_place(file):
    path = file(b'{"modelInput": {}}\n\n{"recordId": "", "modelInput": {}}\n{"recordId":"a","modelInput":{}}')
    assert [record.record_id for record in records_in(path)] == ["CALL0000001", "CALL0000002", "a"]
    assert count_records(path) == 3


def test_a_request_is_kept_byte_for_byte(file):
    text = b'{"a":  1.50, "b": "\\u00e9"}'
    (record,) = records_in(file(b'{"modelInput": ' + text + b"}\n"))
    assert bytes(record.model_input) == text


@pytest.mark.attack(
    "Batch inference",
    "input that is no JSON Lines of records: not UTF-8, surrogates, arrays, nested deeply, lines without end",
    "the batch fails, and its message names the file and the line; no more than a line is in memory",
)
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"modelInput": {}}\n{"modelInput": "\xff"}\n', "line 2: byte 17 is 0xff, which is not UTF-8"),
        (b'{"recordId": "\\ud800", "modelInput": {}}\n', "line 1: a text holds"),
        (b'{"recordId": 7, "modelInput": {}}\n', "line 1: its recordId is no text"),
        (b'{"recordId": "a", "recordId": "b", "modelInput": {}}\n', "line 1: an object has 'recordId' twice"),
        (b'{"modelInput": []}\n', "line 1: it has no modelInput that is a JSON object"),
        (b"[1]\n", "the file is one JSON array"),
        (b'"a"\n', "line 1: it is no JSON object"),
        (b'{"modelInput": {"a": NaN}}\n', "line 1: it is not JSON: NaN"),
        (b'{"modelInput": ' + b"[" * 5000 + b"]" * 5000 + b"}\n", "line 1: it is not JSON that can be read"),
        (b'{"modelInput": {}}\n' + b"a" * (MAX_LINE + 1), "line 2 has more than 33,554,432 bytes"),
    ],
)
def test_what_is_no_record_is_named(file, body, said):
    with pytest.raises(InvalidRecords, match=said):
        count_records(file(body))

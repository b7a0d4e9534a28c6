"""`burnish convert` writes all records in the other schema, or none."""

from __future__ import annotations

import json

import pytest

from burnish.cli.convert import convert
from burnish.errors import InvalidInput, InvalidRecords

ASKED, ANSWER = {"role": "user", "content": "What?"}, {"role": "assistant", "content": "A letter"}
SYSTEM = {"role": "system", "content": "Be short"}


def test_records_are_written_in_the_other_schema(tmp_path, capsys):
    records, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    records.write_text(json.dumps({"messages": [ASKED, ANSWER]}))
    convert(records, to="prompt-completion", out=out)
    assert json.loads(out.read_text()) == {"prompt": "What?", "completion": "A letter"}
    assert capsys.readouterr().out == f"1 record: {out}\n"


def test_nothing_is_written_where_a_line_cannot_be_carried_or_a_file_is_there(tmp_path):
    records, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    lines = [{"messages": [ASKED, ANSWER]}, {"messages": [SYSTEM, ASKED, ANSWER]}]
    records.write_text("\n".join(json.dumps(line) for line in lines))
    with pytest.raises(InvalidRecords, match="line 2"):
        convert(records, to="prompt-completion", out=out)
    assert not out.exists()
    with pytest.raises(InvalidInput, match="exists"):
        convert(records, to="bedrock", out=records)

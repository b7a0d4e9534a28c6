"""A stratified split of a file: no line lost or changed, equal records together, each label its share."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from burnish.aws import training_split
from burnish.errors import InvalidRecords


def line(label: str, asked: str) -> bytes:
    return json.dumps({"prompt": asked, "completion": json.dumps({"type": label})}).encode() + b"\n"


def split(folder, lines, share=0.2, seed=0):
    source = folder / "source.jsonl"
    source.write_bytes(b"".join(lines))
    files = training_split.split_file(source, folder, where="source.jsonl", share=share, seed=seed)
    return [file.path.read_bytes().splitlines(keepends=True) for file in files]


LINES = st.lists(
    st.builds(line, st.sampled_from(["memo", "letter", "form"]), st.text(max_size=3)), min_size=2, max_size=60
)


@settings(deadline=None)
@given(lines=LINES, share=st.floats(0.01, 0.99), seed=st.integers(0, 3))
def test_whatever_the_records_nothing_is_lost_and_equal_ones_stay_together(
    tmp_path_factory, lines, share, seed
):
    try:
        training, validation = split(tmp_path_factory.mktemp("d"), lines, share, seed)
    except InvalidRecords:
        by_label = {}
        for one in lines:
            by_label.setdefault(json.loads(one)["completion"], set()).add(json.loads(one)["prompt"])
        assert all(len(asked) < 2 for asked in by_label.values())
        return
    assert sorted(training + validation) == sorted(lines)
    assert not set(training) & set(validation)
    assert training
    assert validation


def test_a_label_with_more_records_than_are_kept_still_gets_its_share(tmp_path, monkeypatch):
    monkeypatch.setattr(training_split, "EXACT_UP_TO", 100)
    lines = [line("memo", str(number)) for number in range(5_000)]
    lines += [line("letter", str(number)) for number in range(50)]
    _, validation = split(tmp_path, lines)
    memos = sum(b"memo" in one for one in validation)
    assert memos / 5_000 == pytest.approx(0.2, abs=0.03)
    assert len(validation) - memos == 10


def test_free_text_answers_are_split_without_stratification(tmp_path, monkeypatch):
    monkeypatch.setattr(training_split, "MAX_LABELS", 20)
    lines = [line(f"total {number}", str(number)) for number in range(2_000)]
    training, validation = split(tmp_path, lines)
    assert len(validation) / 2_000 == pytest.approx(0.2, abs=0.04)
    assert sorted(training + validation) == sorted(lines)


def test_lines_of_every_schema_can_be_split(tmp_path):
    claude = [
        json.dumps(
            {
                "system": "s",
                "messages": [{"role": "user", "content": str(n)}, {"role": "assistant", "content": "a"}],
            }
        ).encode()
        + b"\n"
        for n in range(10)
    ]
    training, validation = split(tmp_path, claude)
    assert (len(training), len(validation)) == (8, 2)


def test_the_order_of_lines_within_a_part_is_that_of_the_file(tmp_path):
    lines = [line("memo", str(number)) for number in range(100)]
    random.Random(0).shuffle(lines)
    training, validation = split(tmp_path, lines)
    for part in (training, validation):
        assert part == [one for one in lines if one in set(part)]

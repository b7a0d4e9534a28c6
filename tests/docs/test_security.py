"""The page on security lists the attacks that the tests try, no more and no less."""

from __future__ import annotations

import shutil
import subprocess
import sys

import attack_table
from attack_table import PAGE, Attack, table_of


def test_the_table_is_the_one_that_the_tests_give(tmp_path):
    copy = shutil.copy(PAGE, tmp_path)
    # In a process of its own: pytest does not collect while it runs.
    subprocess.run([sys.executable, attack_table.__file__, copy], check=True, capture_output=True)
    written = (tmp_path / PAGE.name).read_text(encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == written, "run: python tests/docs/attack_table.py"


def test_a_row_says_what_is_tried_what_comes_of_it_and_where():
    attack = Attack(door="S3", request="a | b", refusal="400", file="tests/test_x.py")
    assert r"| a \| b | 400 | `tests/test_x.py` |" in table_of([attack])

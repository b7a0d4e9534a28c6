import builtins

import pytest

from burnish.data_frames import data_frame, html_table
from burnish.errors import InvalidConfig


def test_rows_become_a_frame_even_where_there_are_none():
    assert data_frame(("type", "pages"), [("letter", 3)]).to_dict("records") == [
        {"type": "letter", "pages": 3}
    ]
    assert list(data_frame(("type", "pages"), []).columns) == ["type", "pages"]


def test_without_pandas_the_extra_that_brings_it_is_named(monkeypatch):
    real = builtins.__import__

    def without_pandas(name, *others, **more):
        if name == "pandas":
            raise ModuleNotFoundError(name)
        return real(name, *others, **more)

    monkeypatch.setattr(builtins, "__import__", without_pandas)
    with pytest.raises(InvalidConfig, match=r"pip install 'burnish\[notebooks\]'"):
        data_frame(("type",), [])


def test_what_a_file_is_called_cannot_act_in_a_table():
    assert "<script>" not in html_table(("name",), [("<script>alert(1)</script>",)])

"""One reader for all of Burnish."""

from __future__ import annotations

from burnish.pages.text_readers import text_reader


def test_texts_are_kept_in_the_cache_under_the_name_of_the_reader(tmp_path, monkeypatch):
    monkeypatch.setenv("BURNISH_CACHE", str(tmp_path))
    name = text_reader().name
    assert [path.name for path in (tmp_path / "pages").iterdir()] == [name]

"""One reader for all of Burnish."""

from __future__ import annotations

from burnish.reading import Extent
from burnish.text_readers import text_reader


def test_texts_are_kept_in_the_cache_under_the_name_of_the_reader(tmp_path, monkeypatch):
    monkeypatch.setenv("BURNISH_CACHE", str(tmp_path))
    names = [text_reader().name, text_reader(Extent(text_width=7)).name]
    assert sorted(path.name for path in (tmp_path / "pages").iterdir()) == sorted(names)

"""A source is known by its path, wherever the command that names it is run."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from burnish.datasets.source_names import is_source, source_name

NAMES = st.text("abc é-_.$", min_size=1, max_size=6).filter(lambda name: name.strip(". ") == name)
FOLDERS = st.lists(NAMES, min_size=1)


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ("documents/training", "documents/training"),
        ("./documents/training/", "documents/training"),
        ("../documents/training", "documents/training"),
        ("/data/documents", "/data/documents"),
        ("s3://bucket/prefix/", "s3://bucket/prefix"),
        ("hf:org/papers", "org/papers"),
    ],
)
def test_a_source_has_one_name_however_it_is_given(origin, name):
    assert source_name(origin) == name


def test_the_working_directory_is_named_for_its_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert source_name(".") == tmp_path.name
    assert is_source(source_name("."), str(tmp_path))


@settings(deadline=None)
@given(FOLDERS)
def test_a_source_is_known_from_below_and_by_its_whole_path(folders):
    relative, whole = "/".join(folders), "/" + "/".join(["home", *folders])
    assert is_source(source_name(relative), relative)
    assert is_source(source_name(relative), whole)
    assert is_source(source_name(whole), whole)


@pytest.mark.parametrize(
    ("name", "origin"),
    [
        ("documents/training", "documents/held-out"),
        ("training", "documents/old-training"),
        ("/data/documents", "/other/data/documents"),
        ("s3://bucket/prefix", "s3://bucket/prefix-2/"),
        ("prefix", "s3://bucket/prefix/"),
        ("s3://bucket/prefix", "bucket/prefix"),
    ],
)
def test_part_of_a_folders_name_is_no_name_of_a_source(name, origin):
    assert not is_source(name, origin)


def test_a_link_is_known_by_its_own_name_and_by_where_it_leads(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert is_source("link", str(tmp_path / "link"))
    assert is_source("real", str(tmp_path / "link"))

"""Files that are found in folders, and how they are called in addresses."""

from burnish.ui.found_files import found_files, key_of


def wanted(name):
    return name == "evaluation.json"


def test_files_are_found_at_any_depth_but_not_where_nobody_keeps_them(tmp_path):
    for place in ("a", "b/c/d", ".hidden", "venv/x", "1/2/3/4/5/6/7"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "evaluation.json").touch()
    found = found_files([tmp_path, tmp_path / "a"], wanted)
    assert {str(path.parent.relative_to(tmp_path)) for path in found} == {"a", "b/c/d"}


def test_a_folder_that_a_link_leads_to_is_not_entered(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "evaluation.json").touch()
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "link").symlink_to(tmp_path / "outside")
    assert found_files([tmp_path / "inside"], wanted) == []


def test_a_file_keeps_its_key_and_no_two_share_one(tmp_path):
    assert key_of(tmp_path / "a") == key_of(tmp_path / "a") != key_of(tmp_path / "b")

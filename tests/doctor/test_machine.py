import shutil

import pytest

from burnish.doctor import machine
from burnish.doctor.check_results import Severity
from burnish.doctor.machine import check_folder


def test_a_folder_that_is_not_there_yet_is_fine_where_it_can_be_made(tmp_path):
    folder = tmp_path / "not" / "there"
    found = check_folder("cache", folder, variable="BURNISH_CACHE")
    assert found.severity is Severity.OK
    assert str(folder) in found.says
    assert not folder.exists()


def test_a_file_in_the_place_of_a_folder_is_a_problem(tmp_path):
    file = tmp_path / "cache"
    file.touch()
    found = check_folder("cache", file / "burnish", variable="BURNISH_CACHE")
    assert found.severity is Severity.PROBLEM
    assert "BURNISH_CACHE" in found.remedy


def test_a_disk_with_little_room_is_a_problem(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(machine, "WANTED_BYTES", shutil.disk_usage(tmp_path).free * 2)
    found = check_folder("data folder", tmp_path, variable="XDG_DATA_HOME")
    assert found.severity is Severity.PROBLEM
    assert "GiB are free" in found.says

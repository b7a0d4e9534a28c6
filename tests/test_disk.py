"""A full disk: one error that names the folder; every other error stays what it is."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from burnish.disk import reporting_full_disk
from burnish.errors import DiskFull


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_names_the_folder_and_what_to_do(number):
    told = "under 'pages': free some, or choose another"
    with pytest.raises(DiskFull, match=told) as full, reporting_full_disk(Path("pages")):
        raise OSError(number, "no room")
    assert isinstance(full.value.__cause__, OSError)


def test_a_device_that_is_really_full_is_one():
    device = Path("/dev/full")
    if not device.exists():
        pytest.skip("this system has no /dev/full")
    with pytest.raises(DiskFull), reporting_full_disk(Path("pages")), device.open("wb", buffering=0) as file:
        file.write(b"a page")


def test_another_error_passes_through():
    with pytest.raises(PermissionError), reporting_full_disk(Path("pages")):
        raise PermissionError(errno.EACCES, "not yours")

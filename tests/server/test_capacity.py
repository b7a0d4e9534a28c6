"""How many jobs a machine trains at once, and which GPU each of them has."""

from __future__ import annotations

import pytest

from burnish.server.capacity import Capacity, capacity_here, visible_gpus

UUID = "GPU-8932f937-d72c-4106-c12f-20bd9faed9f6"
PART = "MIG-b2d1d2f0-0f2b-5f3c-8f0f-7a4f6c1e0a11"


@pytest.mark.parametrize(
    ("count", "listed", "expected"),
    [
        (2, None, ("0", "1")),
        (4, "2,3", ("2", "3")),
        (4, " 3, 1 ", ("3", "1")),
        (4, UUID, (UUID,)),
        (1, f"{PART},{PART[:-1]}2", (PART, f"{PART[:-1]}2")),
        (4, "", ()),
        (4, "-1", ()),
        (4, "0,-1,2", ("0",)),
        (2, "1,7,0", ("1",)),
        (2, "none", ()),
        (2, "1,1", ("1",)),
        (0, "0", ()),
        (0, None, ()),
    ],
)
def test_the_gpus_are_those_that_the_environment_of_the_server_names(count, listed, expected):
    assert visible_gpus(count, listed) == expected


def test_each_job_has_a_gpu_to_itself_and_no_other_is_begun_without_one():
    capacity = Capacity(jobs=8, cores=16, gpus=("2", UUID))
    assert capacity.slots == 2
    first = capacity.share([])
    second = capacity.share([first.gpu])
    assert [first.gpu, second.gpu] == ["2", UUID]
    assert first.threads == 8


def test_fewer_jobs_than_gpus_are_as_many_as_were_asked_for():
    assert Capacity(jobs=1, cores=16, gpus=("0", "1")).slots == 1


def test_without_gpus_jobs_share_the_cores():
    capacity = Capacity(jobs=3, cores=2)
    assert (capacity.slots, capacity.share([None]).gpu, capacity.share([]).threads) == (3, None, 1)


def test_a_server_that_is_shown_no_gpu_trains_on_its_cores(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert capacity_here(5).gpus == ()
    assert capacity_here(5).slots == 5


def test_that_there_are_more_jobs_asked_for_than_gpus_is_said(monkeypatch, caplog, tmp_path):
    for number in range(2):
        (tmp_path / f"nvidia{number}").touch()
    (tmp_path / "nvidiactl").touch()
    monkeypatch.setattr("burnish.server.capacity._DEVICES", tmp_path)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert capacity_here(3).gpus == ("0", "1")
    assert "Training 2 jobs at once and not 3: each has a GPU to itself" in caplog.text

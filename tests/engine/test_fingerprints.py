"""Weights are told from other weights by what is in their files, and by nothing else."""

import os
import shutil

import pytest

from burnish.engine.fingerprints import fingerprint_of


@pytest.fixture
def weights(tmp_path):
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(bytes(100))
    return folder


def test_the_same_files_elsewhere_are_the_same_weights(weights, tmp_path):
    copy = shutil.copytree(weights, tmp_path / "copy", copy_function=shutil.copyfile)
    (copy / ".cache").write_text("of a download")
    assert fingerprint_of(copy) == fingerprint_of(weights)


def test_other_files_under_the_same_names_are_other_weights(weights, tmp_path):
    """Also where names, sizes and times are the same, as those of images and archives are."""
    other = shutil.copytree(weights, tmp_path / "other")
    (other / "model.safetensors").write_bytes(bytes(99) + b"x")
    for folder in (weights, other):
        for path in folder.iterdir():
            os.utime(path, (0, 0))
    assert fingerprint_of(other) != fingerprint_of(weights)


def test_weights_that_are_written_over_are_other_weights(weights):
    before = fingerprint_of(weights)
    (weights / "config.json").write_text('{"a": 1}')
    assert fingerprint_of(weights) != before
    (weights / "config.json").rename(weights / "other.json")
    assert fingerprint_of(weights) != before

"""Downloads from a hub: what has come is kept, and counts once it is as the hub has it."""

from __future__ import annotations

import contextlib
import os

import pytest
from hub_of_models import hub_of

from burnish.engine.catalogue import open_model
from burnish.engine.hub_downloads import CHUNK, download, download_place, download_state, downloading
from burnish.engine.weights import prepared_weights
from burnish.errors import MissingWeights

NAME = "somebody/tiny"
TENSORS = os.urandom(3_000_000)
FILES = {"config.json": b'{"model_type": "llama"}', "model.safetensors": TENSORS, "README.md": b"not wanted"}


@pytest.fixture
def hub(monkeypatch):
    with hub_of(NAME, FILES) as found:
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", found.url)
        template = found.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda _: None)
        yield found


def test_what_is_wanted_comes_as_the_hub_has_it(hub, tmp_path):
    with downloading(NAME, tmp_path) as folder:
        assert download(NAME, folder)
        assert (folder / "model.safetensors").read_bytes() == TENSORS
        assert not (folder / "README.md").exists()
        assert download_state(NAME, tmp_path).is_whole
    assert download_state(NAME, tmp_path) is None


def test_a_line_that_is_cut_again_and_again_costs_nothing_that_has_come(hub, tmp_path):
    hub.cut_after = 2 * CHUNK
    with downloading(NAME, tmp_path) as folder:
        assert download(NAME, folder)
        assert (folder / "model.safetensors").read_bytes() == TENSORS
    begun = [start for path, start in hub.sent_from if path == "model.safetensors"]
    assert begun == list(range(0, len(TENSORS), 2 * CHUNK))


def test_a_download_that_broke_off_goes_on_where_it_stopped_when_it_is_run_again(hub, tmp_path):
    hub.cut_after, hub.cuts = 4 * CHUNK, 1
    with pytest.raises(MissingWeights, match=r"broke off after 1 of 3 MiB: run the same command again"):
        prepared_weights(open_model(NAME), tmp_path)
    state = download_state(NAME, tmp_path / "weights")
    assert (state.done, state.total) == (4 * CHUNK + len(FILES["config.json"]), len(TENSORS) + 23)
    assert not list((tmp_path / "weights").glob("somebody*"))  # no weights before they are whole

    hub.cut_after, hub.sent_from = None, []
    with downloading(NAME, tmp_path / "weights") as folder:
        assert download(NAME, folder)
        assert (folder / "model.safetensors").read_bytes() == TENSORS
    assert hub.sent_from == [("model.safetensors", 4 * CHUNK)]


def test_a_file_of_the_right_length_and_another_hash_does_not_count(hub, tmp_path):
    hub.claimed["model.safetensors"] = "f" * 64
    with pytest.raises(MissingWeights, match=r"model.safetensors of somebody/tiny .* SHA-256"):
        prepared_weights(open_model(NAME), tmp_path)
    kept = download_place(NAME, tmp_path / "weights")
    assert (kept / "config.json").exists()
    assert not (kept / "model.safetensors").exists()


def test_what_was_cut_short_on_the_disk_does_not_count(hub, tmp_path):
    place = download_place(NAME, tmp_path)
    with contextlib.suppress(ZeroDivisionError), downloading(NAME, tmp_path) as folder:
        assert download(NAME, folder)
        raise ZeroDivisionError  # the process ends here
    (place / "model.safetensors").write_bytes(TENSORS[:999])
    assert download(NAME, place)
    assert (place / "model.safetensors").read_bytes() == TENSORS

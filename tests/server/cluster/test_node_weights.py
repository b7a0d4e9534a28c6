"""The weights of a job as a node finds them, in a cache of its own."""

from __future__ import annotations

import shutil

import pytest

from burnish.cache import cache_folder
from burnish.engine.catalogue import PAGE_FEATURES, open_model, pooled
from burnish.engine.kind_files import members_of
from burnish.engine.weights import prepared_weights
from burnish.errors import MissingWeights
from burnish.server.cluster.node_weights import weights_here
from burnish.server.cluster.weight_prints import tensors_of


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("BURNISH_CACHE", str(tmp_path / "cache"))
    (cache_folder() / "weights").mkdir(parents=True)
    return cache_folder() / "weights"


def test_a_node_finds_the_weights_that_the_server_has(cache, tiny_weights):
    shutil.copytree(tiny_weights, cache / "tiny-llama")
    assert weights_here({"tiny-llama": "tiny-llama"}, tensors_of(tiny_weights)) == cache / "tiny-llama"


def test_a_node_makes_a_pool_of_the_members_that_it_has(cache, tiny_weights):
    shutil.copytree(tiny_weights, cache / "tiny-llama")
    pool = pooled(open_model(str(tiny_weights)))
    sources = {member.slug: member.known_as for member in pool.members}
    found = weights_here(sources, tensors_of(prepared_weights(pool)))
    assert members_of(found) == {
        "tiny-llama": cache / "tiny-llama",
        PAGE_FEATURES.slug: cache / "page-features",
    }


def test_weights_that_are_missing_are_named_with_what_to_do(cache):
    with pytest.raises(
        MissingWeights, match=r"has no weights of some/model: run `burnish weights some/model` th"
    ):
        weights_here({"model": "some/model"}, "")
    with pytest.raises(MissingWeights, match=r"has no weights of own: copy the server's to .*/weights/own"):
        weights_here({"own": "own"}, "")


def test_weights_of_the_same_name_that_are_others_are_not_trained(cache, tiny_weights):
    shutil.copytree(tiny_weights, cache / "tiny-llama")
    (cache / "tiny-llama" / "model.safetensors").write_bytes(b"others")
    with pytest.raises(MissingWeights, match="are not those that the server has: copy"):
        weights_here({"tiny-llama": "tiny-llama"}, tensors_of(tiny_weights))

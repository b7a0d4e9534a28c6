"""Preparing on a real cluster: machines are lost, and the data set has the bytes of one machine."""

import sys

import pytest
from cluster_sources import (
    difficult_documents,
    objects_of,
    preparation,
    prepare_here,
    prepare_in_shards,
    put,
)
from ray_cluster import running_ray_cluster

from burnish.datasets.cluster.preparing import Reports
from burnish.datasets.cluster.ray_machines import ray_machines
from burnish.datasets.page_index import decoders
from burnish.errors import CannotConnect, CannotStart, InvalidConfig


@pytest.fixture
def store(tmp_path, monkeypatch, s3):
    """Where machines find the object store and a key for it, as they would on a cluster of one's own."""
    key = s3._get_credentials()
    (tmp_path / "credentials").write_text(
        f"[cluster]\naws_access_key_id = {key.access_key}\naws_secret_access_key = {key.secret_key}\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_PROFILE", "cluster")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3.meta.endpoint_url)
    monkeypatch.setenv("BURNISH_CACHE", str(tmp_path / "cache"))
    return s3


@pytest.fixture
def source(store, s3_folder):
    return put(store, s3_folder.child("source"), difficult_documents())


@pytest.fixture
def alone(store, source, s3_folder, tmp_path):
    """The bytes of the data set as one machine prepares it, in a place that is empty again."""
    to = s3_folder.child("dataset")
    prepare_here(store, source, to, preparation(), tmp_path / "cache")
    found = objects_of(store, to)
    empty(store, to)
    return found


def empty(s3, folder):
    listed = s3.list_objects_v2(Bucket=folder.bucket, Prefix=f"{folder.key}/")["Contents"]
    for one in listed:
        s3.delete_object(Bucket=folder.bucket, Key=one["Key"])


def prepared(store, source, to, address, **options):
    with ray_machines(address, region="us-east-1") as machines:
        assert machines.facts().decoders == decoders()
        prepare_in_shards(store, source, to, preparation(), machines=machines, **options)
    return objects_of(store, to)


def test_a_cluster_gives_the_bytes_of_one_machine(store, source, s3_folder, alone, ray_cluster):
    assert prepared(store, source, s3_folder.child("dataset"), ray_cluster.address) == alone


def test_a_machine_that_is_lost_meanwhile_costs_nothing_but_time(store, source, s3_folder, alone):
    to = s3_folder.child("dataset")
    with running_ray_cluster() as running:
        nodes = list(running.cluster.worker_nodes)

        def lose_one(stage, done, total):
            if stage == "read and uploaded" and len(nodes) == 2:
                running.cluster.remove_node(nodes.pop(), allow_graceful=False)

        together = prepared(store, source, to, running.address, size=6, reports=Reports(on_progress=lose_one))
        assert (len(nodes), together) == (1, alone)
        empty(store, to)
        assert prepared(store, source, to, running.address) == alone


def test_what_a_machine_says_of_a_document_is_said_here(store, source, s3_folder, ray_cluster):
    with (
        ray_machines(ray_cluster.address, region="us-east-1") as machines,
        pytest.raises(CannotStart) as raised,
    ):
        prepare_in_shards(
            store, source, s3_folder.child("dataset"), preparation(), machines=machines, other_decoders=True
        )
    assert "The machines of the cluster decode documents differently" in str(raised.value)


def test_without_ray_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with (
        pytest.raises(InvalidConfig, match=r"pip install 'burnish\[ray\]'"),
        ray_machines("auto", region="x"),
    ):
        pass


@pytest.mark.parametrize("address", ["ray://here:10001", "here", ":6379", "http://127.0.0.1:8265"])
def test_what_is_no_address_is_refused(address):
    pytest.importorskip("ray", reason="Ray is not installed: pip install burnish[ray]")
    with pytest.raises(InvalidConfig, match="is not an address such as"), ray_machines(address, region="x"):
        pass


def test_an_address_where_nobody_answers_is_named():
    pytest.importorskip("ray", reason="Ray is not installed: pip install burnish[ray]")
    with pytest.raises(CannotConnect, match="Nobody answers at 127"), ray_machines("127.0.0.1:9", region="x"):
        pass


def test_another_version_of_burnish_is_refused_before_its_shard_is_unpickled():
    from burnish.datasets.cluster import ray_machines as machines

    failure = machines._perform("0.0.1", b"no pickle of anything")
    assert "install the same version on all" in failure.text

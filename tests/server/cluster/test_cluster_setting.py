"""What follows for a server from the cluster that its jobs run on."""

from __future__ import annotations

import pytest

from burnish.errors import CannotStart
from burnish.server.capacity import Share
from burnish.server.cluster.cluster_setting import USUAL_JOBS, ClusterSetting


def test_each_job_has_the_same_share_of_a_node_however_many_there_are():
    setting = ClusterSetting(url="http://head:8265", cpus=3)
    capacity = setting.capacity(None)
    assert (capacity.slots, capacity.is_elsewhere) == (USUAL_JOBS, True)
    assert capacity.share([]) == Share(threads=3)
    assert setting.capacity(2).slots == 2


@pytest.mark.parametrize(
    ("cluster", "endpoint", "own"),
    [
        ("http://127.0.0.1:8265", None, "http://127.0.0.1:8800"),
        ("http://localhost:8265", None, "http://[::1]:8800"),
        ("http://10.0.0.1:8265", None, "https://10.0.0.2:8800"),
        ("http://10.0.0.1:8265", "https://burnish.example:8800", "https://127.0.0.1:8800"),
    ],
)
def test_nodes_reach_a_server_at_an_address_of_their_network_or_on_the_same_machine(cluster, endpoint, own):
    ClusterSetting(url=cluster, endpoint=endpoint).require_reachable(own)


@pytest.mark.parametrize("endpoint", [None, "http://localhost:8800", "http://127.0.0.2"])
def test_nodes_elsewhere_do_not_reach_an_address_of_this_machine_alone(endpoint):
    setting = ClusterSetting(url="http://10.0.0.1:8265", endpoint=endpoint)
    with pytest.raises(CannotStart, match="listen with --host at one of its others"):
        setting.require_reachable("http://127.0.0.1:8800")


def test_the_token_is_not_shown():
    assert "a-token" not in repr(ClusterSetting(url="http://head:8265", token="a-token"))

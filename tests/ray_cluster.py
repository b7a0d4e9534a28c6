"""A real Ray cluster on this machine: a head without processors, and two nodes of one core each."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster

#: Ray's own default is 30 % of the memory, for each node.
OBJECT_STORE_BYTES = 100 * 2**20


@dataclass(frozen=True)
class RayCluster:
    """A cluster that runs: its address for ``ray.init``, its Jobs API, and the cluster itself to break."""

    address: str
    dashboard: str
    cluster: Cluster


@contextmanager
def running_ray_cluster(*, nodes: int = 2) -> Iterator[RayCluster]:
    """Start a cluster, and end it with everything that it has started. Skips where Ray is not installed."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install burnish[ray]")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster

    # Not pytest's folder: the path of a socket may not be longer than 107 bytes.
    folder = tempfile.mkdtemp(prefix="ray-")
    head = {
        "num_cpus": 0,
        "object_store_memory": OBJECT_STORE_BYTES,
        "include_dashboard": True,
        "dashboard_port": 0,
        "temp_dir": folder,
    }
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        for _ in range(nodes):
            cluster.add_node(num_cpus=1, object_store_memory=OBJECT_STORE_BYTES)
        cluster.wait_for_nodes()
        yield RayCluster(cluster.address, f"http://{cluster.head_node.webui_url}", cluster)
    finally:
        cluster.shutdown()
        shutil.rmtree(folder, ignore_errors=True)

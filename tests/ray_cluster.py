"""A real Ray cluster on this machine: a head without processors, and two nodes of one core each."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import psutil
import pytest

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster

#: Ray's own default is 30 % of the memory, for each node.
OBJECT_STORE_BYTES = 100 * 2**20
TRIES = 5

Started = TypeVar("Started")


@dataclass(frozen=True)
class RayCluster:
    """A cluster that runs: its address for ``ray.init``, its Jobs API, and the cluster itself to break."""

    address: str
    dashboard: str
    cluster: Cluster


def head_in(folder: str, *, dashboard_port: int = 0) -> dict[str, Any]:
    """A head without processors, beside which there may be heads of other tests."""
    return {
        "num_cpus": 0,
        "object_store_memory": OBJECT_STORE_BYTES,
        "include_dashboard": True,
        "dashboard_port": dashboard_port,
        # Any that is free, in place of one and the same of each head, without which no job is taken.
        "dashboard_agent_listen_port": None,
        "temp_dir": folder,
    }


def started(start: Callable[[], Started]) -> Started:
    """What ``start`` gives. Ray gives a part 30 seconds to come up, which is not enough on a busy machine."""
    for _ in range(TRIES - 1):
        before = set(psutil.Process().children(recursive=True))
        try:
            return start()
        except Exception:  # noqa: BLE001  Ray raises nothing narrower
            for process in set(psutil.Process().children(recursive=True)) - before:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
    return start()


@contextmanager
def running_ray_cluster(*, nodes: int = 2) -> Iterator[RayCluster]:
    """Start a cluster, and end it with everything that it has started. Skips where Ray is not installed."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install burnish[ray]")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster

    # Not pytest's folder: the path of a socket may not be longer than 107 bytes.
    folder = tempfile.mkdtemp(prefix="ray-")
    cluster = started(lambda: Cluster(initialize_head=True, head_node_args=head_in(folder)))
    try:
        for _ in range(nodes):
            started(lambda: cluster.add_node(num_cpus=1, object_store_memory=OBJECT_STORE_BYTES))
        cluster.wait_for_nodes()
        yield RayCluster(cluster.address, f"http://{cluster.head_node.webui_url}", cluster)
    finally:
        cluster.shutdown()
        shutil.rmtree(folder, ignore_errors=True)


class ClusterInPieces:
    """A cluster with a Jobs API at one address, of which a test loses parts."""

    def __init__(self, dashboard_port: int, nodes: int) -> None:
        self._port = dashboard_port
        self._count = nodes
        self._folder = tempfile.mkdtemp(prefix="ray-")
        self.dashboard = f"http://127.0.0.1:{dashboard_port}"
        self.start()

    def start(self) -> None:
        """Start a head and its nodes, at the same address as before."""
        from ray.cluster_utils import Cluster

        head = head_in(self._folder, dashboard_port=self._port)
        self._cluster = started(lambda: Cluster(initialize_head=True, head_node_args=head))
        self.nodes = [self._new_node() for _ in range(self._count)]
        self._cluster.wait_for_nodes()

    def _new_node(self) -> object:
        return started(lambda: self._cluster.add_node(num_cpus=1, object_store_memory=OBJECT_STORE_BYTES))

    @staticmethod
    def pid(node: object) -> int:
        """The process of a node."""
        return int(node.all_processes["raylet"][0].process.pid)  # type: ignore[attr-defined]

    def lose(self, node: object) -> None:
        """Kill a node, and put another in its place."""
        self._cluster.remove_node(node, allow_graceful=False)
        self.nodes.remove(node)
        self.nodes.append(self._new_node())

    def lose_head(self) -> None:
        """Kill the head, and then the nodes, which are of no use without it."""
        self._cluster.remove_node(self._cluster.head_node, allow_graceful=False)
        self.end()

    def end(self) -> None:
        """End all of it that runs."""
        self._cluster.shutdown()

    def remove(self) -> None:
        """End it, and remove what it has written."""
        self.end()
        shutil.rmtree(self._folder, ignore_errors=True)


@contextmanager
def cluster_in_pieces(*, dashboard_port: int, nodes: int = 2) -> Iterator[ClusterInPieces]:
    """A cluster to break. Skips where Ray is not installed."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install burnish[ray]")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    cluster = ClusterInPieces(dashboard_port, nodes)
    try:
        yield cluster
    finally:
        cluster.remove()

"""Documents prepared on the machines of a Ray cluster, and what the driver needs for many of them.

Small pages in a real S3 server, prepared by clusters of 1, 2 and 4 nodes of one core each on this machine:
the seconds, the driver's peak memory, and whether records and manifest have the same bytes. With
``--driver-alone`` nothing is read: machines give made-up facts of so many documents at once, and only the
driver works, on the listing, the copies, the split, the records and the manifest.

    python benchmarks/prepare_on_a_cluster.py --documents 1000 --keys 125
    python benchmarks/prepare_on_a_cluster.py --driver-alone 1000 10000 100000 1000000
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from unittest.mock import patch

import msgspec
from PIL import Image

from burnish.aws.clients import AccessKey, Client, open_clients
from burnish.aws.objects import ListedObject, S3Uri, ensure_bucket, list_objects, read_bytes, upload_bytes
from burnish.datasets.cluster.copies import CopiesShard
from burnish.datasets.cluster.digesting import DigestedDocument, DigestShard
from burnish.datasets.cluster.preparing import KEYS_OF_A_SHARD, ClusterPreparation, prepare_on_cluster
from burnish.datasets.cluster.publishing import ClusterDataset
from burnish.datasets.cluster.ray_machines import ray_machines
from burnish.datasets.cluster.rendering import RenderShard
from burnish.datasets.cluster.shards import Machines, Shard, ShardSummary
from burnish.datasets.page_index import IndexedDocument
from burnish.datasets.pages import Rendering
from burnish.datasets.prepared import Destination, Preparation
from burnish.datasets.render_worker import PageFacts
from burnish.families import DatasetRules
from burnish.records import classification_prompt
from burnish.server.credentials import ServerCredentials
from burnish.server.s3.object_store import start_object_store

LABELS = ("invoice", "letter", "memo", "report")
BUCKET, OWNER = "benchmark", "123456789012"
SOURCE, TO = S3Uri(BUCKET, "documents/"), S3Uri(BUCKET, "dataset")
#: Of a node: Ray's own default is 30 % of the memory.
OBJECT_STORE_BYTES = 100 * 2**20


def main() -> None:
    """Measure, and print the table."""
    options = parsed_options()
    if options.driver:
        return drive(options)
    with tempfile.TemporaryDirectory(prefix="burnish-benchmark-") as name:
        key = ServerCredentials(account_id=OWNER, access_key="AKIA" + "B" * 16, secret_key="b" * 40)
        store = start_object_store(Path(name), key)
        (Path(name) / "credentials").write_text(
            f"[default]\naws_access_key_id = {key.access_key}\naws_secret_access_key = {key.secret_key}\n"
        )
        os.environ |= {
            "AWS_ENDPOINT_URL": store.endpoint,
            "AWS_REGION": "us-east-1",
            "AWS_SHARED_CREDENTIALS_FILE": str(Path(name) / "credentials"),
            "RAY_USAGE_STATS_ENABLED": "0",
            # By default what a node runs yields to all else, and on a node there is nothing else.
            "RAY_worker_niceness": "0",
        }
        opened = AccessKey(access_key_id=key.access_key, secret_access_key=key.secret_key)
        s3 = open_clients(region="us-east-1", endpoint_url=store.endpoint, credentials=opened).s3
        try:
            ensure_bucket(s3, BUCKET, region="us-east-1")
            measure_driver(s3, options.driver_alone) if options.driver_alone else compare(s3, options)
        finally:
            store.stop()
    return None


def compare(s3: Client, options: argparse.Namespace) -> None:
    """The same documents on clusters of several sizes."""
    write_documents(s3, options.documents)
    print(f"{options.documents} documents\n")
    print("| nodes of one core | seconds | documents a second | driver's peak memory (MiB) | same bytes |")
    print("| --- | --- | --- | --- | --- |")
    first: dict[str, bytes] = {}
    for nodes in options.nodes:
        empty(s3, TO)
        with running_cluster(nodes) as address:
            seconds, said = measured("--driver", address, "--keys", str(options.keys))
        found = published(s3)
        first = first or found
        rate = options.documents / seconds
        print(
            f"| {nodes} | {seconds:.0f} | {rate:.1f} | {said['peak_mib']:.0f} | {found == first} |",
            flush=True,
        )


def measure_driver(s3: Client, counts: list[int]) -> None:
    """The driver alone, with more and more documents that are only facts."""
    print("| documents | seconds | driver's peak memory (MiB) | manifest (MB) |")
    print("| --- | --- | --- | --- |")
    for count in counts:
        empty(s3, TO)
        seconds, said = measured("--driver", "none", "--made-up", str(count))
        size = s3.head_object(Bucket=BUCKET, Key=f"{TO.key}/manifest.json")["ContentLength"]
        print(f"| {count} | {seconds:.0f} | {said['peak_mib']:.0f} | {size / 1e6:.1f} |", flush=True)


def measured(*words: str) -> tuple[float, dict[str, float]]:
    """The seconds of a driver in a process of its own, and what it says of itself."""
    command = [sys.executable, __file__, *words]
    ended = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    said = json.loads(ended.stdout.splitlines()[-1])
    return said["seconds"], said


def drive(options: argparse.Namespace) -> None:
    """The driver, in the child."""
    made_up = options.made_up
    clients = open_clients()
    began = time.monotonic()
    if made_up:
        with patch("burnish.datasets.sources.s3_prefixes.list_details", lambda s3, prefix: listing(made_up)):
            prepare(clients.s3, MadeUpMachines(clients.s3), "none", options.keys)
    else:
        with ray_machines(options.driver, region=clients.region) as machines:
            prepare(clients.s3, machines, machines.facts().decoders, options.keys)
    status = Path("/proc/self/status").read_text()
    peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
    print(json.dumps({"seconds": time.monotonic() - began, "peak_mib": peak}))


def prepare(s3: Client, machines: Machines, decoders: str, keys: int) -> ClusterDataset:
    """Ours."""
    rules = DatasetRules(max_images=1, max_records=10**9)
    asked = ClusterPreparation(
        prefix=SOURCE,
        destination=Destination(bucket=TO.bucket, prefix=TO.key, owner=OWNER),
        preparation=Preparation(rules=rules, rendering=Rendering(longest_edge=256)),
        prompt_for=lambda labels: classification_prompt(labels, {}),
        keys_of_a_shard=keys,
    )
    return prepare_on_cluster(asked, s3=s3, machines=machines, decoders=decoders)


@dataclass(frozen=True)
class MadeUpMachines:
    """Machines that make up what they would have read, at once."""

    s3: Client

    def run(self, shards: Iterable[Shard]) -> Iterator[ShardSummary]:
        """Write made-up results."""
        for one in shards:
            upload_bytes(self.s3, one.place, made_up_result(one))  # type: ignore[attr-defined]
            count = len(one.keys) if isinstance(one, DigestShard | RenderShard) else 0
            yield ShardSummary(number=one.number, place=one.place, count=count)  # type: ignore[attr-defined]


def made_up_result(shard: Shard) -> bytes:
    """What a machine would have written: a digest or a page for each document, and no copies."""
    if isinstance(shard, DigestShard):
        return msgspec.msgpack.encode([DigestedDocument(digest_of(one.name)) for one in shard.keys])
    if isinstance(shard, RenderShard):
        return msgspec.msgpack.encode([IndexedDocument(pages=(page_of(one.name),)) for one in shard.keys])
    assert isinstance(shard, CopiesShard)
    return b""


def page_of(name: str) -> PageFacts:
    """A made-up page."""
    digest = digest_of(f"page of {name}")
    return PageFacts(
        digest=digest, width=192, height=256, size=20_000, upright=digest, turned=(digest,) * 2, blank=False
    )


def digest_of(text: str) -> str:
    """A digest that no other text has."""
    return sha256(text.encode()).hexdigest()


def listing(count: int) -> Iterator[ListedObject]:
    """So many objects in the order of their keys, as a server would list them."""
    each = -(-count // len(LABELS))
    for number in range(count):
        label, inside = LABELS[number // each], number % each
        uri = replace(SOURCE, key=f"{SOURCE.key}{label}/{inside:08}.png")
        yield ListedObject(uri=uri, version=f'"{number:032x}" 20000', size=20_000)


def write_documents(s3: Client, count: int) -> None:
    """Pages of noise, which look like no other, and a copy for every hundred."""

    def write(number: int) -> None:
        rng = random.Random(number - number % 100 if number % 100 == 1 else number)  # noqa: S311 - made-up pages
        page, body = Image.frombytes("L", (12, 16), rng.randbytes(192)).resize((192, 256)), io.BytesIO()
        page.save(body, "PNG", compress_level=1)
        key = f"{SOURCE.key}{LABELS[number // 2 % len(LABELS)]}/{number:08}.png"
        upload_bytes(s3, S3Uri(BUCKET, key), body.getvalue())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(count)))


def published(s3: Client) -> dict[str, bytes]:
    """The manifest and the records."""
    found = [uri for uri in list_objects(s3, TO.child("")) if uri.key.endswith((".json", ".jsonl"))]
    return {uri.key: read_bytes(s3, uri) for uri in found}


def empty(s3: Client, folder: S3Uri) -> None:
    """Delete everything in a folder."""
    keys = [{"Key": uri.key} for uri in list_objects(s3, folder.child(""))]
    for start in range(0, len(keys), 1000):
        s3.delete_objects(Bucket=folder.bucket, Delete={"Objects": keys[start : start + 1000], "Quiet": True})


@contextmanager
def running_cluster(nodes: int) -> Iterator[str]:
    """A head without processors, and nodes of one core each, for a block; gives its address."""
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 0, "object_store_memory": OBJECT_STORE_BYTES, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        for _ in range(nodes):
            cluster.add_node(num_cpus=1, object_store_memory=OBJECT_STORE_BYTES)
        cluster.wait_for_nodes()
        yield str(cluster.address)
    finally:
        cluster.shutdown()


def parsed_options() -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--documents", type=int, default=5000)
    parser.add_argument("--nodes", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--keys", type=int, default=KEYS_OF_A_SHARD, help="documents of a shard")
    parser.add_argument("--driver-alone", type=int, nargs="+", metavar="DOCUMENTS")
    parser.add_argument("--driver", help=argparse.SUPPRESS)
    parser.add_argument("--made-up", type=int, default=0, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()

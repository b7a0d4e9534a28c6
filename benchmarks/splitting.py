"""Splitting training data in S3: records a second and peak memory, against the obvious script.

The rival reads each line with `json`, keeps the parsed records by label, shuffles, and writes them again.

    python benchmarks/splitting.py                  # 1 GB: both
    python benchmarks/splitting.py --gigabytes 10   # ours alone where the rival would need too much memory
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from options import parser_with
from process_memory import PeakMemory

from burnish.aws.clients import AccessKey as Key
from burnish.aws.clients import open_clients
from burnish.aws.objects import S3Uri, ensure_bucket, split_training_data, upload_file
from burnish.records import classification_prompt, classification_record, line_of
from burnish.server.credentials import ServerCredentials
from burnish.server.s3.object_store import start_object_store

LABELS = [f"type-{number}" for number in range(16)]
MOST_FOR_THE_RIVAL = 2.0
BUCKET = "benchmark"


def main() -> None:
    """Write a file, split it in two ways, print the table."""
    options = parsed_options()
    if options.way:
        return split_as_asked(options)
    with tempfile.TemporaryDirectory(prefix="burnish-benchmark-", dir=options.folder) as name:
        os.environ["TMPDIR"] = name
        compare(Path(name), options.gigabytes)
    return None


def compare(folder: Path, gigabytes: float) -> None:
    """Both ways, each in a process of its own whose memory is watched."""
    key = ServerCredentials(account_id="123456789012", access_key="AKIA" + "B" * 16, secret_key="b" * 40)
    store = start_object_store(folder, key)
    environment = {**os.environ, "AWS_ENDPOINT_URL": store.endpoint, "AWS_REGION": "us-east-1"}
    environment |= {"AWS_ACCESS_KEY_ID": key.access_key, "AWS_SECRET_ACCESS_KEY": key.secret_key}
    try:
        clients = open_clients(
            region="us-east-1",
            endpoint_url=store.endpoint,
            credentials=Key(access_key_id=key.access_key, secret_access_key=key.secret_key),
        )
        ensure_bucket(clients.s3, BUCKET, region="us-east-1")
        records = write_records(folder / "training.jsonl", gigabytes)
        upload_file(clients.s3, S3Uri(BUCKET, "training.jsonl"), folder / "training.jsonl")
        (folder / "training.jsonl").unlink()
        print("| way | records | seconds | records a second | peak memory (MiB) |")
        print("| --- | --- | --- | --- | --- |")
        for way in ("json", "burnish"):
            if way == "burnish" or gigabytes <= MOST_FOR_THE_RIVAL:
                seconds, peak = measured(way, environment)
                print(f"| {way} | {records} | {seconds:.1f} | {records / seconds:,.0f} | {peak:.0f} |")
    finally:
        store.stop()


def measured(way: str, environment: dict[str, str]) -> tuple[float, float]:
    """The seconds and the peak memory in MiB of one way."""
    began = time.monotonic()
    command = [sys.executable, str(Path(__file__).resolve()), "--way", way]
    with subprocess.Popen(command, env=environment, cwd=tempfile.gettempdir()) as process:
        with PeakMemory(process.pid, every=0.1) as peak:
            process.wait()
        assert process.returncode == 0
    return time.monotonic() - began, peak.bytes / 2**20


def split_as_asked(options: argparse.Namespace) -> None:
    """One way, in the child."""
    s3 = open_clients().s3
    if options.way == "burnish":
        split_training_data(s3, f"s3://{BUCKET}/training.jsonl", share=0.2, seed=0)
    else:
        split_the_obvious_way(s3)


def split_the_obvious_way(s3) -> None:
    """What one writes in a notebook."""
    s3.download_file(BUCKET, "training.jsonl", "rival.jsonl")
    by_label: dict[str, list[dict]] = {}
    with open("rival.jsonl") as file:  # noqa: PTH123
        for line in file:
            record = json.loads(line)
            answer = record["messages"][-1]["content"][0]["text"]
            label = json.loads(answer.removeprefix("```json\n").removesuffix("\n```"))["type"]
            by_label.setdefault(label, []).append(record)
    rng = random.Random(0)  # noqa: S311
    training, validation = [], []
    for records in by_label.values():
        rng.shuffle(records)
        cut = round(len(records) * 0.2)
        validation += records[:cut]
        training += records[cut:]
    for name, part in (("train", training), ("validation", validation)):
        with open(f"rival-{name}.jsonl", "w") as file:  # noqa: PTH123
            file.writelines(json.dumps(record) + "\n" for record in part)
        s3.upload_file(f"rival-{name}.jsonl", BUCKET, f"rival-{name}.jsonl")


def write_records(path: Path, gigabytes: float) -> int:
    """Records of the seed's shape, as many as fill the file; returns their number."""
    prompt = classification_prompt(LABELS)
    templates = [
        line_of(
            classification_record(prompt, image_uri="s3://bucket/@", bucket_owner="123456789012", label=label)
        )
        for label in LABELS
    ]
    written = records = 0
    with path.open("wb", buffering=1 << 20) as file:
        while written < gigabytes * 1e9:
            template = templates[records % len(templates)]
            written += file.write(template.replace(b"@", b"pages/%d.png" % records, 1))
            records += 1
    return records


def parsed_options() -> argparse.Namespace:
    """The command line."""
    parser = parser_with(__doc__)
    parser.add_argument("--gigabytes", type=float, default=1.0)
    parser.add_argument("--folder", type=Path, help="where the files lie while it runs")
    parser.add_argument("--way", choices=("burnish", "json"), help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()

"""How many pages a second a running server takes and gives through S3.

Start a server, and then:

    python benchmarks/object_transfers.py --data FOLDER      the server that works in this folder
    python benchmarks/object_transfers.py --data FOLDER --endpoint http://127.0.0.1:PORT

The second form asks another endpoint with the same key, such as the S3 server behind the server.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
from botocore.config import Config
from options import parser_with

SMALLEST, LARGEST = 50_000, 200_000


def main() -> int:
    options = parsed_options()
    s3 = client_of(options.data, options.endpoint, connections=options.at_a_time)
    bucket = f"transfers-{uuid4().hex[:12]}"
    pages = sizes_of(options.pages)
    content = random.Random(0).randbytes(LARGEST)  # noqa: S311  # any bytes will do
    s3.create_bucket(Bucket=bucket)

    def upload(number: int) -> None:
        s3.put_object(Bucket=bucket, Key=f"page-{number}", Body=content[: pages[number]])

    def download(number: int) -> None:
        if s3.get_object(Bucket=bucket, Key=f"page-{number}")["Body"].read() != content[: pages[number]]:
            raise SystemExit(f"Page {number} came back changed.")

    def delete(number: int) -> None:
        s3.delete_object(Bucket=bucket, Key=f"page-{number}")

    print("| round | uploaded (pages/s) | downloaded (pages/s) |\n|---|---|---|")
    for number in range(options.rounds):
        rates = [pages_per_second(what, pages, options.at_a_time) for what in (upload, download)]
        print(f"| {number + 1} | {' | '.join(f'{rate:.0f}' for rate in rates)} |", flush=True)
    pages_per_second(delete, pages, options.at_a_time)
    s3.delete_bucket(Bucket=bucket)
    return 0


def parsed_options() -> argparse.Namespace:
    parser = parser_with(__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the data folder of a running server")
    parser.add_argument("--endpoint", help="another S3 endpoint with the same key")
    parser.add_argument("--pages", type=int, default=2000, help=f"of {SMALLEST} to {LARGEST} bytes each")
    parser.add_argument("--at-a-time", type=int, default=16, help="so many transfers run at once")
    parser.add_argument("--rounds", type=int, default=3, help="the first one also warms up")
    return parser.parse_args()


def client_of(data: Path, endpoint: str | None, *, connections: int) -> Any:
    key = json.loads((data / "credentials.json").read_text(encoding="utf-8"))
    url = endpoint or json.loads((data / "server.json").read_text(encoding="utf-8"))["url"]
    return boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=key["access_key"],
        aws_secret_access_key=key["secret_key"],
        config=Config(max_pool_connections=connections, s3={"addressing_style": "path"}),
    )


def sizes_of(pages: int) -> list[int]:
    sizes = random.Random(0)  # noqa: S311  # the same sizes each time
    return [sizes.randint(SMALLEST, LARGEST) for _ in range(pages)]


def pages_per_second(transfer: Callable[[int], None], pages: Sequence[int], at_a_time: int) -> float:
    began = time.perf_counter()
    with ThreadPoolExecutor(at_a_time) as threads:
        list(threads.map(transfer, range(len(pages))))
    return len(pages) / (time.perf_counter() - began)


if __name__ == "__main__":
    raise SystemExit(main())

"""How much of a quota is used: 2,000 pages of a service with 100 requests/s, 50 ms, and faults at random.

The rival asks with as many threads and repeats as boto3's adaptive mode does.

    python benchmarks/predicting.py [--burst 0.05]
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from options import parser_with

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "evaluation"))

from quota_server import QuotaServer, quota_server
from test_predicting import PROMPT, pages

from burnish.evaluation.predicting import Asking, converse_request, predict

RATE = 100


def main() -> None:
    """Ask both ways and print how much of the quota each has used."""
    options = parsed_options()
    print("| asked by | pages | s | of the quota | answered | refused |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, ask in (("burnish", ask_with_burnish), ("boto3, adaptive", ask_with_boto3)):
        if name in options.only:
            with quota_server(rate=RATE, burst=options.burst) as server:
                began = time.perf_counter()
                right = ask(server, options)
                seconds = time.perf_counter() - began
                # What the bucket held at the start is not the quota's rate.
                share = (options.pages - RATE * options.burst) / seconds / RATE
                print(
                    f"| {name} | {options.pages} | {seconds:.1f} | {share:.0%} | {right} | {server.refused} |"
                )


def ask_with_burnish(server: QuotaServer, options: argparse.Namespace) -> int:
    """How many pages `predict` has answered."""
    runtime = client_of(server, retries={"total_max_attempts": 1})
    found = predict(runtime, "m", pages(options.pages), PROMPT, Asking(concurrency=options.threads))
    return sum(one.is_right for one in found)


def ask_with_boto3(server: QuotaServer, options: argparse.Namespace) -> int:
    """How many pages boto3 has answered, with its adaptive mode of repeating."""
    runtime = client_of(server, retries={"mode": "adaptive", "total_max_attempts": 12})

    def ask(page: Any) -> bool:
        return bool(runtime.converse(**converse_request("m", page, PROMPT, Asking())))

    with ThreadPoolExecutor(options.threads) as pool:
        return sum(pool.map(ask, pages(options.pages)))


def client_of(server: QuotaServer, retries: dict[str, Any]) -> Any:
    """A client with these rules for repeating."""
    return boto3.client(
        "bedrock-runtime",
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",  # noqa: S106
        config=Config(retries=retries, max_pool_connections=64, read_timeout=20),
    )


def parsed_options() -> argparse.Namespace:
    """The command line."""
    parser = parser_with(__doc__)
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--threads", type=int, default=32)
    parser.add_argument("--burst", type=float, default=1.0, help="seconds of the quota that can be saved up")
    parser.add_argument("--only", nargs="+", default=["burnish", "boto3, adaptive"])
    return parser.parse_args()


if __name__ == "__main__":
    main()

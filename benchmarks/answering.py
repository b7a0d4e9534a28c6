"""Requests that one server process answers in a second, beside moto's server, in turns in one run.

    pip install 'moto[server]'     # once; without it only Burnish is measured
    python benchmarks/answering.py

Signatures are made before the clock starts, so that the client costs little. The server is the Burnish that
PYTHONPATH finds: run it with another tree's ``src`` to compare the two.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import httpcore2
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from options import parser_with
from served import Served, served

QUESTION = json.dumps(
    {
        "messages": [{"role": "user", "content": [{"text": "What is this?"}]}],
        "inferenceConfig": {"maxTokens": 4, "temperature": 0},
    }
).encode()


def main() -> int:
    options = parsed_options()
    with served() as server, moto_server() as moto:
        key = Credentials(server.access_key, server.secret_key)
        get = f"/foundation-models/{quote(server.model, safe='')}"
        ask = f"/model/{quote(server.model, safe='')}/converse"
        cases = {
            "GetFoundationModel, burnish": (server.url, "GET", get, b"", "bedrock"),
            "Converse of tiny weights, burnish": (server.url, "POST", ask, QUESTION, "bedrock"),
        }
        if moto:
            cases["GetModelCustomizationJob, moto"] = (moto, "GET", job_of_moto(moto, server), b"", "bedrock")
        rates: dict[str, list[float]] = {name: [] for name in cases}
        for number in range(-1, options.rounds):
            for name, (url, method, path, body, service) in cases.items():
                request = signed(key, service, method, url + path, body)
                found = rate(request, seconds=options.seconds, threads=options.threads)
                if number >= 0:  # the round before loads what is loaded when first needed
                    rates[name].append(found)
    print("| request | a second, median | least | most |\n|---|---|---|---|")
    for name, found in rates.items():
        print(f"| {name} | {statistics.median(found):.0f} | {min(found):.0f} | {max(found):.0f} |")
    return 0


def parsed_options() -> argparse.Namespace:
    parser = parser_with(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--threads", type=int, default=4)
    return parser.parse_args()


@contextlib.contextmanager
def moto_server() -> Iterator[str | None]:
    """The URL of moto's server, or None where moto is not installed."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        url = f"http://127.0.0.1:{port}"
        try:
            yield url if _comes_up(url, child) else None
        finally:
            child.terminate()


def _comes_up(url: str, child: subprocess.Popen[bytes]) -> bool:
    place = urlsplit(url)
    while child.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((place.hostname, place.port)):
            return True
        time.sleep(0.1)
    print("moto is not installed: it is left out.", file=sys.stderr)
    return False


def job_of_moto(url: str, server: Served) -> str:
    """The path of a job that moto has."""
    moto = Served(**{**vars(server), "url": url})
    s3, bedrock = moto.client("s3"), moto.client("bedrock")
    s3.create_bucket(Bucket="papers")
    s3.put_object(Bucket="papers", Key="train.jsonl", Body=b"{}\n")
    bedrock.create_model_customization_job(
        jobName="job",
        customModelName="model",
        roleArn="arn:aws:iam::123456789012:role/BurnishRole",
        baseModelIdentifier="amazon.titan-text-lite-v1",
        trainingDataConfig={"s3Uri": "s3://papers/train.jsonl"},
        outputDataConfig={"s3Uri": "s3://papers/out/"},
        hyperParameters={"epochCount": "1"},
    )
    return "/model-customization-jobs/job"


def signed(key: Credentials, service: str, method: str, url: str, body: bytes) -> httpcore2.Request:
    """A request with its signature."""
    request = AWSRequest(method, url, {"Host": urlsplit(url).netloc}, body)
    SigV4Auth(key, service, "us-east-1").add_auth(request)
    headers = {**dict(request.headers), "Content-Length": str(len(body))}
    return httpcore2.Request(method, url, headers=headers, content=body)


def rate(request: httpcore2.Request, *, seconds: float, threads: int) -> float:
    """Answers a second to ``threads`` clients, each with a connection of its own."""
    counts = [0] * threads
    body = b"".join(request.stream)  # type: ignore[arg-type]
    until = time.perf_counter() + seconds

    def ask(number: int) -> None:
        with httpcore2.ConnectionPool() as pool:
            while time.perf_counter() < until:
                answer = pool.request(request.method, request.url, headers=request.headers, content=body)
                assert answer.status == 200, answer.content
                counts[number] += 1

    began = time.perf_counter()
    clients = [threading.Thread(target=ask, args=(number,)) for number in range(threads)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return sum(counts) / (time.perf_counter() - began)


if __name__ == "__main__":
    sys.exit(main())

"""Signed requests a second that one core answers to 200 clients, beside an empty uvicorn and moto's server.

    pip install 'moto[server]'     # once; without it only Burnish is measured
    python benchmarks/requests_per_second.py
    python benchmarks/requests_per_second.py --training --pause 0.4

Each server is kept to the first core, and the clients to the others. uvicorn's answer is a constant, which
bounds what a server on it can reach; moto verifies no signatures. In turns, in one run. With ``--training`` a
job trains meanwhile, on whichever core it gets. A client asks again as soon as it is answered, or after a
``--pause`` of so many seconds on average.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
from answering import QUESTION, job_of_moto, moto_server
from botocore.credentials import Credentials
from many_requests import Requests, paths_of_jobs, paths_of_models
from options import parser_with
from served import Served, percentile, served

CONSTANT = """
async def app(scope, receive, send):
    assert scope["type"] == "http"
    headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"{}"})
"""
READER = "reader"
MAY_READ = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "bedrock:Get*", "Resource": "*"}]}'
)


@dataclass(frozen=True, kw_only=True)
class Round:
    """What was measured of one kind of requests in one turn."""

    seconds: float
    processor_seconds: float
    #: How long each answer took, in milliseconds.
    took: list[float]


def main() -> int:
    options = parsed_options()
    with served() as server, constant_server() as constant, moto_server() as moto:
        cases = cases_of(server, constant, moto)
        training = training_job(server) if options.training else None
        found: dict[str, list[Round]] = {name: [] for name in cases}
        for number in range(-1, options.rounds):
            for name, requests in cases.items():
                measured = measure(requests, options)
                if number >= 0:  # the round before loads what is loaded when first needed
                    found[name].append(measured)
        if training:
            require_in_progress(server, training)
    print(
        "| request | a second | for a second of processor time | p50 (ms) | p99 (ms) |\n|---|---|---|---|---|"
    )
    for name, rounds in found.items():
        print(row_of(name, rounds))
    return 0


def parsed_options() -> argparse.Namespace:
    parser = parser_with(__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--requests", type=int, default=4000, help="different ones of each kind")
    parser.add_argument("--pause", type=float, default=0, help="seconds that a client waits on average")
    parser.add_argument("--training", action="store_true", help="train a job meanwhile")
    return parser.parse_args()


def cases_of(server: Served, constant: str, moto: str | None) -> dict[str, Requests]:
    """Each kind of requests, by its name."""
    root = Credentials(server.access_key, server.secret_key)
    jobs = paths_of_jobs(server, ended_job(server), 2000)
    cases = {
        "a constant, uvicorn": Requests(url=constant, paths=jobs, key=root),
        "GetFoundationModel": Requests(url=server.url, paths=paths_of_models(server), key=root),
        "GetModelCustomizationJob": Requests(url=server.url, paths=jobs, key=root),
        "GetModelCustomizationJob, by a user with a policy": Requests(
            url=server.url, paths=jobs, key=key_of_reader(server)
        ),
        "Converse, tiny weights, four tokens": Requests(
            url=server.url,
            paths=[f"/model/{quote(server.model, safe='')}/converse"],
            key=root,
            method="POST",
            body=QUESTION,
        ),
    }
    if moto:
        cases["GetModelCustomizationJob, moto"] = Requests(
            url=moto, paths=[job_of_moto(moto, server)], key=root
        )
    return cases


def row_of(name: str, rounds: Sequence[Round]) -> str:
    """A row of the table."""
    clock = statistics.median(len(each.took) / each.seconds for each in rounds)
    processor = statistics.median(len(each.took) / each.processor_seconds for each in rounds)
    took = sorted(time for each in rounds for time in each.took)
    times = f"{percentile(took, 50):.1f} | {percentile(took, 99):.1f}"
    return f"| {name} | {clock:,.0f} | {processor:,.0f} | {times} |"


@contextlib.contextmanager
def constant_server() -> Iterator[str]:
    """uvicorn with an application that does nothing, on asyncio's event loop as Burnish."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "constant.py").write_text(CONSTANT)
        port = free_port()
        options = ["--app-dir", folder, "--port", str(port), "--http", "h11", "--loop", "asyncio"]
        command = [sys.executable, "-m", "uvicorn", "constant:app", *options, "--lifespan", "off"]
        with subprocess.Popen([*command, "--no-access-log", "--log-level", "warning"]) as child:
            time.sleep(2)
            try:
                yield f"http://127.0.0.1:{port}"
            finally:
                child.terminate()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def key_of_reader(server: Served) -> Credentials:
    """The key of a user who may read, and nothing else."""
    iam = server.client("iam")
    iam.create_user(UserName=READER)
    iam.put_user_policy(UserName=READER, PolicyName="reading", PolicyDocument=MAY_READ)
    key = iam.create_access_key(UserName=READER)["AccessKey"]
    return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


def ended_job(server: Served) -> str:
    """The ARN of a job that was stopped at once."""
    role = role_of_jobs(server)
    bedrock = server.client("bedrock")
    arn = created_job(server, role, name="job", records=16, epochs=1)
    bedrock.stop_model_customization_job(jobIdentifier=arn)
    while bedrock.get_model_customization_job(jobIdentifier=arn)["status"] in ("InProgress", "Stopping"):
        time.sleep(0.2)
    return arn


def training_job(server: Served) -> str:
    """The ARN of a job that trains on, with a while to go."""
    role = server.client("iam").get_role(RoleName="Trainer")["Role"]["Arn"]
    arn = created_job(server, role, name="training", records=2000, epochs=100)
    bedrock = server.client("bedrock")
    while not is_training(bedrock.get_model_customization_job(jobIdentifier=arn)):
        time.sleep(0.5)
    return arn


def is_training(job: dict[str, dict[str, dict[str, str]]]) -> bool:
    return job["statusDetails"]["trainingDetails"].get("status") == "InProgress"


def require_in_progress(server: Served, arn: str) -> None:
    """End in an error where the job was not training all the time."""
    status = server.client("bedrock").get_model_customization_job(jobIdentifier=arn)["status"]
    if status != "InProgress":
        sys.exit(f"The job is {status} already: measure fewer rounds, or let it train on more records")


def role_of_jobs(server: Served) -> str:
    """The ARN of a role for jobs, which may use S3."""
    iam = server.client("iam")
    server.client("s3").create_bucket(Bucket="papers")
    trust = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", '
        '"Principal": {"Service": "bedrock.amazonaws.com"}}]}'
    )
    allow = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'
    role = iam.create_role(RoleName="Trainer", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName="Trainer", PolicyName="papers", PolicyDocument=allow)
    return str(role)


def created_job(server: Served, role: str, *, name: str, records: int, epochs: int) -> str:
    """The ARN of a new job on so many records."""
    record = {
        "schemaVersion": "bedrock-conversation-2024",
        "system": [{"text": "Sort."}],
        "messages": [
            {"role": "user", "content": [{"text": "What is it? " * 20}]},
            {"role": "assistant", "content": [{"text": "A page."}]},
        ],
    }
    lines = f"{json.dumps(record)}\n" * records
    server.client("s3").put_object(Bucket="papers", Key=f"{name}.jsonl", Body=lines.encode())
    created = server.client("bedrock").create_model_customization_job(
        jobName=name,
        customModelName=f"{name}-model",
        roleArn=role,
        baseModelIdentifier=server.model,
        trainingDataConfig={"s3Uri": f"s3://papers/{name}.jsonl"},
        outputDataConfig={"s3Uri": "s3://papers/out/"},
        hyperParameters={"epochCount": str(epochs)},
    )
    return str(created["jobArn"])


def measure(requests: Requests, options: argparse.Namespace) -> Round:
    """One turn of one kind of requests."""
    first, *others = sorted(os.sched_getaffinity(0))
    server = process_at(requests.port)
    # Of each of its threads: a process has no cores of its own.
    for thread in server.threads():
        os.sched_setaffinity(thread.id, [first])
    os.sched_setaffinity(0, others or [first])
    try:
        return asyncio.run(_measured(requests, server, options))
    finally:
        os.sched_setaffinity(0, [first, *others])


def process_at(port: int) -> psutil.Process:
    """The process that listens at a port of this machine."""
    found = (
        each for each in psutil.net_connections("tcp") if each.laddr.port == port and each.status == "LISTEN"
    )
    return psutil.Process(next(found).pid)


async def _measured(requests: Requests, server: psutil.Process, options: argparse.Namespace) -> Round:
    took: list[float] = []
    sent = itertools.cycle(requests.signed(options.requests))
    clients = [
        asyncio.create_task(_ask(requests.port, sent, took, options.pause)) for _ in range(options.clients)
    ]
    await asyncio.sleep(1 + 2 * options.pause)
    took.clear()
    before, began = sum(server.cpu_times()[:2]), time.perf_counter()
    await asyncio.sleep(options.seconds)
    seconds, processor_seconds = time.perf_counter() - began, sum(server.cpu_times()[:2]) - before
    answered = list(took)
    for client in clients:
        client.cancel()
    await asyncio.gather(*clients, return_exceptions=True)
    return Round(seconds=seconds, processor_seconds=max(processor_seconds, 0.01), took=answered)


async def _ask(port: int, sent: Iterator[bytes], took: list[float], pause: float) -> None:
    while True:  # moto's server closes a connection after each answer
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            with contextlib.closing(writer):
                while True:
                    took.append(await _one(reader, writer, next(sent)))
                    await asyncio.sleep(random.expovariate(1 / pause) if pause else 0)


async def _one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sent: bytes) -> float:
    began = time.perf_counter()
    writer.write(sent)
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 200 " in head.partition(b"\r\n")[0], head
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    await reader.readexactly(int(length))
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    sys.exit(main())

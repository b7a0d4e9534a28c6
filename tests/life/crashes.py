"""A server that is killed at random moments while a customer works with it, and what must hold all the same.

`CrashRun` draws a victim (the server, its S3 child, a worker, the inference process, or a guard of theirs),
kills or stops it, and has the server started again where nothing else starts it. `Customer` uploads, creates
jobs and deployments, and asks, from a thread of its own; it writes down what was accepted in a `Ledger`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import psutil
from botocore.exceptions import BotoCoreError, ClientError
from whole_server import BUCKET, RunningServer

#: How the command line of a process tells what it is. A guard's holds that of its child as well.
VICTIMS = {
    "server": "burnish.cli serve",
    "S3 child": "weed",
    "worker": "burnish.server.training.worker",
    "inference": "burnish.engine.serving",
}
GUARD = "burnish.processes.tether"
FIRST_MOMENTS, LONGEST_QUIET = 0.0, 4.0
STOPPED_SECONDS = 2.0
#: Faults that pass: the customer repeats what it asked for, with the same token.
PASSING = (500, 502, 503, 408, 429)

Answer = TypeVar("Answer")


@dataclass
class Ledger:
    """What the server said yes to: ARNs by the name that was asked for, hashes by key."""

    jobs: dict[str, str] = field(default_factory=dict)
    deployments: dict[str, str] = field(default_factory=dict)
    objects: dict[str, str] = field(default_factory=dict)
    answers: int = 0
    repeated: int = 0


class Customer:
    """Works with a server, one request after another, and repeats each until it is answered."""

    def __init__(self, server: RunningServer, job: Callable[[str], dict[str, Any]], *, seed: int) -> None:
        self.ledger = Ledger()
        self.unexpected: list[BaseException] = []
        self._server = server
        self._job = job
        self._random = random.Random(seed)
        self._clients = server.clients()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Customer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join(timeout=180)
        assert not self._thread.is_alive(), "a request of the customer was never answered"

    def _work(self) -> None:
        try:
            for number in range(1_000_000):
                if self._is_over.is_set():
                    return
                action = self._random.choice((self._upload, self._upload, self._create_job, self._deploy))
                action(f"crash-{number}")
        except BaseException as error:
            self.unexpected.append(error)
            raise

    def _upload(self, name: str) -> None:
        body = self._random.randbytes(self._random.randrange(1, 200_000))
        self._answered(lambda: self._clients.s3.put_object(Bucket=BUCKET, Key=name, Body=body))
        self.ledger.objects[name] = hashlib.sha256(body).hexdigest()

    def _create_job(self, name: str) -> None:
        if len(self.ledger.jobs) - len(self.models()) >= 3:
            return
        request = {**self._job(name), "clientRequestToken": name}
        bedrock = self._clients.bedrock
        self.ledger.jobs[name] = self._answered(lambda: bedrock.create_model_customization_job(**request))[
            "jobArn"
        ]

    def _deploy(self, name: str) -> None:
        models, create = self.models(), self._clients.bedrock.create_custom_model_deployment
        if not models or len(self.ledger.deployments) >= len(models):
            return
        request = {
            "modelDeploymentName": name,
            "modelArn": self._random.choice(models),
            "clientRequestToken": name,
        }
        made = self._answered(lambda: create(**request))
        self.ledger.deployments[name] = made["customModelDeploymentArn"]

    def models(self) -> list[str]:
        """The models that the server lists."""
        pages = self._answered(lambda: self._clients.bedrock.list_custom_models(maxResults=1000))
        return [model["modelArn"] for model in pages["modelSummaries"]]

    def _answered(self, ask: Callable[[], Answer]) -> Answer:
        while True:
            with contextlib.suppress(BotoCoreError):
                try:
                    answer = ask()
                except ClientError as error:
                    if error.response["ResponseMetadata"]["HTTPStatusCode"] not in PASSING:
                        raise
                else:
                    self.ledger.answers += 1
                    return answer
            self.ledger.repeated += 1
            time.sleep(0.1)


class CrashRun:
    """Kills parts of a server, one after another, at moments drawn by chance."""

    def __init__(self, server: RunningServer, *, seed: int) -> None:
        self._server = server
        self._random = random.Random(seed)
        self._port = server.url.rpartition(":")[2]
        self.kills: Counter[str] = Counter()

    def strike(self) -> str:
        """Wait for a random moment, then kill or stop a random part; a server that was killed is started."""
        time.sleep(self._random.uniform(FIRST_MOMENTS, LONGEST_QUIET))
        found = list(self._victims())
        name, process = self._random.choice(found)
        if self._random.random() < 0.25:
            self._stop_for_a_while(process)
            name = f"{name} stopped"
        else:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
            if name == "server":
                self._server.kill()
                self._server.start(port=self._port)
        self.kills[name] += 1
        return name

    def _victims(self) -> Iterator[tuple[str, psutil.Process]]:
        for process in processes_of(self._server):
            with contextlib.suppress(psutil.NoSuchProcess):
                yield role_of(process), process

    def _stop_for_a_while(self, process: psutil.Process) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGSTOP)
            time.sleep(STOPPED_SECONDS)
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGCONT)


def role_of(process: psutil.Process) -> str:
    """What a process of a server is."""
    command = " ".join(process.cmdline())
    role = next((name for name, sign in VICTIMS.items() if sign in command), "another child")
    return f"guard of the {role}" if GUARD in command else role


def processes_of(server: RunningServer) -> list[psutil.Process]:
    """The processes that work for a server's data folder, whoever their parents are."""
    parent = psutil.Process(server.process.pid)
    family = {process.pid: process for process in (parent, *parent.children(recursive=True))}
    return list(family.values()) + [process for process in strays_of(server) if process.pid not in family]


def strays_of(server: RunningServer) -> list[psutil.Process]:
    """The processes that name the data folder in their command line, or were told of its cache."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            told = process.environ().get("BURNISH_CACHE", "") == str(server.data / "cache")
            if told or any(str(server.data) in part for part in process.cmdline()):
                found.append(process)
    return found


def listed(server: RunningServer, operation: str, member: str) -> list[dict[str, Any]]:
    """Everything that a list of the control plane holds, all pages of it."""
    pages = server.clients().bedrock.get_paginator(operation).paginate()
    return [item for page in pages for item in page[member]]


def check_what_was_accepted(server: RunningServer, ledger: Ledger) -> None:
    """Raise `AssertionError` where something that was accepted is not there, or is there twice."""
    jobs = listed(server, "list_model_customization_jobs", "modelCustomizationJobSummaries")
    deployments = listed(server, "list_custom_model_deployments", "modelDeploymentSummaries")
    _check_listed(ledger.jobs, {job["jobArn"]: job["jobName"] for job in jobs}, len(jobs))
    _check_listed(
        ledger.deployments,
        {item["customModelDeploymentArn"]: item["customModelDeploymentName"] for item in deployments},
        len(deployments),
    )


def _check_listed(accepted: dict[str, str], names: dict[str, str], count: int) -> None:
    assert len(names) == count
    assert len(set(names.values())) == count, "something is there twice"
    assert {name: arn for arn, name in names.items()}.items() >= dict(accepted).items()


def check_objects(server: RunningServer, ledger: Ledger) -> None:
    """Raise `AssertionError` where an object that was accepted is not there, whole."""
    s3 = server.clients().s3
    for key, expected in list(ledger.objects.items()):
        body = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        assert hashlib.sha256(body).hexdigest() == expected, key


def summary_of(run: CrashRun, ledger: Ledger) -> str:
    """The figures of a run as JSON, for the page on durability."""
    figures = {
        "kills": sum(run.kills.values()),
        "by part": dict(run.kills.most_common()),
        "jobs": len(ledger.jobs),
        "deployments": len(ledger.deployments),
        "objects": len(ledger.objects),
        "requests answered": ledger.answers,
        "requests repeated": ledger.repeated,
    }
    return json.dumps(figures)

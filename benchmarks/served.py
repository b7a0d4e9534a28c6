"""A server as a child, of whichever Burnish ``PYTHONPATH`` finds, and its clients.

It is on tiny random weights unless a model is named.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

STARTING_SECONDS = 180
NEW_MODEL = """
import pathlib, sys
from burnish.engine.language_model.tiny_model import write_tiny_model
write_tiny_model(pathlib.Path(sys.argv[1]))
"""


@dataclass(frozen=True, kw_only=True)
class Served:
    """A server that is up."""

    url: str
    model: str
    process: int
    data: Path
    log: Path
    access_key: str
    secret_key: str

    def client(self, service: str) -> Any:
        """A client that does not repeat calls: a repeated one would be counted as one long one."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            config=Config(retries={"total_max_attempts": 1}, max_pool_connections=50),
        )


@contextmanager
def served(source: str | None = None, *, threads: int = 1) -> Iterator[Served]:
    """The server on a model, from its start to its stop."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data, log = folder / "data", folder / "log"
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
        if source is None:
            source = str(folder / "tiny-llama")
            environment["BURNISH_CACHE"] = str(folder / "cache")
            python = [sys.executable, "-c", NEW_MODEL, source]
            subprocess.run(python, check=True, env=environment, capture_output=True)
        serve = [
            sys.executable,
            "-m",
            "burnish.cli",
            "serve",
            "--port",
            "0",
            "--data",
            data,
            "--model",
            source,
        ]
        with (
            log.open("wb") as output,
            subprocess.Popen(serve, stdout=output, stderr=output, env=environment) as child,
        ):
            try:
                yield _up(data, child, log)
            finally:
                child.terminate()
                child.wait(60)


def percentile(ordered: list[float], share: int) -> float:
    """The smallest value that at least ``share`` in a hundred do not exceed."""
    return ordered[math.ceil(len(ordered) * share / 100) - 1]


def _up(data: Path, child: subprocess.Popen[bytes], log: Path) -> Served:
    deadline = time.monotonic() + STARTING_SECONDS
    while not (data / "server.json").exists():
        if child.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"The server did not come up:\n{log.read_text()}")
        time.sleep(0.1)
    facts, key = (json.loads((data / name).read_text()) for name in ("server.json", "credentials.json"))
    return Served(
        url=facts["url"],
        model=facts["models"][0],
        process=child.pid,
        data=data,
        log=log,
        access_key=key["access_key"],
        secret_key=key["secret_key"],
    )

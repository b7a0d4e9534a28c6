"""A whole server in a process of its own, on tiny random weights: killed, stopped and started by tests."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from PIL import Image, ImageDraw

from burnish import ModelFinetuningService
from burnish.aws.clients import AccessKey, open_clients
from burnish.aws.objects import S3Uri, ensure_bucket, upload_bytes
from burnish.records import classification_prompt, classification_record, line_of
from burnish.server.credentials import credentials_at

BUCKET = "bucket"
PROMPT = classification_prompt(["invoice", "letter"])


class RunningServer:
    """`burnish serve` on a data folder that outlives it."""

    def __init__(
        self,
        data: Path,
        weights: Path,
        *,
        program: Sequence[str] = (sys.executable, "-m", "burnish.cli"),
        options: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        stderr: int | IO[bytes] | None = None,
    ) -> None:
        self.data = data
        self.weights = weights
        self.program = program
        self.options = options
        self.environment = environment or {}
        self.stderr = stderr
        self.start()

    def start(self, *, port: str = "0") -> None:
        command = [*self.program, "serve", "--port", port, "--data", str(self.data)]
        environment = {**os.environ, "BURNISH_CACHE": str(self.data / "cache"), "OMP_NUM_THREADS": "1"}
        environment |= self.environment
        self.process = subprocess.Popen(
            [*command, "--model", str(self.weights), *self.options], env=environment, stderr=self.stderr
        )
        sign = self.data / "server.json"
        deadline = time.monotonic() + 60
        while not sign.exists():
            assert self.process.poll() is None, "the server did not come up"
            assert time.monotonic() < deadline
            time.sleep(0.05)
        self.url = json.loads(sign.read_text())["url"]

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        (self.data / "server.json").unlink(missing_ok=True)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)

    def service(self) -> ModelFinetuningService:
        return ModelFinetuningService(clients=self.clients())

    def clients(self):
        key = credentials_at(self.data)
        return open_clients(
            region="us-east-1",
            endpoint_url=self.url,
            credentials=AccessKey(access_key_id=key.access_key, secret_access_key=key.secret_key),
        )


def base_model_id(server: RunningServer) -> str:
    return json.loads((server.data / "server.json").read_text())["models"][0]


def write_data_set(s3, *, training: int) -> dict[str, str]:
    """Training records and four validation records of two kinds of pages, in S3: where they are."""
    ensure_bucket(s3, BUCKET, region="us-east-1")
    uris = {}
    for name, count in (("training", training), ("validation", 4)):
        lines = [record_line(s3, f"{name}-{number}", number) for number in range(count)]
        uris[name] = f"s3://{BUCKET}/{name}.jsonl"
        upload_bytes(s3, S3Uri.parse(uris[name]), b"".join(lines))
    return uris


def record_line(s3, name: str, number: int) -> bytes:
    label = PROMPT.labels[number % 2]
    uri = f"s3://{BUCKET}/pages/{name}.png"
    upload_bytes(s3, S3Uri.parse(uri), page_png(f"{label} {name}"))
    return line_of(classification_record(PROMPT, image_uri=uri, bucket_owner="123456789012", label=label))


def page_png(text: str) -> bytes:
    """A small page with a line of text."""
    image = Image.new("L", (320, 120), 255)
    ImageDraw.Draw(image).text((20, 40), text, fill=0, font_size=24)
    body = io.BytesIO()
    image.save(body, "PNG")
    return body.getvalue()

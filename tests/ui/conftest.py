"""One `burnish ui`, as somebody starts it, and one browser, for all tests of the pages."""

from __future__ import annotations

import http.client
import os
import queue
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sample_dataset import SampleDataset, write_sample_dataset
from sample_work import write_sample_classification, write_sample_evaluation

from burnish.aws.clients import Clients
from burnish.aws.objects import S3Uri
from burnish.ui.found_files import key_of

PATIENCE_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What came back: status, headers by their names in small letters, and text."""

    status: int
    headers: dict[str, str]
    text: str


@dataclass(frozen=True, kw_only=True)
class RunningSite:
    """The pages of a folder, served by a process of their own."""

    folder: Path
    url: str
    process: subprocess.Popen[str]
    dataset: SampleDataset
    links: queue.Queue[str] = field(default_factory=queue.Queue)

    def next_link(self) -> str:
        """The link that works once."""
        return self.links.get(timeout=PATIENCE_SECONDS)

    def enter(self) -> str:
        """The cookie of a new session."""
        answer = self.ask("GET", urlsplit(self.next_link()).path)
        return answer.headers["set-cookie"].partition(";")[0]

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> Answered:
        """What a request with exactly these headers is answered, ``_`` in their names being ``-``."""
        port = urlsplit(self.url).port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.putrequest(method, path, skip_host="Host" in given)
        for name, value in given.items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body.encode())))
        connection.endheaders(body.encode() if body is not None else None)
        answer = connection.getresponse()
        found = Answered(
            status=answer.status,
            headers={name.lower(): value for name, value in answer.getheaders()},
            text=answer.read().decode(errors="replace"),
        )
        connection.close()
        return found

    @property
    def evaluation(self) -> str:
        """The path of the evaluation's page."""
        return f"/evaluations/{key_of((self.folder / 'evaluation' / 'evaluation.json').resolve())}"

    @property
    def classification(self) -> str:
        """The key of the classification."""
        return key_of((self.folder / "new" / "classified.csv.results.sqlite").resolve())


@pytest.fixture(scope="session")
def site(tmp_path_factory, object_store_clients: Clients, bucket: str) -> Iterator[RunningSite]:
    """`burnish ui` on a folder with an evaluation, a classification, and an audit of a data set in S3."""
    folder = tmp_path_factory.mktemp("work")
    s3 = object_store_clients.s3
    write_sample_evaluation(folder / "evaluation", s3, S3Uri(bucket, "pages-in-a-browser"))
    write_sample_classification(folder / "new")
    dataset = write_sample_dataset(s3, S3Uri(bucket, "papers-in-a-browser"), folder / "burnish-audit")
    key = s3._request_signer._credentials
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": s3.meta.endpoint_url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": key.access_key,
        "AWS_SECRET_ACCESS_KEY": key.secret_key,
        "BURNISH_REVIEWER": "tester",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "burnish", "ui", folder, "--no-open"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    links: queue.Queue[str] = queue.Queue()

    def read_links() -> None:
        for line in process.stdout:
            links.put(line.strip())

    threading.Thread(target=read_links, daemon=True).start()
    first = links.get(timeout=PATIENCE_SECONDS)
    links.put(first)  # it still works
    yield RunningSite(
        folder=folder,
        url=first.partition("/enter/")[0],
        process=process,
        dataset=dataset,
        links=links,
    )
    process.send_signal(signal.SIGINT)
    process.wait(PATIENCE_SECONDS)


@pytest.fixture(scope="session")
def csrf(site: RunningSite):
    """The CSRF token of a session, from one of its pages."""

    def find(cookie: str) -> str:
        page = site.ask("GET", "/evaluations", Cookie=cookie).text
        return re.search(r'name="csrf-token" content="([^"]+)"', page)[1]

    return find

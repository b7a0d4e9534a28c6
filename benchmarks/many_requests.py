"""Thousands of requests that differ in path, date and signature, as those of many clients do."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from unittest.mock import patch
from urllib.parse import quote, urlsplit

from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.compat import get_current_datetime
from botocore.credentials import Credentials
from served import Served

from burnish.server.resources import Job
from burnish.server.store import Store

#: A signature holds for a quarter of an hour.
SIGNED_WITHIN_SECONDS = 600


@dataclass(frozen=True, kw_only=True)
class Requests:
    """Requests to one server that are signed anew for each measurement."""

    url: str
    paths: Sequence[str]
    key: Credentials
    method: str = "GET"
    body: bytes = b""

    @property
    def port(self) -> int:
        """The port of the server."""
        return urlsplit(self.url).port or 80

    def signed(self, number: int) -> list[bytes]:
        """So many of them as they go over the wire; they differ as long as there are paths and dates."""
        pairs = zip(itertools.cycle(self.paths), _moments(), strict=False)
        return [self._signed(path, back) for path, back in itertools.islice(pairs, number)]

    def _signed(self, path: str, back: timedelta) -> bytes:
        request = AWSRequest(self.method, self.url + path, {"Host": urlsplit(self.url).netloc}, self.body)
        with patch.object(auth, "get_current_datetime", lambda: get_current_datetime() - back):
            auth.SigV4Auth(self.key, "bedrock", "us-east-1").add_auth(request)
        headers = {**dict(request.headers), "Content-Length": str(len(self.body))}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"{self.method} {path} HTTP/1.1\r\n{head}\r\n".encode() + self.body


def _moments() -> Iterator[timedelta]:
    return (timedelta(seconds=number % SIGNED_WITHIN_SECONDS) for number in itertools.count())


def paths_of_models(server: Served) -> list[str]:
    """The paths of all base models, by their ids and by their ARNs."""
    models = server.client("bedrock").list_foundation_models()["modelSummaries"]
    names = [model[member] for model in models for member in ("modelId", "modelArn")]
    return [f"/foundation-models/{quote(name, safe='')}" for name in names]


def paths_of_jobs(server: Served, arn: str, number: int) -> list[str]:
    """The paths of a job and of others like it, which are written into the server's state beside it."""
    store = Store(server.data)
    job = store.find(Job, "us-east-1", arn)
    assert job is not None, arn
    others = [replace(job, arn=f"{arn[:-12]}{place:012}", name=f"job-{place}") for place in range(number)]
    for other in others:
        store.add(other)
    store.close()
    return [f"/model-customization-jobs/{quote(each.arn, safe='')}" for each in (job, *others)]

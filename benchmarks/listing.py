"""How long lists, searches and creation's checks take with many jobs, through the server's own handlers.

python benchmarks/listing.py --jobs 10000 100000
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from burnish.engine.catalogue import DEFAULT_MODEL, Catalogue
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.operations import OPERATIONS
from burnish.server.credentials import load_or_create_credentials
from burnish.server.iam.store import IamStore
from burnish.server.resources import Job
from burnish.server.store import Store
from burnish.server.wire.call import Call, Identity, ServiceFault

CALLER = Identity(account_id="123456789012", access_key="AKIA", region="us-east-1")
BASE = "amazon.nova-lite-v1:0:300k"
LIST, GET, CREATE = "ListModelCustomizationJobs", "GetModelCustomizationJob", "CreateModelCustomizationJob"
REQUEST = {
    "roleArn": "arn:aws:iam::123456789012:role/tuner",
    "baseModelIdentifier": BASE,
    "trainingDataConfig": {"s3Uri": "s3://bucket/data/train.jsonl"},
    "outputDataConfig": {"s3Uri": "s3://bucket/out/"},
    "hyperParameters": {"epochCount": "2"},
}
HEADER = (
    "| jobs | first page of 100 (ms) | last page (ms) | one status (ms) | a name that no job has (ms) "
    "| get by ARN (ms) | a name that is taken (ms) | all pages (s) |\n| --- " + "| --- " * 7 + "|"
)


def main() -> None:
    """Print a row of figures for each number of jobs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, nargs="+", default=[10_000, 100_000])
    print(HEADER)
    for number in parser.parse_args().jobs:
        with tempfile.TemporaryDirectory(prefix="burnish-benchmark-") as name:
            print(row_of(a_server(Path(name), number), number), flush=True)


def a_server(data: Path, number: int) -> Control:
    """The state of a server that has seen so many jobs; one in a thousand failed."""
    credentials, iam = load_or_create_credentials(data), IamStore(data)
    store = Store(data)
    for position in range(number):
        store.add(a_job(position))
    return Control(
        data=data,
        store=store,
        iam=iam,
        catalogue=Catalogue(models=(DEFAULT_MODEL,)),
        weights={},
        credentials=credentials,
        objects_endpoint="",
    )


def a_job(position: int) -> Job:
    """One job of many; every fourth began at the same moment as the one before it."""
    name = f"papers-{position:06}"
    return Job(
        arn=f"arn:aws:bedrock:us-east-1:123456789012:model-customization-job/{BASE}/{position:012}",
        region=CALLER.region,
        name=name,
        model_name=f"{name}-model",
        base_model_id=BASE,
        request={**REQUEST, "jobName": name, "customModelName": f"{name}-model"},
        hyperparameters={"epochCount": "2"},
        status="Failed" if position % 1000 == 0 else "Completed",
        created_at=1_780_000_000.0 + position - (position % 4 == 3),
    )


def row_of(control: Control, number: int) -> str:
    """The figures of one server, in the order of the table."""
    begun = time.perf_counter()
    last_token = token_before_the_last_page(control)
    all_pages = time.perf_counter() - begun
    middle = a_job(number // 2)
    taken = {**middle.request, "jobName": middle.name, "customModelName": "another"}
    singles = [
        lambda: answer(control, LIST, {"maxResults": 100}),
        lambda: answer(control, LIST, {"maxResults": 100, "nextToken": last_token}),
        lambda: answer(control, LIST, {"statusEquals": "Failed"}),
        lambda: answer(control, LIST, {"nameContains": "zebra"}),
        lambda: answer(control, GET, {"jobIdentifier": middle.arn}),
        lambda: refused(control, CREATE, taken),
    ]
    cells = [f"{number:,}", *(f"{milliseconds(single):.2f}" for single in singles), f"{all_pages:.2f}"]
    return f"| {' | '.join(cells)} |"


def token_before_the_last_page(control: Control) -> str | None:
    """Go through all pages; the token that the last one was asked for with."""
    token = before = None
    while True:
        page = answer(control, LIST, {"maxResults": 100, **({"nextToken": token} if token else {})})
        before, token = token, page["nextToken"]
        if token is None:
            return before


def answer(control: Control, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a handler answers."""
    call = Call(service="bedrock", operation=operation, parameters=parameters, caller=CALLER)
    return asyncio.run(OPERATIONS[operation](control, call))


def refused(control: Control, operation: str, parameters: Mapping[str, Any]) -> None:
    """Have a request refused because of its name."""
    with suppress(ServiceFault):
        answer(control, operation, parameters)
        raise AssertionError("the name was not refused")


def milliseconds(work: Callable[[], object], times: int = 21) -> float:
    """The median time of some work."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return 1000 * statistics.median(taken)


if __name__ == "__main__":
    main()

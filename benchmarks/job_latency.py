"""How fast a server answers `GetModelCustomizationJob` while a job trains there.

Start a server, set the lines that `burnish env` prints, start a job, and then:

    python benchmarks/job_latency.py             the newest job that is in progress
    python benchmarks/job_latency.py JOB_ARN     this one
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import Any

import boto3
from botocore.config import Config
from options import parser_with
from served import percentile


def main() -> int:
    options = parsed_options()
    if not os.environ.get("AWS_ENDPOINT_URL"):
        sys.exit(
            'AWS_ENDPOINT_URL is not set: run eval "$(burnish env)" first; AWS itself is not measured here.'
        )
    # No retries: a repeated call would be counted as one long one.
    bedrock = boto3.client("bedrock", config=Config(retries={"total_max_attempts": 1}))
    job = options.job or newest_job_in_progress(bedrock)
    milliseconds = sorted(timed_calls(bedrock, job, calls=options.calls, pause=options.pause))
    if not milliseconds:
        sys.exit(f"{job} is not in progress: there was nothing to measure.")
    print("| calls | p50 (ms) | p99 (ms) | max (ms) |\n|---|---|---|---|")
    shown = (percentile(milliseconds, 50), percentile(milliseconds, 99), milliseconds[-1])
    print(f"| {len(milliseconds)} | {' | '.join(f'{value:.1f}' for value in shown)} |")
    return 0


def parsed_options() -> argparse.Namespace:
    parser = parser_with(__doc__)
    parser.add_argument("job", nargs="?", metavar="JOB_ARN")
    parser.add_argument(
        "--calls", type=int, default=2000, help="at most so many; fewer when the job ends first"
    )
    parser.add_argument("--pause", type=float, default=0.01, help="seconds between two calls")
    return parser.parse_args()


def newest_job_in_progress(bedrock: Any) -> str:
    found = bedrock.list_model_customization_jobs(
        statusEquals="InProgress", sortBy="CreationTime", sortOrder="Descending", maxResults=1
    )["modelCustomizationJobSummaries"]
    if not found:
        sys.exit("No job is in progress: start one, or name one.")
    return str(found[0]["jobArn"])


def timed_calls(bedrock: Any, job: str, *, calls: int, pause: float) -> list[float]:
    """The milliseconds that each answer took, as the client sees it, for as long as the job trains."""
    took = []
    for _ in range(calls):
        began = time.perf_counter()
        answer = bedrock.get_model_customization_job(jobIdentifier=job)
        elapsed = (time.perf_counter() - began) * 1000
        if answer["status"] != "InProgress":
            break
        if answer.get("statusDetails", {}).get("trainingDetails", {}).get("status") == "InProgress":
            took.append(elapsed)
        time.sleep(pause)
    return took


if __name__ == "__main__":
    sys.exit(main())

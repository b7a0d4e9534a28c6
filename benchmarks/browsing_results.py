"""How long a screenful of a finished classification takes, from its result file and from its JSON lines."""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from burnish.classification.decisions import ReviewDecision
from burnish.classification.result_files import ResultFile, ResultRow, write_result_file

LABELS = ("budget", "email", "form", "invoice", "letter", "memo", "resume", "scientific_paper")
RUNS = 11


def rows(count: int) -> Iterator[ResultRow]:
    rng = random.Random(0)  # noqa: S311 - invented results, no secret
    for number in range(count):
        probability = rng.betavariate(8, 1)
        accepted = probability >= 0.8
        yield ResultRow(
            document=f"2026/{number % 365:03}/document-{number:06}.pdf",
            path=f"/srv/scans/2026/{number % 365:03}/document-{number:06}.pdf",
            first_page=1,
            last_page=1,
            label=rng.choice(LABELS),
            probability=probability,
            runner_up=rng.choice(LABELS),
            runner_up_probability=1 - probability,
            decision=ReviewDecision.ACCEPT if accepted else ReviewDecision.REVIEW,
            reason="" if accepted else "below the review threshold, 0.80",
        )


def median_ms(call: Callable[[], object]) -> float:
    def timed() -> float:
        began = time.perf_counter()
        call()
        return 1000 * (time.perf_counter() - began)

    return statistics.median(timed() for _ in range(RUNS))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    count = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        path, lines = Path(folder) / "out.jsonl.results.sqlite", Path(folder) / "out.jsonl"
        began = time.perf_counter()
        write_result_file(path, rows(count))
        print(
            f"{count:,} rows: written in {time.perf_counter() - began:.1f} s, {path.stat().st_size >> 20} MiB"
        )
        with lines.open("w") as file:
            for one in rows(count):
                file.write(json.dumps({name: getattr(one, name) for name in one.__annotations__}) + "\n")

        def opened(**asked: object) -> None:
            with ResultFile(path) as results:
                results.count(decision=asked.get("decision"), label=asked.get("label"))  # type: ignore[arg-type]
                results.rows(**asked)  # type: ignore[arg-type]

        def read_whole() -> None:
            chosen = [one for one in map(json.loads, lines.open()) if one["decision"] == "review"]
            sorted(chosen, key=lambda one: one["probability"])[:50]

        review = ReviewDecision.REVIEW
        views = {
            "the first screenful": opened,
            "the last screenful": lambda: opened(offset=count - 50),
            "one label": lambda: opened(label="memo"),
            "for review, least sure first": lambda: opened(decision=review, order="least-sure"),
            "the same in one label, far down": lambda: opened(
                decision=review, label="memo", order="least-sure", offset=1000
            ),
            "the same from JSON lines": read_whole,
        }
        print("| opened, counted and 50 rows of | ms |\n| --- | --- |")
        for name, view in views.items():
            print(f"| {name} | {median_ms(view):.1f} |")


if __name__ == "__main__":
    main()

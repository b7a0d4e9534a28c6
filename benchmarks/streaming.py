"""The time to the first piece of a text, beside the time that a client waits which takes it whole.

    python benchmarks/streaming.py
    python benchmarks/streaming.py --clients 1 8 --rounds 3 --tokens 60

The same server and the same questions, by ConverseStream and by Converse, in turns. Every page is another, so
that none is answered from the cache of prefixes.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from at_once import TASK, page, request
from options import parser_with
from served import Served, served

from burnish.engine.catalogue import DEFAULT_MODEL


@dataclass(frozen=True, kw_only=True)
class Waited:
    """How many seconds a client waited for the first piece and for all of the text, and what came."""

    first: float
    whole: float
    pieces: int


def main() -> None:
    options = parsed_options()
    print("| clients | whole, s | first piece, s | whole over first | stream to its end, s | pieces |")
    print("| --- | --- | --- | --- | --- | --- |")
    with served(options.model, threads=options.threads) as server:
        client = StreamingClient(server, options.tokens)
        client.whole(page(random.Random("first"), options.words))  # noqa: S311
        for clients in options.clients:
            print(measured(client, clients, options), flush=True)


def parsed_options() -> argparse.Namespace:
    parser = parser_with(__doc__)
    parser.add_argument("--model", default=DEFAULT_MODEL.source)
    parser.add_argument("--clients", nargs="+", type=int, default=[1, 8])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--words", type=int, default=100, help="of each page")
    parser.add_argument("--tokens", type=int, default=60, help="of each answer")
    parser.add_argument("--threads", type=int, default=2, help="of the server's models")
    return parser.parse_args()


def measured(client: StreamingClient, clients: int, options: argparse.Namespace) -> str:
    """A row of the table: medians over all answers, and the ratio of each round from least to most."""
    whole: list[Waited] = []
    streamed: list[Waited] = []
    ratios = []
    for number in range(options.rounds):
        chance = random.Random(f"{clients} {number}")  # noqa: S311
        ways = [(client.whole, whole), (client.streamed, streamed)]
        for ask, found in ways if number % 2 else ways[::-1]:
            found.extend(at_once(ask, [page(chance, options.words) for _ in range(clients)]))
        waits = (median(whole[-clients:], "whole"), median(streamed[-clients:], "first"))
        ratios.append(waits[0] / waits[1])
    return (
        f"| {clients} | {median(whole, 'whole'):.2f} | {median(streamed, 'first'):.2f} |"
        f" {statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f}) |"
        f" {median(streamed, 'whole'):.2f} | {median(streamed, 'pieces'):.0f} |"
    )


def median(found: Sequence[Waited], name: str) -> float:
    """The median of a member."""
    return statistics.median(getattr(one, name) for one in found)


def at_once(ask: Callable[[str], Waited], pages: Sequence[str]) -> list[Waited]:
    """What each of as many clients as there are pages waited."""
    with ThreadPoolExecutor(len(pages)) as pool:
        return list(pool.map(ask, pages))


class StreamingClient:
    """A client that asks what a page is about."""

    def __init__(self, server: Served, tokens: int) -> None:
        self._model = server.model
        self._runtime = server.client("bedrock-runtime")
        self._tokens = tokens

    def whole(self, text: str) -> Waited:
        """By Converse."""
        began = time.perf_counter()
        self._runtime.converse(modelId=self._model, **self._request(text))
        took = time.perf_counter() - began
        return Waited(first=took, whole=took, pieces=1)

    def streamed(self, text: str) -> Waited:
        """By ConverseStream."""
        began = time.perf_counter()
        answer = self._runtime.converse_stream(modelId=self._model, **self._request(text))
        moments = [time.perf_counter() - began for event in answer["stream"] if "contentBlockDelta" in event]
        return Waited(first=moments[0], whole=time.perf_counter() - began, pieces=len(moments))

    def _request(self, text: str) -> dict[str, Any]:
        return request(f"{text}\n\n{TASK}Tell in two sentences what it is about.", tokens=self._tokens)


if __name__ == "__main__":
    sys.exit(main())

"""Sixteen clients that ask a server at once, beside one that asks the same questions one after another.

    python benchmarks/at_once.py
    python benchmarks/at_once.py --clients 4 8 16 --rounds 3

All through Converse. Pages are texts, each another, so that nothing is read from pictures. Both ways take
turns in one run, each time with pages that the server has not seen. Every answer is compared with what the
same page was answered the other way.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from options import parser_with
from served import Served, served

from burnish.engine.catalogue import DEFAULT_MODEL

LABELS = ("invoice", "letter", "memo", "form", "report", "resume", "news article", "specification")
WORDS = (
    *("total", "amount", "due", "payment", "date", "order", "dear", "sir", "regards", "subject", "from"),
    *("number", "page", "account", "paid", "receipt", "name", "address", "signed", "department", "budget"),
    *("review", "meeting", "notes", "project", "result", "table", "figure", "volume", "rate", "market"),
)
TASK = (
    "You are given the text of a scanned page. Read it with care: the type shows in the heading, in who "
    "speaks to whom, in sums, dates and signatures. "
)
FIELDS = {
    "type": {"enum": list(LABELS)},
    "number": {"type": "integer", "minimum": 1000, "maximum": 9999},
    "date": {"type": "string", "pattern": "^20[0-9]{2}-[01][0-9]-[0-3][0-9]$"},
    "currency": {"enum": ["EUR", "USD", "GBP"]},
    "total": {"type": "integer", "minimum": 10, "maximum": 99999},
}


def main() -> None:
    options = parsed_options()
    print("| question | clients | one after another, s | at once, s | times | same answers |")
    print("| --- | --- | --- | --- | --- | --- |")
    with served(options.model, threads=options.threads) as server:
        asking = Asking(server)
        for name in options.questions:
            first = page(random.Random(name), options.words)  # noqa: S311
            asking.once(QUESTIONS[name], [first], at_once=False)
            for clients in options.clients:
                print(measured(asking, name, clients, options), flush=True)


def parsed_options() -> argparse.Namespace:
    parser = parser_with(__doc__)
    parser.add_argument("--model", default=DEFAULT_MODEL.source)
    parser.add_argument("--questions", nargs="+", choices=QUESTIONS, default=list(QUESTIONS))
    parser.add_argument("--clients", nargs="+", type=int, default=[16])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--words", type=int, default=100, help="of each page")
    parser.add_argument("--threads", type=int, default=2, help="of the server's models")
    return parser.parse_args()


def measured(asking: Asking, name: str, clients: int, options: argparse.Namespace) -> str:
    """A row of the table: medians over all rounds, and the ratio of each round from least to most."""
    alone, at_once, same = [], [], 0
    for number in range(options.rounds):
        chance = random.Random(f"{name} {clients} {number}")  # noqa: S311
        pages = [page(chance, options.words) for _ in range(clients)]
        ways = [(False, alone), (True, at_once)]
        answers = []
        for together, seconds in ways if number % 2 else ways[::-1]:
            # Another first word, so that no page is answered from what the other way has left in the cache.
            mine = [f"{'B' if together else 'A'} {text}" for text in pages]
            found, taken = asking.once(QUESTIONS[name], mine, at_once=together)
            seconds.append(taken)
            answers.append(found)
        checked, _ = asking.once(QUESTIONS[name], [f"B {text}" for text in pages], at_once=False)
        same += sum(one == other for one, other in zip(answers[number % 2], checked, strict=True))
    ratios = [one / other for one, other in zip(alone, at_once, strict=True)]
    return (
        f"| {name} | {clients} | {statistics.median(alone):.1f} | {statistics.median(at_once):.1f} |"
        f" {statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f}) |"
        f" {same} of {clients * options.rounds} |"
    )


def page(chance: random.Random, words: int) -> str:
    """The text of a page."""
    return " ".join(chance.choices(WORDS, k=words))


def text_question(text: str) -> dict[str, Any]:
    """A question that is answered by some sixty tokens."""
    return request(f"{TASK}Tell in two sentences what it is about.\n\n{text}", tokens=60)


def fields_question(text: str) -> dict[str, Any]:
    """A question that is answered by an object of five fields."""
    return {**request(f"{TASK}Extract its fields.\n\n{text}", tokens=120), **bound_to(FIELDS)}


def label_question(text: str) -> dict[str, Any]:
    """A question that is answered by one of eight labels."""
    return {
        **request(f"{TASK}Choose its type among {', '.join(LABELS)}.\n\n{text}", tokens=20),
        **bound_to({"type": {"enum": list(LABELS)}}),
    }


QUESTIONS: dict[str, Callable[[str], dict[str, Any]]] = {
    "text": text_question,
    "fields": fields_question,
    "label": label_question,
}


def request(text: str, *, tokens: int) -> dict[str, Any]:
    """A request as Converse takes it, without a model."""
    return {
        "messages": [{"role": "user", "content": [{"text": text}]}],
        "inferenceConfig": {"maxTokens": tokens, "temperature": 0},
    }


def bound_to(properties: dict[str, Any]) -> dict[str, Any]:
    """What binds an answer to an object with these fields."""
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    structure = {"jsonSchema": {"name": "answer", "schema": json.dumps(schema)}}
    return {"outputConfig": {"textFormat": {"type": "json_schema", "structure": structure}}}


class Asking:
    """A client of a server."""

    def __init__(self, server: Served) -> None:
        self._model = server.model
        self._runtime = server.client("bedrock-runtime")

    def once(
        self, question: Callable[[str], dict[str, Any]], pages: Sequence[str], *, at_once: bool
    ) -> tuple[list[str], float]:
        """The answers about pages, and how many seconds they took."""
        began = time.perf_counter()
        with ThreadPoolExecutor(len(pages) if at_once else 1) as pool:
            answers = list(pool.map(lambda text: self._answer(question(text)), pages))
        return answers, time.perf_counter() - began

    def _answer(self, request: dict[str, Any]) -> str:
        answer = self._runtime.converse(modelId=self._model, **request)
        return str(answer["output"]["message"]["content"][0]["text"])


if __name__ == "__main__":
    sys.exit(main())

"""Records to check: good ones, to be spoilt, and everything that is wrong with them."""

import json

from burnish.checking import Problem, problems_of
from burnish.checking.scanning import scan_records
from burnish.families import DatasetRules
from burnish.records import classification_prompt, classification_record, line_of


def good(number: int) -> dict:
    record = classification_record(
        classification_prompt(["a", "b"]),
        image_uri=f"s3://bucket/{number}.png",
        bucket_owner="123456789012",
        label="ab"[number % 2],
    )
    return json.loads(line_of(record))


def lines(*records: dict) -> list[bytes]:
    return [json.dumps(record).encode() + b"\n" for record in records]


def errors(problems) -> list:
    """The problems that are no warnings."""
    return [problem for problem in problems if not problem.is_warning]


def eight() -> list[dict]:
    return [good(number) for number in range(8)]


def plain(number: int, label: str = "a") -> dict:
    """A record without a page."""
    record = good(number)
    record["messages"][0]["content"] = [{"text": f"question {number}"}]
    record["messages"][1]["content"][0]["text"] = json.dumps({"type": label})
    return record


def check_records(records: list[bytes], *, rules: DatasetRules, where: str) -> list[Problem]:
    """Every problem of one training set."""
    return problems_of([scan_records(records, rules=rules, where=where)], rules)

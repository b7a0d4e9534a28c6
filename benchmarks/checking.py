"""Checking a data set of a million records: seconds and peak memory, against the obvious script.

The rival loads each line with `json` and checks it by hand as AWS's own validators do: the schema, the turns,
the media, the reserved words; and it keeps the URIs, to see those that come twice.

    python benchmarks/checking.py                  # 1,000,000 records, about 1 GB
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from options import parser_with
from process_memory import PeakMemory

LABELS = [f"type-{number}" for number in range(16)]
RESERVED = ("User:", "Bot:", "Assistant:", "System:", "<image>", "<video>", "[EOS]")


def main() -> None:
    """Write a file, check it in two ways, print the table."""
    options = parsed_options()
    if options.way:
        return {"burnish": check_with_burnish, "json": check_as_obvious}[options.way](options.file)
    with tempfile.TemporaryDirectory(prefix="burnish-benchmark-") as folder:
        file = Path(folder) / "train.jsonl"
        write_records(file, options.records, plain=options.text_only)
        size = file.stat().st_size / 1e9
        print(f"{options.records:,} records, {size:.2f} GB{', text only' if options.text_only else ''}")
        print("| way | seconds | records a second | peak memory (MiB) |")
        print("| --- | --- | --- | --- |")
        for way in ("json", "burnish"):
            seconds, peak = measured(way, file)
            print(f"| {way} | {seconds:.1f} | {options.records / seconds:,.0f} | {peak:.0f} |")
    return None


def measured(way: str, file: Path) -> tuple[float, float]:
    """The seconds and the peak memory in MiB of one way, in a process of its own."""
    began = time.monotonic()
    with subprocess.Popen([sys.executable, __file__, "--way", way, "--file", str(file)]) as process:
        with PeakMemory(process.pid, every=0.1) as peak:
            process.wait()
        assert process.returncode == 0
    return time.monotonic() - began, peak.bytes / 2**20


def check_with_burnish(file: Path) -> None:
    """Ours, in the child. The limit on records is lifted: a million is more than any model takes."""
    from dataclasses import replace

    from burnish.datasets.record_files import check_files
    from burnish.families import family_named

    rules = replace(family_named("nova").tuning("amazon.nova-lite-v1:0:300k").rules, max_records=10**9)
    report = check_files([str(file)], rules=rules, s3=lambda: None)
    assert not report.errors, report.errors[:3]


def check_as_obvious(file: Path) -> None:
    """What one writes in a notebook, in the child."""
    problems, seen, labels = [], {}, {}
    with file.open() as lines:
        for number, line in enumerate(lines, 1):
            try:
                record = json.loads(line)
            except ValueError as error:
                problems.append((number, str(error)))
                continue
            problems += [(number, problem) for problem in obvious_problems(record)]
            answer = record["messages"][-1]["content"][0]["text"]
            label = json.loads(answer.removeprefix("```json\n").removesuffix("\n```"))["type"]
            labels[label] = labels.get(label, 0) + 1
            asked = "".join(
                block["image"]["source"]["s3Location"]["uri"] if "image" in block else block["text"]
                for block in record["messages"][0]["content"]
            )
            if asked in seen:
                problems.append((number, f"the same as line {seen[asked]}"))
            seen[asked] = number
    assert not problems, problems[:3]


def obvious_problems(record) -> list[str]:  # noqa: C901, PLR0912  # as such scripts are
    """The rules that AWS's own validators have."""
    found = []
    if record.get("schemaVersion") != "bedrock-conversation-2024":
        found.append("schemaVersion")
    roles = [message["role"] for message in record["messages"]]
    if len(roles) < 2 or roles[0] != "user" or roles[-1] != "assistant":
        found.append("roles")
    if any(one == other for one, other in pairwise(roles)):
        found.append("alternate")
    texts = [block["text"] for block in record.get("system", [])]
    images = 0
    for message in record["messages"]:
        for block in message["content"]:
            if "text" in block:
                if not block["text"].strip():
                    found.append("empty")
                if message["role"] == "user":
                    texts.append(block["text"])
            elif "image" in block:
                images += 1
                image = block["image"]
                if image["format"] not in ("png", "jpeg", "gif", "webp"):
                    found.append("format")
                if not re.fullmatch(r"s3://[\w\-/.]+", image["source"]["s3Location"]["uri"]):
                    found.append("uri")
            else:
                found.append("block")
    if images > 10:
        found.append("images")
    found += [word for word in RESERVED if any(word.lower() in text.lower() for text in texts)]
    return found


def write_records(path: Path, count: int, *, plain: bool) -> None:
    """Records of the seed's shape, with a page or, plain, with a text in its place."""
    from burnish.records import Content, classification_prompt, classification_record, line_of

    prompt = classification_prompt(LABELS[:8])
    templates = []
    for label in LABELS[:8]:
        record = classification_record(
            prompt, image_uri="s3://bucket/@", bucket_owner="123456789012", label=label
        )
        if plain:
            record.messages[0].content[1] = Content(text="Dear @, " + "as agreed the goods are sent. " * 8)
        templates.append(line_of(record))
    with path.open("wb", buffering=1 << 20) as file:
        for number in range(count):
            file.write(templates[number % 8].replace(b"@", b"pages/%d.png" % number, 1))


def parsed_options() -> argparse.Namespace:
    """The command line."""
    parser = parser_with(__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--text-only", action="store_true", help="records whose texts all differ")
    parser.add_argument("--way", choices=("burnish", "json"), help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()

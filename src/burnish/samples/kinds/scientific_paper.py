"""First or inner pages of scientific papers, of several fields."""

from __future__ import annotations

import re
from dataclasses import dataclass

from burnish.samples.drawing import (
    Block,
    Look,
    boxed,
    gap,
    heading,
    lines,
    rich,
    rule,
    side_by_side,
    table,
    text,
    title_of,
)
from burnish.samples.kind import Draft, Kind, Side
from burnish.samples.prose import sentences
from burnish.samples.shapes import line_plot
from burnish.samples.sheets import Column, Sheet, halves
from burnish.samples.wordings.scientific_paper import HELD_OUT, TRAINING, Field, PaperWords


@dataclass(frozen=True, kw_only=True)
class Study:
    """One paper: its field and the parts that stand on the page. A section is a heading and its text."""

    field: Field
    title: str
    authors: list[str]
    places: list[str]
    dates: str
    abstract: str
    keywords: str
    introduction: tuple[str, str]
    methods: tuple[str, str]
    results: tuple[str, str]
    references: list[str]


def _study(words: PaperWords, draft: Draft) -> Study:
    facts, rng = draft.facts, draft.rng
    field = rng.choice(words.fields)
    aims, methods, results = (
        sentences(draft, bank, rng.randint(3, 4)) for bank in (field.aims, field.methods, field.results)
    )
    summary = [rng.choice(aims), rng.choice(methods), *rng.sample(results, 2)]
    return Study(
        field=field,
        title=rng.choice(field.titles),
        authors=[facts.person() for _ in range(rng.randint(1, 4))],
        places=[f"University of {facts.city()}" for _ in range(2)],
        dates=facts.say(words.dates),
        # An abstract cites nothing and points to no figure.
        abstract=re.sub(r" [\[(](?:Fig|Table|refs|\d)[^\])]*[\])]", "", " ".join(summary)),
        keywords=f"{words.keywords} {field.keywords}",
        introduction=(words.introduction, " ".join(aims)),
        methods=(words.methods, " ".join(methods)),
        results=(words.results, " ".join(results)),
        references=[_reference(words, draft) for _ in range(rng.randint(2, 4))],
    )


def _reference(words: PaperWords, draft: Draft) -> str:
    rng, first = draft.rng, draft.rng.randrange(1, 900)
    author = f"{draft.facts.surname()}, {rng.choice('ABCDEGHJKLMPRST')}."
    pages = f"{first}\u2013{first + rng.randrange(4, 20)}"
    journal = rng.choice(words.fields).journal
    return f"{author} ({rng.randrange(1978, 2016)}). {journal}, {rng.randrange(2, 80)}, {pages}."


def _sections(look: Look, *sections: tuple[str, str]) -> list[Block]:
    blocks: list[Block] = []
    for name, body in sections:
        blocks += [*heading(look, name, size=1.05), text(look, body, size=0.95, align="justified")]
    return blocks


def _figure(
    words: PaperWords, study: Study, draft: Draft, *, width: float, height: float = 105
) -> list[Block]:
    x, y = study.field.measure
    caption = f"{words.figure} {y} against {x[0].lower() + x[1:]}."
    return [
        gap(draft.look, 0.4),
        line_plot(draft.look, draft.rng, width=width, height=height),
        text(draft.look, caption, size=0.82),
    ]


def _measurements(study: Study, draft: Draft, *, name: str, width: float) -> list[Block]:
    look, rng = draft.look, draft.rng
    rows = [["Group", "n", "Mean", "SD"]]
    rows += [
        [group, str(rng.randrange(9, 90)), f"{rng.uniform(1, 9):.2f}", f"{rng.uniform(0.1, 0.9):.2f}"]
        for group in ("A", "B", "Control")
    ]
    shares = (0.34, 0.2, 0.24, 0.22)
    return [
        gap(look, 0.3),
        text(look, f"{name} {study.field.measure[1]} by group.", size=0.82),
        table(look, rows, shares, style="ruled", numbers_from=1, width=width, size=0.85),
    ]


def _references(words: PaperWords, study: Study, look: Look) -> list[Block]:
    entries = [f"[{number}] {entry}" for number, entry in enumerate(study.references, start=1)]
    return [*heading(look, words.references, size=1), *lines(look, entries, size=0.82, after=0.15)]


def _names(study: Study, look: Look) -> list[Block]:
    return [
        text(look, ", ".join(study.authors), align="centre", after=0.15),
        text(look, "; ".join(study.places), size=0.88, italic=True, align="centre"),
    ]


def _two_columns(words: PaperWords, draft: Draft) -> Sheet:
    look, study = draft.look, _study(words, draft)
    volume, page = draft.rng.randint(3, 70), draft.rng.randint(10, 900)
    running = f"{study.field.journal} {volume} ({draft.facts.year()}) {page}"
    abstract = f'<font name="{look.font.bold}">{words.abstract}</font> {study.abstract}'
    figure = _figure(words, study, draft, width=look.width / 2 - 12)
    return Sheet(
        top=[
            text(look, running, size=0.85, align="centre"),
            *title_of(look, words.title, size=0.9),
            text(look, study.title, size=1.5, bold=True, align="centre", after=0.5),
            *_names(study, look),
            text(look, study.dates, size=0.82, align="centre"),
            boxed(look, [rich(look, abstract, size=0.92)]),
            text(look, study.keywords, size=0.88),
        ],
        columns=halves(
            _sections(look, study.introduction, study.methods),
            [*figure, *_sections(look, study.results)],
        ),
        flowing=True,
        foot=str(page),
    )


def _manuscript(words: PaperWords, draft: Draft) -> Sheet:
    look, study = draft.look, _study(words, draft)
    authors = " and ".join(study.authors[:2]) + (" et al." if len(study.authors) > 2 else "")
    return Sheet(
        top=[
            *title_of(look, words.title, size=0.9, align="right"),
            text(look, study.title, size=1.7, after=0.5),
            text(look, authors, bold=True, after=0.1),
            text(look, f"{study.places[0]}. {study.dates}", size=0.88, after=0.8),
            *heading(look, words.abstract, size=1),
            text(look, study.abstract, size=0.95),
            text(look, study.keywords, size=0.88, italic=True),
            rule(look, weight=0.5),
            *_sections(look, study.introduction, study.methods, study.results),
            *_references(words, study, look),
        ],
        flowing=True,
    )


def _inner_page(words: PaperWords, draft: Draft) -> Sheet:
    look, study = draft.look, _study(words, draft)
    half = look.width / 2 - 12
    author = text(look, f"{study.authors[0].rpartition(' ')[2]} et al.", size=0.88, italic=True)
    journal = text(look, study.field.journal, size=0.88, align="right")
    left = [*_sections(look, study.methods), *_figure(words, study, draft, width=half)]
    right = [
        *_sections(look, study.results),
        *_measurements(study, draft, name="Table 1.", width=half),
        *_references(words, study, look),
    ]
    return Sheet(
        top=[side_by_side(look, [author], [journal]), rule(look, weight=0.6)],
        columns=halves(left, right),
        flowing=True,
        foot=str(draft.rng.randint(2, 900)),
    )


def _narrow_summary(words: PaperWords, draft: Draft) -> Sheet:
    look, study = draft.look, _study(words, draft)
    left = [
        text(look, words.abstract, bold=True, italic=True),
        text(look, study.abstract, size=0.88),
        text(look, study.keywords, size=0.82),
        text(look, study.dates, size=0.82, italic=True),
    ]
    right = [
        *_sections(look, study.introduction, study.methods),
        *_figure(words, study, draft, width=look.width * 0.64 - 12, height=95),
        *_sections(look, study.results),
    ]
    return Sheet(
        top=[
            text(look, f"{study.field.journal}, vol. {draft.rng.randint(3, 60)}", size=0.88, align="right"),
            rule(look, weight=2),
            *title_of(look, words.title, capitals=True, size=0.9, bold=True),
            text(look, study.title, size=1.45, bold=True, after=0.4),
            text(look, " \u00b7 ".join(study.authors), after=0.1),
            text(look, " \u00b7 ".join(study.places), size=0.85),
            gap(look, 0.5),
        ],
        # Not flowing, unlike the other layouts: the summary must not run on into the wide column.
        columns=(Column(share=0.36, blocks=left), Column(share=0.64, blocks=right)),
    )


def _figure_first(words: PaperWords, draft: Draft) -> Sheet:
    look, study = draft.look, _study(words, draft)
    half = look.width * 0.5 - 10
    abstract = f'<font name="{look.font.italic}">{words.abstract}: {study.abstract}</font>'
    figures = side_by_side(
        look,
        _figure(words, study, draft, width=half),
        _measurements(study, draft, name="Values:", width=half),
    )
    return Sheet(
        top=[
            *title_of(look, words.title, size=0.95, italic=True, align="centre"),
            text(look, study.title.upper(), size=1.15, align="centre", after=0.5),
            *_names(study, look),
            rich(look, abstract, size=0.92, align="justified"),
            figures,
        ],
        columns=halves(
            _sections(look, study.introduction, study.methods),
            [*_sections(look, study.results), *_references(words, study, look)],
        ),
        flowing=True,
        foot=f"{study.field.journal} \u2013 {study.dates}",
    )


SCIENTIFIC_PAPER = Kind(
    label="scientific_paper",
    description="research written up for scholars: what was asked, measured and found, with cited literature",
    training=Side(wordings=TRAINING, layouts=(_two_columns, _manuscript, _inner_page)),
    held_out=Side(wordings=HELD_OUT, layouts=(_narrow_summary, _figure_first)),
)

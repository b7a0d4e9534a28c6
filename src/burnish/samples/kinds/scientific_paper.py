"""First or inner pages of scientific papers, of several fields."""

from __future__ import annotations

import re
from dataclasses import dataclass

from burnish.samples.drawing import (
    Block,
    boxed,
    gap,
    heading,
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
from burnish.samples.sheets import Column, Sheet
from burnish.samples.wordings.scientific_paper import HELD_OUT, TRAINING, Field, PaperWords


@dataclass(frozen=True, kw_only=True)
class Study:
    """One paper: its field and the parts that stand on the page."""

    field: Field
    title: str
    authors: list[str]
    places: list[str]
    dates: str
    abstract: str
    introduction: str
    methods: str
    results: str
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
        introduction=" ".join(aims),
        methods=" ".join(methods),
        results=" ".join(results),
        references=[_reference(words, draft) for _ in range(rng.randint(2, 4))],
    )


def _reference(words: PaperWords, draft: Draft) -> str:
    rng, first = draft.rng, draft.rng.randrange(1, 900)
    author = f"{draft.facts.surname()}, {rng.choice('ABCDEGHJKLMPRST')}."
    pages = f"{first}\u2013{first + rng.randrange(4, 20)}"
    journal = rng.choice(words.fields).journal
    return f"{author} ({rng.randrange(1978, 2016)}). {journal}, {rng.randrange(2, 80)}, {pages}."


def _section(draft: Draft, name: str, body: str) -> list[Block]:
    return [*heading(draft.look, name, size=1.05), text(draft.look, body, size=0.95, align="justified")]


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
    rng = draft.rng
    rows = [["Group", *(f"{part}" for part in ("n", "Mean", "SD"))]]
    rows += [
        [group, str(rng.randrange(9, 90)), f"{rng.uniform(1, 9):.2f}", f"{rng.uniform(0.1, 0.9):.2f}"]
        for group in ("A", "B", "Control")
    ]
    caption = text(draft.look, f"{name} {study.field.measure[1]} by group.", size=0.82)
    return [
        gap(draft.look, 0.3),
        caption,
        table(
            draft.look, rows, (0.34, 0.2, 0.24, 0.22), style="ruled", numbers_from=1, width=width, size=0.85
        ),
    ]


def _references(words: PaperWords, study: Study, draft: Draft) -> list[Block]:
    entries = [
        text(draft.look, f"[{number}] {entry}", size=0.82, after=0.15)
        for number, entry in enumerate(study.references, start=1)
    ]
    return [*heading(draft.look, words.references, size=1), *entries]


def _names(study: Study, draft: Draft) -> list[Block]:
    return [
        text(draft.look, ", ".join(study.authors), align="centre", after=0.15),
        text(draft.look, "; ".join(study.places), size=0.88, italic=True, align="centre"),
    ]


def _two_columns(words: PaperWords, draft: Draft) -> Sheet:
    look, study = draft.look, _study(words, draft)
    kicker = title_of(look, words.title, size=0.9)
    volume, page = draft.rng.randint(3, 70), draft.rng.randint(10, 900)
    running = f"{study.field.journal} {volume} ({draft.facts.year()}) {page}"
    body = [
        *_section(draft, words.introduction, study.introduction),
        *_section(draft, words.methods, study.methods),
    ]
    figure = _figure(words, study, draft, width=look.width / 2 - 12)
    return Sheet(
        top=[
            text(look, running, size=0.85, align="centre"),
            *kicker,
            text(look, study.title, size=1.5, bold=True, align="centre", after=0.5),
            *_names(study, draft),
            text(look, study.dates, size=0.82, align="centre"),
            boxed(
                look,
                [
                    rich(
                        look,
                        f'<font name="{look.font.bold}">{words.abstract}</font> {study.abstract}',
                        size=0.92,
                    )
                ],
            ),
            text(look, f"{words.keywords} {study.field.keywords}", size=0.88),
        ],
        columns=(
            Column(share=0.5, blocks=body),
            Column(share=0.5, blocks=[*figure, *_section(draft, words.results, study.results)]),
        ),
        flowing=True,
        foot=str(page),
    )


def _manuscript(words: PaperWords, draft: Draft) -> Sheet:
    look, study = draft.look, _study(words, draft)
    kicker = title_of(look, words.title, size=0.9, align="right")
    return Sheet(
        top=[
            *kicker,
            text(look, study.title, size=1.7, after=0.5),
            text(
                look,
                " and ".join(study.authors[:2]) + (" et al." if len(study.authors) > 2 else ""),
                bold=True,
                after=0.1,
            ),
            text(look, f"{study.places[0]}. {study.dates}", size=0.88, after=0.8),
            *heading(look, words.abstract, size=1),
            text(look, study.abstract, size=0.95),
            text(look, f"{words.keywords} {study.field.keywords}", size=0.88, italic=True),
            rule(look, weight=0.5),
            *_section(draft, words.introduction, study.introduction),
            *_section(draft, words.methods, study.methods),
            *_section(draft, words.results, study.results),
            *_references(words, study, draft),
        ],
        flowing=True,
    )


def _inner_page(words: PaperWords, draft: Draft) -> Sheet:
    look, study = draft.look, _study(words, draft)
    half = look.width / 2 - 12
    running = (
        [text(look, f"{study.authors[0].rpartition(' ')[2]} et al.", size=0.88, italic=True)],
        [text(look, study.field.journal, size=0.88, align="right")],
    )
    left = [*_section(draft, words.methods, study.methods), *_figure(words, study, draft, width=half)]
    right = [
        *_section(draft, words.results, study.results),
        *_measurements(study, draft, name="Table 1.", width=half),
        *_references(words, study, draft),
    ]
    return Sheet(
        top=[side_by_side(look, *running), rule(look, weight=0.6)],
        columns=(Column(share=0.5, blocks=left), Column(share=0.5, blocks=right)),
        flowing=True,
        foot=str(draft.rng.randint(2, 900)),
    )


def _narrow_summary(words: PaperWords, draft: Draft) -> Sheet:
    look, study = draft.look, _study(words, draft)
    kicker = title_of(look, words.title, capitals=True, size=0.9, bold=True)
    left = [
        text(look, words.abstract, bold=True, italic=True),
        text(look, study.abstract, size=0.88),
        text(look, f"{words.keywords} {study.field.keywords}", size=0.82),
        text(look, study.dates, size=0.82, italic=True),
    ]
    wide = look.width * 0.64 - 12
    right = [
        *_section(draft, words.introduction, study.introduction),
        *_section(draft, words.methods, study.methods),
        *_figure(words, study, draft, width=wide, height=95),
        *_section(draft, words.results, study.results),
    ]
    return Sheet(
        top=[
            text(look, f"{study.field.journal}, vol. {draft.rng.randint(3, 60)}", size=0.88, align="right"),
            rule(look, weight=2),
            *kicker,
            text(look, study.title, size=1.45, bold=True, after=0.4),
            text(look, " \u00b7 ".join(study.authors), after=0.1),
            text(look, " \u00b7 ".join(study.places), size=0.85),
            gap(look, 0.5),
        ],
        columns=(Column(share=0.36, blocks=left), Column(share=0.64, blocks=right)),
    )


def _figure_first(words: PaperWords, draft: Draft) -> Sheet:
    look, study = draft.look, _study(words, draft)
    half = look.width * 0.5 - 10
    kicker = title_of(look, words.title, size=0.95, italic=True, align="centre")
    body = [
        *_section(draft, words.introduction, study.introduction),
        *_section(draft, words.methods, study.methods),
    ]
    rest = [*_section(draft, words.results, study.results), *_references(words, study, draft)]
    figures = side_by_side(
        look,
        _figure(words, study, draft, width=half),
        _measurements(study, draft, name="Values:", width=half),
    )
    return Sheet(
        top=[
            *kicker,
            text(look, study.title.upper(), size=1.15, align="centre", after=0.5),
            *_names(study, draft),
            rich(
                look,
                f'<font name="{look.font.italic}">{words.abstract}: {study.abstract}</font>',
                size=0.92,
                align="justified",
            ),
            figures,
        ],
        columns=(Column(share=0.5, blocks=body), Column(share=0.5, blocks=rest)),
        flowing=True,
        foot=f"{study.field.journal} \u2013 {study.dates}",
    )


SCIENTIFIC_PAPER = Kind(
    label="scientific_paper",
    description="research written up for scholars: what was asked, measured and found, with cited literature",
    training=Side(wordings=TRAINING, layouts=(_two_columns, _manuscript, _inner_page)),
    held_out=Side(wordings=HELD_OUT, layouts=(_narrow_summary, _figure_first)),
)

"""Résumés: one person's jobs, schooling and skills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from burnish.samples.drawing import (
    Block,
    Look,
    boxed,
    bullets,
    gap,
    heading,
    labelled,
    lines,
    pairs,
    rule,
    side_by_side,
    table,
    text,
    title_of,
)
from burnish.samples.kind import Draft, Kind, Side
from burnish.samples.prose import sentences
from burnish.samples.sheets import Sheet, sheet_of
from burnish.samples.wordings.resume import HELD_OUT, TRAINING, ResumeWords, Trade


@dataclass(frozen=True, kw_only=True)
class Employment:
    """One post: when, what, where, and what was done there."""

    years: str
    post: str
    employer: str
    deeds: list[str]


@dataclass(frozen=True, kw_only=True)
class Life:
    """One person's career, latest first."""

    name: str
    contact: list[str]
    profile: str
    jobs: list[Employment]
    schooling: list[tuple[str, str]]
    skills: list[str]
    others: list[str]


def _life(words: ResumeWords, draft: Draft) -> Life:
    facts, rng, trade = draft.facts, draft.rng, draft.rng.choice(words.trades)
    name = facts.person()
    jobs, began = _jobs(words, trade, draft)
    schooling = [(str(began - 3 * index), facts.say(degree)) for index, degree in enumerate(trade.degrees)]
    return Life(
        name=name,
        contact=[facts.street(), facts.town_line(), facts.phone(), facts.mail_address(name)],
        profile=facts.say(trade.profile),
        jobs=jobs,
        schooling=schooling[: rng.randint(2, 3)],
        skills=rng.sample(trade.skills, rng.randint(3, len(trade.skills))),
        others=rng.sample(words.others, rng.randint(1, 3)),
    )


def _jobs(words: ResumeWords, trade: Trade, draft: Draft) -> tuple[list[Employment], int]:
    """The jobs, and the year in which the first one began."""
    rng, until, ends = draft.rng, draft.facts.day().year, words.now
    jobs: list[Employment] = []
    # Each deed is told once: the bank is dealt out to the posts like cards.
    deeds = sentences(draft, trade.deeds, len(trade.deeds))
    rng.shuffle(deeds)
    count = rng.randint(2, min(4, len(trade.posts)))
    for index, post in enumerate(trade.posts[:count]):
        began = until - rng.randint(2, 6)
        own = deeds[index::count] or deeds[:1]
        jobs.append(
            Employment(
                years=f"{began} \u2013 {ends}",
                post=post,
                employer=f"{draft.facts.company()}, {draft.facts.city()}",
                deeds=own[:3],
            )
        )
        until, ends = began, str(began)
    return jobs, until


def _parts(
    look: Look, *parts: tuple[str, Sequence[Block]], size: float = 1.1, ruled: bool = False
) -> list[Block]:
    """Blocks, each group below its heading."""
    return [
        block for name, blocks in parts for block in (*heading(look, name, size=size, ruled=ruled), *blocks)
    ]


def _classic(words: ResumeWords, draft: Draft) -> Sheet:
    look, life = draft.look, _life(words, draft)
    jobs: list[Block] = []
    for job in life.jobs:
        jobs += [labelled(look, f"{job.post},", f"{job.employer} ({job.years})"), bullets(look, job.deeds)]
    schooling = lines(look, [f"{school} ({year})" for year, school in life.schooling], after=0.2)
    return sheet_of(
        *title_of(look, words.title, capitals=True, size=0.95, align="centre", after=0.1),
        text(look, life.name, size=1.9, bold=True, align="centre", after=0.15),
        text(look, " | ".join(life.contact), size=0.88, align="centre"),
        *_parts(
            look,
            (words.profile, [text(look, life.profile)]),
            (words.work, jobs),
            (words.schooling, schooling),
            (words.skills, [text(look, ", ".join(life.skills))]),
            (words.other, [text(look, ", ".join(life.others))]),
            ruled=True,
        ),
    )


def _with_margin(words: ResumeWords, draft: Draft) -> Sheet:
    look, life = draft.look, _life(words, draft)
    wide = look.width * 0.68
    jobs: list[Block] = []
    for job in life.jobs:
        jobs += [
            text(look, job.post, bold=True, after=0),
            text(look, f"{job.employer}, {job.years}", size=0.9, after=0.1),
            bullets(look, job.deeds, mark="-", width=wide),
        ]
    schooling = lines(look, [f"{year}   {school}" for year, school in life.schooling], after=0.2)
    skills = lines(look, life.skills, size=0.92, after=0.2)
    others = lines(look, life.others, size=0.92, after=0.2)
    margin = [
        *lines(look, life.contact, size=0.88, after=0.3),
        *_parts(look, (words.skills, skills), (words.other, others)),
    ]
    main = [
        text(look, life.profile, italic=True),
        *_parts(look, (words.work, jobs), (words.schooling, schooling)),
    ]
    return sheet_of(
        text(look, life.name, size=1.7, bold=True, color=look.accent, after=0.1),
        *title_of(look, words.title, size=1.05),
        rule(look, weight=1.6),
        side_by_side(look, margin, main, shares=(0.3, 0.7)),
    )


def _dated(words: ResumeWords, draft: Draft) -> Sheet:
    look, life = draft.look, _life(words, draft)
    jobs = [(job.years, f"{job.post}, {job.employer}. " + "; ".join(job.deeds)) for job in life.jobs]
    details = [
        ("Name", life.name),
        ("Address", ", ".join(life.contact[:2])),
        ("Telephone", life.contact[2]),
        ("E-mail", life.contact[3]),
        ("Born", draft.facts.birthday()),
    ]
    parts = (
        (words.work, jobs),
        (words.schooling, life.schooling),
        (words.skills, [("", ", ".join(life.skills))]),
        (words.other, [("", ", ".join(life.others))]),
    )
    return sheet_of(
        text(look, words.title or life.name, size=1.5, bold=True),
        pairs(look, details, share=0.24),
        *_parts(look, *[(name, [pairs(look, rows, share=0.24)]) for name, rows in parts]),
    )


def _skills_first(words: ResumeWords, draft: Draft) -> Sheet:
    look, life = draft.look, _life(words, draft)
    half, inner = len(life.skills) // 2 + 1, look.width - 14
    halves = [lines(look, part, after=0.1) for part in (life.skills[:half], life.skills[half:])]
    jobs: list[Block] = []
    for job in life.jobs:
        jobs += [
            text(look, f"{job.years}: {job.post} at {job.employer}", italic=True, after=0.1),
            text(look, ". ".join(job.deeds) + "."),
        ]
    schooling = lines(look, [f"{school}, {year}" for year, school in life.schooling], after=0.2)
    others = [bullets(look, life.others, mark="\u2013")]
    return sheet_of(
        *title_of(look, words.title, align="right", after=0),
        text(look, life.name.upper(), size=1.4, align="right", after=0.1),
        *lines(look, life.contact, size=0.88, align="right", after=0),
        gap(look, 0.6),
        labelled(look, f"{words.profile}.", life.profile, after=0.6),
        boxed(look, [text(look, words.skills, bold=True), side_by_side(look, *halves, width=inner)]),
        *_parts(look, (words.work, jobs), (words.schooling, schooling), (words.other, others)),
    )


def _years_right(words: ResumeWords, draft: Draft) -> Sheet:
    look, life, shares = draft.look, _life(words, draft), (0.76, 0.24)
    rows = [(school, year) for year, school in life.schooling]
    schooling = table(look, rows, shares, style="lines", numbers_from=1, bold_rows=())
    jobs: list[Block] = []
    for job in life.jobs:
        row = (f"{job.post} \u2013 {job.employer}", job.years)
        jobs += [
            table(look, [row], shares, style="plain", numbers_from=1),
            bullets(look, job.deeds, mark="*"),
        ]
    head = [
        text(look, f"{life.name}, {words.title}" if words.title else life.name, size=1.5, bold=True),
        text(look, "\n".join(life.contact), size=0.9, after=0),
    ]
    return sheet_of(
        boxed(look, head, fill="#ededed"),
        *_parts(
            look,
            (words.schooling.upper(), [schooling]),
            (words.work.upper(), jobs),
            (words.skills.upper(), [text(look, " / ".join(life.skills))]),
            (words.other.upper(), [text(look, " / ".join(life.others))]),
            (words.profile.upper(), [text(look, life.profile)]),
            size=1,
        ),
    )


RESUME = Kind(
    label="resume",
    description="one person's past employment, studies and skills, set out to find work",
    training=Side(wordings=TRAINING, layouts=(_classic, _with_margin, _dated)),
    held_out=Side(wordings=HELD_OUT, layouts=(_skills_first, _years_right)),
)

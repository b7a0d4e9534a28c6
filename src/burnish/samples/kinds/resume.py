"""Résumés: one person's jobs, schooling and skills."""

from __future__ import annotations

from dataclasses import dataclass

from burnish.samples.drawing import (
    Block,
    boxed,
    bullets,
    gap,
    heading,
    labelled,
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


def _classic(words: ResumeWords, draft: Draft) -> Sheet:
    look, life = draft.look, _life(words, draft)
    title = title_of(look, words.title, capitals=True, size=0.95, align="centre", after=0.1)
    jobs = [
        block
        for job in life.jobs
        for block in (
            labelled(look, f"{job.post},", f"{job.employer} ({job.years})"),
            bullets(look, job.deeds),
        )
    ]
    return sheet_of(
        *title,
        text(look, life.name, size=1.9, bold=True, align="centre", after=0.15),
        text(look, " | ".join(life.contact), size=0.88, align="centre"),
        *heading(look, words.profile, ruled=True),
        text(look, life.profile),
        *heading(look, words.work, ruled=True),
        *jobs,
        *heading(look, words.schooling, ruled=True),
        *[text(look, f"{school} ({year})", after=0.2) for year, school in life.schooling],
        *heading(look, words.skills, ruled=True),
        text(look, ", ".join(life.skills)),
        *heading(look, words.other, ruled=True),
        text(look, ", ".join(life.others)),
    )


def _with_margin(words: ResumeWords, draft: Draft) -> Sheet:
    look, life = draft.look, _life(words, draft)
    wide = look.width * 0.68
    margin: list[Block] = [text(look, line, size=0.88, after=0.3) for line in life.contact]
    margin += [
        *heading(look, words.skills),
        *[text(look, skill, size=0.92, after=0.2) for skill in life.skills],
    ]
    margin += [
        *heading(look, words.other),
        *[text(look, other, size=0.92, after=0.2) for other in life.others],
    ]
    main: list[Block] = [text(look, life.profile, italic=True), *heading(look, words.work)]
    for job in life.jobs:
        main += [
            text(look, job.post, bold=True, after=0),
            text(look, f"{job.employer}, {job.years}", size=0.9, after=0.1),
            bullets(look, job.deeds, mark="-", width=wide),
        ]
    main += [
        *heading(look, words.schooling),
        *[text(look, f"{year}   {school}", after=0.2) for year, school in life.schooling],
    ]
    head = [text(look, life.name, size=1.7, bold=True, color=look.accent, after=0.1)]
    head += title_of(look, words.title, size=1.05)
    return Sheet(top=[*head, rule(look, weight=1.6), side_by_side(look, margin, main, shares=(0.3, 0.7))])


def _dated(words: ResumeWords, draft: Draft) -> Sheet:
    look, life = draft.look, _life(words, draft)
    jobs = [(job.years, f"{job.post}, {job.employer}. " + "; ".join(job.deeds)) for job in life.jobs]
    title = (
        text(look, words.title, size=1.5, bold=True)
        if words.title
        else text(look, life.name, size=1.5, bold=True)
    )
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
    blocks: list[Block] = []
    for name, rows in parts:
        blocks += [*heading(look, name), table(look, rows, (0.24, 0.76), style="plain", bold_rows=())]
    return Sheet(top=[title, table(look, details, (0.24, 0.76), style="plain", bold_rows=()), *blocks])


def _skills_first(words: ResumeWords, draft: Draft) -> Sheet:
    look, life = draft.look, _life(words, draft)
    half = len(life.skills) // 2 + 1
    inner = look.width - 14
    columns = side_by_side(
        look,
        *[
            [text(look, skill, after=0.1) for skill in part]
            for part in (life.skills[:half], life.skills[half:])
        ],
        width=inner,
    )
    jobs = [
        block
        for job in life.jobs
        for block in (
            text(look, f"{job.years}: {job.post} at {job.employer}", italic=True, after=0.1),
            text(look, ". ".join(job.deeds) + "."),
        )
    ]
    title = title_of(look, words.title, align="right", after=0)
    return sheet_of(
        *title,
        text(look, life.name.upper(), size=1.4, align="right", after=0.1),
        *[text(look, line, size=0.88, align="right", after=0) for line in life.contact],
        gap(look, 0.6),
        labelled(look, f"{words.profile}.", life.profile, after=0.6),
        boxed(look, [text(look, words.skills, bold=True), columns]),
        *heading(look, words.work),
        *jobs,
        *heading(look, words.schooling),
        *[text(look, f"{school}, {year}", after=0.2) for year, school in life.schooling],
        *heading(look, words.other),
        bullets(look, life.others, mark="\u2013"),
    )


def _years_right(words: ResumeWords, draft: Draft) -> Sheet:
    look, life = draft.look, _life(words, draft)
    shares = (0.76, 0.24)
    blocks: list[Block] = [*heading(look, words.schooling.upper(), size=1)]
    blocks += [
        table(
            look,
            [(school, year) for year, school in life.schooling],
            shares,
            style="lines",
            numbers_from=1,
            bold_rows=(),
        )
    ]
    blocks += heading(look, words.work.upper(), size=1)
    for job in life.jobs:
        blocks += [
            table(
                look,
                [(f"{job.post} \u2013 {job.employer}", job.years)],
                shares,
                style="plain",
                numbers_from=1,
            ),
            bullets(look, job.deeds, mark="*"),
        ]
    head = f"{life.name}, {words.title}" if words.title else life.name
    return sheet_of(
        boxed(
            look,
            [
                text(look, head, size=1.5, bold=True),
                text(look, "\n".join(life.contact), size=0.9, after=0),
            ],
            fill="#ededed",
        ),
        *blocks,
        *heading(look, words.skills.upper(), size=1),
        text(look, " / ".join(life.skills)),
        *heading(look, words.other.upper(), size=1),
        text(look, " / ".join(life.others)),
        *heading(look, words.profile.upper(), size=1),
        text(look, life.profile),
    )


RESUME = Kind(
    label="resume",
    description="one person's past employment, studies and skills, set out to find work",
    training=Side(wordings=TRAINING, layouts=(_classic, _with_margin, _dated)),
    held_out=Side(wordings=HELD_OUT, layouts=(_skills_first, _years_right)),
)

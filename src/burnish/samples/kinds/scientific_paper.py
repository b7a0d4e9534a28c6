"""First or inner pages of scientific papers, of several fields."""

from __future__ import annotations

import re
from dataclasses import dataclass

from burnish.samples.drawing import Block, boxed, gap, heading, rich, rule, side_by_side, table, text
from burnish.samples.kind import Draft, Kind, Side
from burnish.samples.prose import sentences
from burnish.samples.shapes import line_plot
from burnish.samples.sheets import Column, Sheet


@dataclass(frozen=True, kw_only=True)
class Field:
    """What papers of one field are called and say."""

    titles: tuple[str, ...]
    journal: str
    keywords: str
    aims: tuple[str, ...]
    methods: tuple[str, ...]
    results: tuple[str, ...]
    measure: tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class PaperWords:
    """The headings of one journal."""

    title: str | None
    abstract: str
    keywords: str
    introduction: str
    methods: str
    results: str
    references: str
    figure: str
    dates: str
    fields: tuple[Field, ...]


_FIELDS = (
    Field(
        titles=(
            "Fatigue of welded aluminium joints under variable loading",
            "Effect of annealing temperature on the hardness of thin nickel films",
        ),
        journal="Journal of Applied Metallurgy",
        keywords="alloys, fatigue, microstructure, heat treatment",
        aims=(
            "Welded joints lose strength after repeated loading, but the mechanism is disputed [1, 2].",
            "Earlier studies considered constant loads only, which rarely occur in practice [3].",
            "Here we investigate how the grain size near the seam governs the growth of cracks.",
            "We propose a simple model with a single free parameter.",
        ),
        methods=(
            "Specimens were cut from rolled sheet of 4 mm thickness and polished with diamond paste.",
            "Each specimen was loaded at 20 Hz in a servo-hydraulic machine until fracture.",
            "The microstructure was examined by scanning electron microscopy.",
            "Crack lengths were measured every {count} cycles with a travelling microscope.",
        ),
        results=(
            "The crack growth rate decreased by {percent} when the grain size was halved (Fig. 1).",
            "Hardness fell linearly with annealing temperature up to 620 K (r = {fraction}).",
            "No significant difference was found between the two alloys (p = {fraction}).",
            "The model predicts the measured lifetimes within {percent}.",
        ),
        measure=("Temperature (K)", "Hardness (GPa)"),
    ),
    Field(
        titles=(
            "Pollinator diversity along an urban gradient",
            "Nest predation in fragmented woodland: a field experiment",
        ),
        journal="Annals of Field Ecology",
        keywords="biodiversity, habitat fragmentation, pollination, birds",
        aims=(
            "Loss of habitat is regarded as the main threat to insects (Miller et al., 2011).",
            "Whether gardens can replace meadows as a habitat has not been tested experimentally.",
            "We tested the hypothesis that species richness declines with the share of sealed ground.",
            "Our study covers {count} sites sampled in three consecutive years.",
        ),
        methods=(
            "Insects were caught in coloured pan traps exposed for 48 hours at each site.",
            "Artificial nests with two quail eggs were placed at random distances from the edge.",
            "Species were identified under a stereo microscope by two observers independently.",
            "We fitted generalised linear mixed models with site as a random effect.",
        ),
        results=(
            "In total {count} species were recorded, of which {few} were new to the region.",
            "Richness declined with sealed ground (slope -{decimal}, P < 0.05).",
            "Predation was {percent} higher within 50 m of the edge than in the interior.",
            "Gardens with native plants held almost as many species as meadows.",
        ),
        measure=("Sealed ground (%)", "Species per site"),
    ),
    Field(
        titles=(
            "Sparse attention for long document retrieval",
            "Learning sentence embeddings from noisy translations",
        ),
        journal="Proceedings of the Conference on Language Computation",
        keywords="neural networks, retrieval, representation learning",
        aims=(
            "Retrieval over long documents is expensive: attention grows quadratically with length [4].",
            "Existing approximations trade accuracy for speed in ways that are poorly understood.",
            "We introduce an architecture that attends to a small learned set of anchors.",
            "Our contributions are a training objective, an open implementation and a new benchmark.",
        ),
        methods=(
            "All models were trained with the Adam optimiser and a batch size of {count}.",
            "We compare against {few} baselines using the same tokenizer and training data.",
            "The loss combines a contrastive term with a sparsity penalty weighted by a constant.",
            "Hyperparameters were selected on the development set only.",
        ),
        results=(
            "Our method improves recall by {decimal} points over the strongest baseline (Table 1).",
            "Inference is {decimal} times faster at a sequence length of 8,192 tokens.",
            "An ablation shows that the anchors account for most of the gain.",
            "Performance saturates after roughly {count} thousand training examples.",
        ),
        measure=("Training steps", "Recall at 10"),
    ),
    Field(
        titles=(
            "Vitamin D status and falls in older adults: a cohort study",
            "Outcomes of early mobilisation after hip surgery",
        ),
        journal="European Archives of Clinical Epidemiology",
        keywords="cohort study, ageing, risk factors, rehabilitation",
        aims=(
            "Falls are a leading cause of injury among people older than 65 years.",
            "Observational evidence linking vitamin D to falls is conflicting (refs 5-7).",
            "The aim of this study was to estimate the association in a representative population.",
            "Secondary outcomes were fracture, length of stay and mortality.",
        ),
        methods=(
            "Participants were recruited from {count} general practices between January and June.",
            "Serum concentrations were determined by immunoassay in a single laboratory.",
            "Hazard ratios were estimated by Cox regression adjusted for age, sex and smoking.",
            "The protocol was approved by the regional ethics committee.",
        ),
        results=(
            "Over a median follow-up of {decimal} years, {count} participants had at least one fall.",
            "The adjusted hazard ratio was {ratio} (95% CI) for the lowest quartile.",
            "Patients mobilised early left hospital {few} days sooner than controls (p < 0.01).",
            "Sensitivity analyses gave similar estimates.",
        ),
        measure=("Follow-up (months)", "Cumulative incidence"),
    ),
)
_OTHER_FIELDS = (
    Field(
        titles=(
            "Photometric variability of a nearby brown dwarf",
            "The dust ring around a young A-type star seen at millimetre wavelengths",
        ),
        journal="Monthly Reports in Stellar Astronomy",
        keywords="stars: low-mass \u2013 techniques: photometric \u2013 circumstellar matter",
        aims=(
            "Clouds in the atmospheres of brown dwarfs are thought to make their brightness change.",
            "So far only a handful of objects has been followed for more than one rotation.",
            "In this work, {count} hours of continuous observations are presented.",
            "They allow us to separate slow trends from rotation for the first time.",
        ),
        methods=(
            "Images were taken in the J band with exposure times of {count} seconds.",
            "Bias, dark current and flat field were corrected in the standard manner.",
            "Light curves were extracted with an aperture of {decimal} arcseconds and detrended.",
            "Uncertainties come from ten thousand bootstrap resamplings of the residuals.",
        ),
        results=(
            "A period of {decimal} hours is detected with a false-alarm probability below one in a million.",
            "The amplitude varies between nights, which rules out a single stable spot.",
            "The ring peaks at {count} au from the star and is unresolved in radius.",
            "A dust mass of {decimal} lunar masses follows if the grains radiate as black bodies.",
        ),
        measure=("Rotational phase", "Relative flux"),
    ),
    Field(
        titles=(
            "Soil moisture memory and the yield of winter barley",
            "Nitrogen uptake of intercropped beans on sandy ground",
        ),
        journal="Agronomy and Soil Letters",
        keywords="crop rotation; nitrogen; lysimeter; drought",
        aims=(
            "Droughts in spring are frequent by now, yet their legacy in the subsoil is seldom measured.",
            "Intercropping may be a remedy, though trials disagree (Kowalski 2009; Brandt 2015).",
            "It is asked here how long a dry spring can still be traced in the soil.",
            "Three soils and {few} rotations were compared over a decade.",
        ),
        methods=(
            "Plots of 6 by 12 metres were laid out in a randomised block design with {few} replicates.",
            "Water content was logged hourly by probes buried at three depths.",
            "Grain was harvested by hand, dried at 60 degrees and weighed.",
            "Treatments were compared by analysis of variance followed by Tukey's test.",
        ),
        results=(
            "Yields were lowered by {percent} in the year after a dry spring.",
            "Beans took up {count} kg of nitrogen per hectare, twice as much as in pure stands.",
            "The deficit was still measurable {count} weeks later at a depth of one metre.",
            "Block effects were small and are not considered further.",
        ),
        measure=("Depth (cm)", "Water content (%)"),
    ),
    Field(
        titles=(
            "Grid cells replay novel routes during rest",
            "Cortical thickness and the learning of tonal languages",
        ),
        journal="Brain and Behaviour Reports",
        keywords="hippocampus | learning | imaging | sleep",
        aims=(
            "Animals at rest reactivate sequences of cells that fired while they explored.",
            "What this replay is for is one of the open questions of memory research.",
            "We asked whether routes that were never run can be replayed as well.",
            "To answer this, {few} rats were implanted with silicon probes.",
        ),
        methods=(
            "Spikes were sorted automatically and curated by an experimenter blind to the condition.",
            "Subjects ran a maze with {few} arms for a liquid reward.",
            "Decoding used a Bayesian model with bins of 20 milliseconds.",
            "Volunteers gave written consent and were scanned twice at 3 tesla.",
        ),
        results=(
            "Of {count} replay events, {percent} followed routes that no animal had taken.",
            "Decoded trajectories were longer than chance (permutation test, {count} shuffles).",
            "Learners showed thicker cortex in the left temporal lobe; the effect size was {decimal}.",
            "Replay of new routes predicted behaviour on the following day.",
        ),
        measure=("Time from ripple (ms)", "Decoded distance"),
    ),
)

_TRAINING = (
    PaperWords(
        title=None,
        abstract="Abstract",
        keywords="Keywords:",
        introduction="1. Introduction",
        methods="2. Materials and methods",
        results="3. Results and discussion",
        references="References",
        figure="Fig. 1.",
        dates="Received {earlier}; accepted {later}",
        fields=_FIELDS,
    ),
    PaperWords(
        title="Research Paper",
        abstract="ABSTRACT",
        keywords="Key words:",
        introduction="I. INTRODUCTION",
        methods="II. METHOD",
        results="III. RESULTS",
        references="REFERENCES",
        figure="FIG. 1.",
        dates="Manuscript received {earlier}",
        fields=_FIELDS,
    ),
    PaperWords(
        title=None,
        abstract="Summary",
        keywords="Index terms:",
        introduction="Background",
        methods="Study design and procedure",
        results="Findings",
        references="Literature cited",
        figure="Figure 1:",
        dates="Submitted {earlier}, published online {later}",
        fields=_FIELDS,
    ),
    PaperWords(
        title="Original scientific paper",
        abstract="Abstract.",
        keywords="Subject terms:",
        introduction="Introduction and related work",
        methods="Experiments",
        results="Evaluation",
        references="Bibliography",
        figure="Figure 1.",
        dates="Preprint, {date}",
        fields=_FIELDS,
    ),
)
_HELD_OUT = (
    PaperWords(
        title=None,
        abstract="Synopsis",
        keywords="Descriptors \u2013",
        introduction="\u00a7 1  Motivation",
        methods="\u00a7 2  How the data were obtained",
        results="\u00a7 3  Observations",
        references="Works cited",
        figure="Plot A.",
        dates="In original form {earlier}; revised {later}",
        fields=_OTHER_FIELDS,
    ),
    PaperWords(
        title="Short communication",
        abstract="In short",
        keywords="Topics",
        introduction="Context",
        methods="Approach",
        results="Outcome",
        references="Sources",
        figure="Graph 1",
        dates="Communicated by {person}, {date}",
        fields=_OTHER_FIELDS,
    ),
    PaperWords(
        title="Refereed paper",
        abstract="Overview of the study",
        keywords="Classification:",
        introduction="A. State of knowledge",
        methods="B. Measurements and analysis",
        results="C. What was found",
        references="D. Cited literature",
        figure="Panel 1 \u2013",
        dates="First version {earlier}",
        fields=_OTHER_FIELDS,
    ),
)


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
    kicker = [text(look, words.title, size=0.9)] if words.title else []
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
    kicker = [text(look, words.title, size=0.9, align="right")] if words.title else []
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
    kicker = [text(look, words.title.upper(), size=0.9, bold=True)] if words.title else []
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
    kicker = [text(look, words.title, size=0.95, italic=True, align="centre")] if words.title else []
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
    training=Side(wordings=_TRAINING, layouts=(_two_columns, _manuscript, _inner_page)),
    held_out=Side(wordings=_HELD_OUT, layouts=(_narrow_summary, _figure_first)),
)

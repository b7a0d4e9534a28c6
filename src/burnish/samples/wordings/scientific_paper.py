"""The words of scientific papers."""

from __future__ import annotations

from dataclasses import dataclass


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


TRAINING = (
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


HELD_OUT = (
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

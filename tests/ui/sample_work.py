"""A folder as somebody has it after a week: an evaluation of three models, and classified documents."""

from __future__ import annotations

import hashlib
import io
import random
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image, ImageDraw

from burnish.aws.objects import S3Uri
from burnish.classification.decisions import DecisionRules, ReviewThreshold
from burnish.classification.document_journal import DocumentJournal
from burnish.classification.outputs import ResultPlaces
from burnish.classification.page_answers import DocumentAnswers, PageAnswer
from burnish.classification.result_files import result_row
from burnish.classification.result_tables import row_of
from burnish.classification.rules import PageRule
from burnish.datasets.documents import Part
from burnish.datasets.manifest import (
    Manifest,
    ManifestDocument,
    ManifestPage,
    PromptFacts,
    SplitFacts,
    write_manifest,
)
from burnish.datasets.pages import Rendering
from burnish.evaluation.evaluation import Evaluation
from burnish.evaluation.judgement import Candidate
from burnish.evaluation.predicting import Prediction
from burnish.evaluation.reports.folder import EVALUATION_NAME, write_evaluation

SCRIPT = "<script>document.title='taken over'</script>"
LABELS = ("form", "invoice", "letter", SCRIPT)
PER_LABEL = 12
#: The page that everything hostile is called after.
HOSTILE_PAGE = f"{SCRIPT}/\x1b[2J{SCRIPT}.png"


def page_image(text: str) -> bytes:
    image = Image.new("L", (620, 800), 250)
    draw = ImageDraw.Draw(image)
    draw.text((60, 60), text, fill=20, font_size=34)
    for line in range(14):
        draw.line((60, 180 + 36 * line, 560, 180 + 36 * line), fill=170, width=3)
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()


def pages() -> dict[str, tuple[str, bytes]]:
    """The label and the image of each page, by its name."""
    named = {f"{label}/{number:02}.png": label for label in LABELS[:3] for number in range(PER_LABEL)}
    named[HOSTILE_PAGE] = SCRIPT
    return {
        name: (label, page_image(f"{label} {place}")) for place, (name, label) in enumerate(named.items())
    }


def predictions(found: dict[str, tuple[str, bytes]], right: float, seed: str) -> tuple[Prediction, ...]:
    rng = random.Random(seed)
    return tuple(prediction(name, label, right, rng) for name, (label, _) in found.items())


def prediction(name: str, label: str, right: float, rng: random.Random) -> Prediction:
    other = rng.choice([one for one in LABELS if one != label])
    said = label if rng.random() < right and label != SCRIPT else other
    sure = rng.uniform(0.5, 0.99) if said == label else rng.uniform(0.3, 0.8)
    rest = (1 - sure) / (len(LABELS) - 1)
    return Prediction(
        page=name,
        label=label,
        answer=said,
        predicted=said,
        probabilities={one: sure if one == said else rest for one in LABELS},
        seconds=0.4,
    )


def write_sample_evaluation(folder: Path, s3, place: S3Uri) -> Evaluation:
    """An evaluation whose pages lie in S3."""
    found = pages()
    manifest = write_manifest(s3, place, _manifest(found, s3, place))
    evaluation = Evaluation(
        title=f"Papers {SCRIPT}",
        created=datetime(2026, 11, 24, 9, 41, tzinfo=UTC),
        dataset=str(manifest),
        labels=LABELS,
        candidates=tuple(
            Candidate(
                name=name,
                predictions=predictions(found, right, name),
                validation=predictions(found, right, f"{name} validation"),
            )
            for name, right in {"base": 0.4, "tuned": 0.9, "large": 0.9}.items()
        ),
        pages={name: hashlib.sha256(body).hexdigest() for name, (_, body) in found.items()},
        prompt="one",
    )
    write_evaluation(evaluation, folder)
    assert (folder / EVALUATION_NAME).is_file()
    return evaluation


def _manifest(found: dict[str, tuple[str, bytes]], s3, place: S3Uri) -> Manifest:
    documents = []
    for name, (label, body) in found.items():
        digest = hashlib.sha256(body).hexdigest()
        key = f"{place.key}/pages/{digest}.png"
        s3.put_object(Bucket=place.bucket, Key=key, Body=body)
        page = ManifestPage(uri=f"s3://{place.bucket}/{key}", digest=digest, width=620, height=800)
        documents.append(
            ManifestDocument(
                name=name, digest=digest, label=label, part=Part.TEST, group=digest, pages=[page]
            )
        )
    return Manifest(
        source="papers",
        rendering=Rendering(),
        split=SplitFacts(seed=0, test_share=1, validation_share=0, per_label=None, copies="together"),
        prompt=PromptFacts(labels=list(LABELS), descriptions={}, system="", task=""),
        files={},
        documents=documents,
        dropped=[],
    )


def write_sample_classification(folder: Path, count: int = 12) -> Path:
    """The table of a classification of so many documents, half of them for review, and what is beside it."""
    folder.mkdir(parents=True)
    rng = random.Random(7)
    places = ResultPlaces(to=str(folder / "classified.csv"))
    rules = DecisionRules(
        threshold=ReviewThreshold(value=0.8, source="as given"),
        labels=LABELS,
        rule=PageRule.MEAN_LOG_PROBABILITY,
        split=False,
    )
    answers = [_classified(folder, number, rng) for number in range(count)]
    with DocumentJournal(places.journal) as journal:
        for one in answers:
            journal.keep(one)
    judged = [(one, verdict) for one in answers for verdict in rules.of_document(one)]
    places.write(
        [row_of(verdict) for _, verdict in judged],
        [],
        [result_row(one, verdict) for one, verdict in judged],
        lambda: None,
    )
    return Path(places.to)


def _classified(folder: Path, number: int, rng: random.Random) -> DocumentAnswers:
    label = LABELS[number % 3]
    name = f"{SCRIPT.replace('/', '|')} {number}.png" if number == 0 else f"scan-{number:03}.png"
    path = folder / "scans" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(page_image(f"{label} new {number}"))
    sure = rng.uniform(0.4, 0.7) if number % 2 == 0 else rng.uniform(0.85, 0.99)
    rest = (1 - sure) / (len(LABELS) - 1)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    page = PageAnswer(
        page=1, label=label, probabilities={one: sure if one == label else rest for one in LABELS}
    )
    return DocumentAnswers(key=digest, digest=digest, document=name, path=str(path), pages=[page])

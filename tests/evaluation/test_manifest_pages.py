"""What pages of a data set are called when models are asked about them."""

from burnish.datasets.documents import Part
from burnish.datasets.manifest import (
    Manifest,
    ManifestDocument,
    ManifestPage,
    PromptFacts,
    SplitFacts,
)
from burnish.datasets.pages import Rendering
from burnish.evaluation.manifest_pages import page_names


def document(name: str, part: Part, digest: str, pages: int = 1) -> ManifestDocument:
    made = [
        ManifestPage(uri=f"s3://b/{digest}-{number}.png", digest=f"{digest}-{number}", width=1, height=1)
        for number in range(pages)
    ]
    return ManifestDocument(name=name, digest=digest, label="a", part=part, group=digest, pages=made)


def manifest(*documents: ManifestDocument) -> Manifest:
    return Manifest(
        burnish="0",
        source="papers",
        rendering=Rendering(),
        split=SplitFacts(seed=0, test_share=0, validation_share=0, per_label=None, copies="together"),
        prompt=PromptFacts(labels=["a"], descriptions={}, system="", task=""),
        files={},
        documents=list(documents),
        dropped=[],
    )


def test_a_page_is_called_as_its_document_and_the_others_by_number():
    whole = manifest(document("a/1.pdf", Part.TEST, "1" * 64, pages=2), document("a/2.pdf", Part.TRAIN, "2"))
    assert page_names(whole) == {"a/1.pdf", "a/1.pdf, page 2", "a/2.pdf"}


def test_documents_of_one_name_in_one_part_are_told_apart_by_their_content():
    """As where the documents to train on have some to test with, and others are held out beside."""
    whole = manifest(document("a/1.pdf", Part.TEST, "1" * 64), document("a/1.pdf", Part.TEST, "2" * 64))
    assert page_names(whole) == {"a/1.pdf (11111111)", "a/1.pdf (22222222)"}


def test_documents_of_one_name_in_two_parts_keep_it():
    whole = manifest(document("a/1.pdf", Part.TRAIN, "1" * 64), document("a/1.pdf", Part.TEST, "2" * 64))
    assert page_names(whole) == {"a/1.pdf"}

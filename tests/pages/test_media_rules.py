"""Content decides what a medium is, and its record must say the same."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from burnish.checking.record_parts import Medium
from burnish.families import DatasetRules, family_of
from burnish.pages.media_rules import bytes_needed, medium_problem
from burnish.pages.page_images import HEAD

LITE = family_of("amazon.nova-lite-v1:0:300k").tuning("amazon.nova-lite-v1:0:300k").rules
NOVA_2 = family_of("amazon.nova-2-lite-v1:0:256k").tuning("amazon.nova-2-lite-v1:0:256k").rules
OPEN_WEIGHTS = family_of("local.any-v1:0").tuning("local.any-v1:0").rules
MP4 = b"\0\0\0\x20ftypisom" + b"x" * 400
MOV = b"\0\0\0\x20ftypqt  " + b"x" * 400
MKV = b"\x1a\x45\xdf\xa3" + b"\x42\x82\x88matroska" + b"x" * 400
WEBM = b"\x1a\x45\xdf\xa3" + b"\x42\x82\x84webm" + b"x" * 400
PDF = b"%PDF-1.7\n" + b"x" * 400


def image(form: str, size: tuple[int, int] = (30, 40)) -> bytes:
    body = io.BytesIO()
    Image.new("L", size, 200).save(body, form)
    return body.getvalue()


IMAGES = {form: image(form) for form in ("png", "jpeg", "gif", "webp", "tiff", "bmp")}


def wrong(kind: str, said: str | None, body: bytes, rules: DatasetRules = LITE) -> str:
    medium = Medium(kind, f"s3://bucket/any.{said}", said)
    return (
        medium_problem(medium, size=len(body), body=body[: bytes_needed(medium, rules)], rules=rules)
        or "nothing"
    )


@settings(deadline=None)
@given(said=st.sampled_from(["png", "jpeg", "gif", "webp"]), form=st.sampled_from(sorted(IMAGES)))
def test_an_image_is_fine_only_where_its_record_names_its_format(said, form):
    text = wrong("image", said, IMAGES[form])
    if said == form:
        assert text == "nothing"
    else:
        assert f"is {form} by its content, and its record says {said}" in text


@pytest.mark.parametrize(
    ("kind", "said", "body"),
    [
        ("video", "mp4", MP4),
        ("video", "mov", MOV),
        ("video", "mp4", MOV),
        ("video", "mov", b"\0\0\0\x08wide\0\0\0\0mdat"),
        ("video", "mkv", MKV),
        ("video", "webm", WEBM),
        ("document", "pdf", PDF),
        ("document", "pdf", b"\r\n" * 9 + PDF),
    ],
)
def test_videos_and_documents_are_told_by_their_beginning_and_never_decoded(kind, said, body):
    assert wrong(kind, said, body) == "nothing"
    assert bytes_needed(Medium(kind, "", said), LITE) == HEAD


@pytest.mark.parametrize(
    ("kind", "said", "body", "says"),
    [
        ("video", "mp4", WEBM, "is webm by its content, and its record says mp4: write webm"),
        ("video", "webm", MP4, "is mp4 by its content"),
        (
            "video",
            "mp4",
            IMAGES["png"],
            "is png by its content, and its record says mp4: it must be one of mov",
        ),
        ("video", "mp4", b"RIFF\0\0\0\0AVI LIST", "is avi by its content"),
        ("video", "mp4", b"<html>403 Forbidden</html>", "is html or xml by its content"),
        ("video", "mp4", b"x" * 400, "is not a known kind of video by its content"),
        ("document", "pdf", IMAGES["png"], "is png by its content, and its record says pdf"),
        ("document", "pdf", b"PK\x03\x04 word", "is zip"),
        ("image", "png", PDF, "is pdf by its content, and its record says png"),
        ("image", "png", b"<!DOCTYPE html>", "is html or xml by its content"),
        ("image", "png", b"", "is empty: upload it again"),
        ("image", "png", IMAGES["png"][:60], "cannot be decoded"),
        ("image", "png", image("png", (20, 900)), "has 20 x 900 pixels: a side must have 25 at least"),
        ("image", None, IMAGES["tiff"], "is tiff by its content: it must be one of png, jpeg, gif, webp"),
    ],
)
def test_what_is_not_as_said_is_named(kind, said, body, says):
    assert says in wrong(kind, said, body)


def test_a_medium_is_no_larger_than_the_family_takes():
    for kind, most in (("image", 10 * 2**20), ("video", 50 * 2**20), ("document", 10 * 2**20)):
        text = medium_problem(Medium(kind, "s3://bucket/a", "x"), size=most + 1, body=b"", rules=LITE)
        assert text == f"has {most + 1} bytes; at most {most} are allowed: make it smaller"


def test_formats_are_those_of_the_family():
    assert wrong("image", None, IMAGES["webp"], OPEN_WEIGHTS) == "nothing"
    assert "must be one of png, jpeg, gif" in wrong("image", None, IMAGES["webp"], NOVA_2)

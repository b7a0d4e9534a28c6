"""The images of Converse: what is too much is refused by name, before anything is decoded."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator

import pytest
from image_bytes import png_of_samples, saved
from PIL import Image

from burnish.engine.catalogue import Catalogue, open_model
from burnish.engine.inference_messages import Answer, InferenceRequest
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.images import MAX_BYTES, MAX_IMAGES, MAX_SIDE
from burnish.server.bedrock.runtime.operations import runtime_handlers
from burnish.server.store import Store

MODEL = open_model("tiny")
SMALL = saved(Image.new("L", (40, 40), 255), "PNG")
ANSWER = Answer(text="a page", stop_reason="end_turn", input_tokens=1, output_tokens=1)


def png(width: int, height: int) -> bytes:
    return png_of_samples((width, height), [b"\xff" * ((width + 7) // 8)] * height, bits=1, colour_type=0)


def stated(kind: str, width: int, height: int) -> bytes:
    """A small image that states a size of which it has no pixels."""
    body = bytearray(saved(Image.new("RGB", (40, 40), "white"), kind))
    if kind == "GIF":
        struct.pack_into("<HH", body, 6, width, height)
    elif kind == "JPEG":
        struct.pack_into(">HH", body, body.index(b"\xff\xc0") + 5, height, width)
    else:
        struct.pack_into("<HH", body, body.index(b"\x9d\x01\x2a") + 3, width & 0x3FFF, height & 0x3FFF)
    return bytes(body)


class Model:
    """Answers at once, and keeps what it is asked."""

    def __init__(self) -> None:
        self.asked: list[InferenceRequest] = []

    async def answer(self, request: InferenceRequest) -> Answer:
        self.asked.append(request)
        return ANSWER


@pytest.fixture
def model(served, object_store, tmp_path) -> Iterator[Model]:
    """What answers Converse for the length of a test."""
    store, credentials, _ = object_store
    state = Store(tmp_path)
    control = Control(
        data=tmp_path,
        store=state,
        iam=served.iam,
        catalogue=Catalogue(models=(MODEL,)),
        weights={MODEL.id: tmp_path},
        credentials=credentials,
        objects_endpoint=store.endpoint,
    )
    before, one = dict(served.handlers), Model()
    served.handlers.update(runtime_handlers(control, one))
    yield one
    served.handlers.clear()
    served.handlers.update(before)
    state.close()


def converse(served, *blocks) -> None:
    content = [{"text": "Which kind?"}, *({"image": block} for block in blocks)]
    served.client("bedrock-runtime").converse(
        modelId=MODEL.id, messages=[{"role": "user", "content": content}]
    )


def inline(body: bytes, kind: str = "png") -> dict:
    return {"format": kind, "source": {"bytes": body}}


def refusal(served, *blocks) -> str:
    """Why Converse does not take these images."""
    runtime = served.client("bedrock-runtime")
    with pytest.raises(runtime.exceptions.ClientError) as raised:
        converse(served, *blocks)
    assert raised.value.response["Error"]["Code"] == "ValidationException"
    return str(raised.value.response["Error"]["Message"])


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        pytest.param(
            png(30_000, 30_000),
            "png",
            marks=pytest.mark.attack(
                "Images and documents",
                "a PNG of 109 KB and 30,000 x 30,000 pixels in Converse",
                "400 ValidationException that names the image; nothing is decoded",
            ),
        ),
        (png(MAX_SIDE + 1, 30), "png"),
        (png(30, MAX_SIDE + 1), "png"),
        (stated("JPEG", 65_000, 65_000), "jpeg"),
        (stated("GIF", 65_535, 65_535), "gif"),
        (stated("WEBP", 16_383, 16_383), "webp"),
    ],
)
def test_an_image_of_more_pixels_than_bedrock_takes_is_refused_by_name(served, model, body, kind):
    text = refusal(served, inline(SMALL), inline(body, kind))
    assert text.startswith("messages[0].content[2].image ")
    assert "at most 8,000 x 8,000 are allowed" in text
    assert not model.asked


def test_an_image_of_as_many_pixels_as_may_be_is_taken(served, model):
    body = png(MAX_SIDE, MAX_SIDE)
    converse(served, inline(body))
    assert model.asked[0].turns[0].pages == (body,)


@pytest.mark.attack(
    "Images and documents",
    "an image of more than 3.75 MB in Converse, inline or from S3",
    "400 ValidationException; from S3 it is not fetched",
)
@pytest.mark.parametrize("comes_from_s3", [False, True])
def test_an_image_of_more_bytes_than_bedrock_takes_is_refused_by_name(served, model, comes_from_s3):
    body = SMALL.ljust(MAX_BYTES + 1, b"\0")
    text = refusal(served, in_s3(served, body) if comes_from_s3 else inline(body))
    assert text.startswith("messages[0].content[1].image")
    assert "at most" in text
    assert not model.asked


def test_an_image_in_s3_is_taken_up_to_the_limit(served, model):
    body = SMALL.ljust(MAX_BYTES, b"\0")
    converse(served, in_s3(served, body))
    assert model.asked[0].turns[0].pages == (body,)


def test_a_message_has_no_more_images_than_bedrock_takes(served, model):
    converse(served, *[inline(SMALL)] * MAX_IMAGES)
    text = refusal(served, *[inline(SMALL)] * (MAX_IMAGES + 1))
    assert text == "messages[0] has 21 images; at most 20 are allowed"
    assert len(model.asked) == 1


@pytest.mark.parametrize("body", [SMALL[:20], SMALL[:8]])
def test_an_image_without_a_size_is_refused_by_name(served, model, body):
    assert refusal(served, inline(body)).startswith("messages[0].content[1].image cannot be read: it is")


def in_s3(served, body: bytes) -> dict:
    s3 = served.client("s3")
    with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket="images")
    s3.put_object(Bucket="images", Key="page.png", Body=body)
    return {"format": "png", "source": {"s3Location": {"uri": "s3://images/page.png"}}}

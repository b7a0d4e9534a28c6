"""The seed's way to evaluate: its arguments, its results, and metrics of them."""

import io

import pytest
from PIL import Image

from burnish.errors import InvalidInput
from burnish.evaluation import calculate_metrics, evaluate_model

LABELS = {0: "advertissement", 1: "budget", 2: "email"}
SAMPLES = [{"label": number % 3, "image": Image.new("L", (60, 80), 10 * number)} for number in range(6)]


class Model:
    """Answers "budget", nothing readable, or not at all, by how dark the page is."""

    def converse(self, **request):
        from botocore.exceptions import ReadTimeoutError

        png = request["messages"][0]["content"][1]["image"]["source"]["bytes"]
        with Image.open(io.BytesIO(png)) as page:
            shade = page.getpixel((0, 0))
        if shade == 50:
            raise ReadTimeoutError(endpoint_url="https://host")
        text = "a letter, I think" if shade == 20 else '{"type": "budget"}'
        return {"output": {"message": {"content": [{"text": text}]}}, "usage": {}}


def test_results_have_the_documents_shape_and_metrics_take_them():
    info = {"id": "us.amazon.nova-lite-v1:0", "provider": "amazon"}
    results = evaluate_model(info, SAMPLES, "nova_lite", max_workers=2, label_mapping=LABELS, runtime=Model())
    assert results[1] == {
        "true_label": 1,
        "true_label_name": "budget",
        "prediction": "budget",
        "status": "success",
        "correct": True,
    }
    assert [one["status"] for one in results] == ["success"] * 2 + ["parse_error"] + ["success"] * 2 + [
        "error"
    ]
    assert calculate_metrics(results)["accuracy"] == pytest.approx(2 / 6)


def test_labels_may_be_names_and_images_png():
    body = io.BytesIO()
    SAMPLES[0]["image"].save(body, "PNG")
    sample = {"label": "budget", "image": body.getvalue()}
    (result,) = evaluate_model({"id": "m"}, [sample], "m", runtime=Model())
    assert (result["true_label"], result["true_label_name"], result["correct"]) == ("budget", "budget", True)


def test_an_image_that_is_open_is_sent_as_a_person_sees_it():
    exif = Image.Exif()
    exif[0x0112] = 6
    photo, sent = io.BytesIO(), []
    Image.new("CMYK", (60, 80)).save(photo, "JPEG", exif=exif)

    class Camera(Model):
        def converse(self, **asked):
            sent.extend(block["image"] for block in asked["messages"][0]["content"] if "image" in block)
            return super().converse(**asked)

    sample = {"label": "budget", "image": Image.open(photo)}
    evaluate_model({"id": "m"}, [sample], "m", runtime=Camera())
    assert [(one["format"], Image.open(io.BytesIO(one["source"]["bytes"])).size) for one in sent] == [
        ("png", (80, 60))
    ]


def test_an_image_that_is_open_and_broken_is_named():
    whole = io.BytesIO()
    Image.effect_noise((60, 80), 90).save(whole, "PNG")
    cut = Image.open(io.BytesIO(whole.getvalue()[:900]))
    with pytest.raises(InvalidInput, match="Sample 0 has an image that cannot be read: it is damaged"):
        evaluate_model({"id": "m"}, [{"label": "budget", "image": cut}], "m", runtime=Model())


@pytest.mark.parametrize(
    ("sample", "says"),
    [({"label": 9, "image": b""}, "Sample 0 has the label 9"), ({"label": 1, "image": None}, "no image")],
)
def test_a_sample_that_cannot_be_asked_about_is_named(sample, says):
    with pytest.raises(InvalidInput, match=says):
        evaluate_model({"id": "m"}, [sample], "m", label_mapping=LABELS, runtime=Model())

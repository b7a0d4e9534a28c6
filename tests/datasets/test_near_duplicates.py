"""Copies of a page are found however they were made; pages of one template are not taken for copies."""

import io
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from page_files import written_page
from PIL import Image

from burnish.datasets.near_duplicates import buckets, clusters, connected, near_pairs
from burnish.datasets.perceptual_hash import BITS, NEAR, PageHash, page_hash


def recompressed(image: Image.Image) -> Image.Image:
    body = io.BytesIO()
    image.convert("RGB").save(body, "JPEG", quality=30)
    return Image.open(body)


def rescaled(image: Image.Image) -> Image.Image:
    return image.resize((image.width * 2 // 3, image.height * 2 // 3))


def turned(image: Image.Image) -> Image.Image:
    return image.rotate(1, fillcolor=255)


@pytest.fixture(scope="module")
def pages():
    return [written_page(f"page {seed}") for seed in range(12)]


@pytest.mark.parametrize(
    "change", [recompressed, rescaled, turned, lambda image: turned(rescaled(recompressed(image)))]
)
def test_a_copy_is_near_its_page_and_far_from_the_others(pages, change):
    hashes = [page_hash(one) for one in pages]
    for number, one in enumerate(pages):
        copy = page_hash(change(one))
        assert hashes[number].distance(copy) <= NEAR
        others = hashes[:number] + hashes[number + 1 :]
        assert all(other.distance(copy) > NEAR for other in others)


def test_colour_and_mode_do_not_matter(pages):
    assert page_hash(pages[0].convert("RGB")).distance(page_hash(pages[0])) <= 4


def flipped(bits: int, count: int, rng: random.Random) -> int:
    for place in rng.sample(range(BITS), count):
        bits ^= 1 << place
    return bits


@given(st.integers(0, 2**32), st.integers(2, 40))
def test_every_near_pair_is_found_without_comparing_all(seed, count):
    rng = random.Random(seed)
    centres = [rng.getrandbits(BITS) for _ in range(count // 4 + 1)]
    hashes = [
        PageHash(
            flipped(rng.choice(centres), rng.randrange(0, 40), rng),
            (flipped(rng.choice(centres), rng.randrange(0, 40), rng),),
        )
        for _ in range(count)
    ]
    expected = {
        (one, other)
        for other in range(count)
        for one in range(other)
        if hashes[one].distance(hashes[other]) <= NEAR
    }
    assert set(near_pairs(hashes)) == expected
    numbers = clusters(hashes)
    assert all(numbers[one] == numbers[other] for one, other in expected)
    assert all(numbers[number] == number for number in set(numbers))


def test_copies_of_a_copy_are_in_one_cluster():
    rng = random.Random(0)
    first = rng.getrandbits(BITS)
    chain = [first]
    for _ in range(4):
        chain.append(flipped(chain[-1], 25, rng))
    stranger = rng.getrandbits(BITS)
    assert clusters([PageHash(bits, ()) for bits in [*chain, stranger]]) == [0, 0, 0, 0, 0, 5]


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.integers(2, 20), st.sampled_from([1, 4]))
def test_what_meets_in_buckets_is_connected_as_in_one_place(seed, count, parts):
    rng = random.Random(seed)
    centres = [rng.getrandbits(BITS) for _ in range(count // 4 + 1)]
    hashes = [
        PageHash(flipped(rng.choice(centres), rng.randrange(NEAR + 4), rng), (rng.getrandbits(BITS),) * 2)
        for _ in range(count)
    ]
    pairs = [pair for bucket in buckets(parts) for pair in bucket_pairs(bucket, hashes)]
    assert connected(count, pairs) == connected(count, near_pairs(hashes))


def bucket_pairs(bucket, hashes):
    """What is near in a bucket, among no other pages than those that it says it needs."""
    needed = [position for position, one in enumerate(hashes) if bucket.concerns(one)]
    for here, there in bucket.near_pairs([hashes[position] for position in needed]):
        yield needed[here], needed[there]

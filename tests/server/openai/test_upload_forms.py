import contextlib
import io
import json
import random
import tracemalloc

import pytest

from burnish.server.openai.errors import RequestRefused
from burnish.server.openai.forms import CHUNK, MAX_HEAD, MAX_PARTS, form_in

KIND = "multipart/form-data; boundary=line"


def part(name, content, *, more=""):
    return (
        f'--line\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + content + b"\r\n"
    )


def read(body, kind=KIND):
    parts = form_in(io.BytesIO(body), kind)
    return {name: (one.filename, one.content.read()) for name, one in parts.items()}


def test_parts_are_read_byte_for_byte():
    content = b"\r\n--lin\r\n-- \0\xff--line\r\n"
    body = (
        part("purpose", b"fine-tune")
        + part("file", content, more='; filename="Übersicht.jsonl"')
        + b"--line--"
    )
    assert read(body) == {"purpose": ("", b"fine-tune"), "file": ("Übersicht.jsonl", content)}


def test_a_part_can_be_read_again_and_knows_its_size():
    form = form_in(io.BytesIO(part("a", b"") + part("b", b"content") + b"--line--\r\nand more"), KIND)
    assert [one.size for one in form.values()] == [0, 7]
    file = form["b"].content
    assert (file.seek(0, io.SEEK_END), file.seek(3), file.read(), file.seek(0)) == (7, 3, b"tent", 0)


@pytest.mark.parametrize("shift", range(-8, 3))
def test_a_boundary_is_found_across_the_pieces_that_are_read(shift):
    head = len(part("file", b"")) - 2
    content = bytes(CHUNK - head + shift)
    assert read(part("file", content) + b"--line--")["file"][1] == content


def test_a_large_part_is_not_held_in_memory():
    body = io.BytesIO(part("file", bytes(24 * CHUNK)) + b"--line--")
    tracemalloc.start()
    with form_in(body, KIND)["file"].content as content:
        while content.read(CHUNK):
            pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6 * CHUNK


@pytest.mark.attack(
    "OpenAI's API",
    "forms without a boundary, cut off, encoded, with a head of a megabyte, with thousands of parts",
    "400 that says what is wrong; no more than a piece is in memory",
)
@pytest.mark.parametrize(
    ("body", "kind", "problem"),
    [
        (b"", KIND, "does not begin with its boundary"),
        (b"--line", KIND, "a line follows its boundary"),
        (b"--lineage\r\n", KIND, "a line follows its boundary"),
        (b"--line\r\n\r\n\r\n--line--", KIND, "every part needs Content-Disposition"),
        (part("file", b"x")[:-2], KIND, "ends before its last boundary"),
        (part("a", b"x" * 3 * CHUNK), KIND, "a line follows its boundary|ends before"),
        (part("a", b"") * 2 + b"--line--", KIND, "two parts named 'a'"),
        (b"".join(part(f"a{n}", b"") for n in range(5000)), KIND, f"more than {MAX_PARTS} parts"),
        (part("a", b"", more="; x=" + "y" * CHUNK), KIND, f"within {MAX_HEAD:,} bytes"),
        (part("a", b"", more=f"; filename*{'9' * 5000}*=x"), KIND, "every part needs Content-Disposition"),
        (part("a", b"", more="\r\nContent-Transfer-Encoding: base64"), KIND, "Content-Transfer-Encoding"),
        (b"--line\r\nContent-Disposition: attachment; name=a\r\n\r\n\r\n--line--", KIND, "every part needs"),
        (part("a", b""), "multipart/form-data", "its boundary must have 1 to 70"),
        (part("a", b""), "multipart/form-data; boundary=", "its boundary must have 1 to 70"),
        (part("a", b""), f"multipart/form-data; boundary={'x' * 71}", "its boundary must have 1 to 70"),
        (part("a", b""), "multipart/mixed; boundary=line", "Send the file as multipart/form-data"),
        (part("a", b""), "", "Send the file as multipart/form-data"),
    ],
)
def test_what_is_no_form_is_refused(body, kind, problem):
    with pytest.raises(RequestRefused, match=problem):
        read(body, kind)


@pytest.mark.attack(
    "OpenAI's API", "a form within a form", "its bytes are the content of the part, and are not read as parts"
)
def test_a_nested_form_is_content():
    inner = b"--inner\r\nContent-Disposition: form-data; name=purpose\r\n\r\nassistants\r\n--inner--"
    nested = part("file", inner, more='\r\nContent-Type: multipart/mixed; boundary="inner"') + b"--line--"
    assert read(nested) == {"file": ("", inner)}


def test_a_file_name_in_an_odd_encoding_can_be_told():
    for odd in ("utf-7''+2AA-", "unicode_escape''%5Cud800", "no-such''x"):
        name = read(part("file", b"", more=f"; filename*={odd}") + b"--line--")["file"][0]
        assert name.encode()


def test_a_damaged_form_is_read_or_refused():
    rng = random.Random(0)
    whole = (
        part("purpose", b"fine-tune")
        + part("file", b"{}", more="; filename*=utf-8''%e2%82%ac\"")
        + b"--line--"
    )
    for _ in range(3000):
        damaged = bytearray(whole)
        for _ in range(rng.randrange(1, 6)):
            damaged[rng.randrange(len(damaged))] = rng.choice(b"\r\n-;=\"*'%09\xff\0a")
        with contextlib.suppress(RequestRefused):
            names = [(name, filename) for name, (filename, _) in read(bytes(damaged)).items()]
            assert json.dumps(names, ensure_ascii=False).encode()

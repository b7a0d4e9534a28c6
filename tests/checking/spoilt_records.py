"""What can be wrong with a record: with its JSON, and with its bytes."""

import copy
import random

from hypothesis import strategies as st

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def places_in(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        yield from places_in(inner, (*path, name))


def changed(record, rng: random.Random, value):
    """The record with something else at one place, or with one place gone."""
    record = copy.deepcopy(record)
    path = rng.choice([place for place in places_in(record) if place])
    parent = record
    for name in path[:-1]:
        parent = parent[name]
    if rng.random() < 0.3:
        del parent[path[-1]]
    else:
        parent[path[-1]] = value
    return record


#: What goes wrong with the bytes of a line, not with its JSON: (what is replaced, by what).
SPOILT = [
    (b"", b"\xef\xbb\xbf"),
    (b'"system"', b'"syst\xe9m"'),
    (b"question", b"qu\xfcstion"),
    (b"question", b"\\ud800"),
    (b'"schemaVersion"', b'"messages": [], "schemaVersion"'),
    (b'"text": "', b'"text": "a", "text": "'),
    (b'"text": "', b'"text": "\\u003a", "text": "'),
    (b'"text": "', b'"text": "a", "text": "\\u003a'),
    (b'"text": "', b'"text": "\\u003A\\u003a'),
    (b'"role"', b'"role": "x", "r\\u006fle"'),
    (b'"uri": "', b'"uri": "s3://bucket/0.png", "uri": "'),
    (b'"uri": "s3:', b'"uri": "s3:\\/\\/bucket'),
    (b", ", b",\r"),
    (b"}]}", b"}]}\r\n"),
    (b'"a"', b"NaN"),
    (b": ", b":\0"),
    (b"question", b"User\\u003a"),
]

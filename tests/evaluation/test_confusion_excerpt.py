"""The labels of a large matrix that are confused most stand side by side, and no page is lost."""

from hypothesis import given, settings
from hypothesis import strategies as st

from burnish.evaluation.confusion_excerpt import most_confused

MATRICES = st.integers(4, 9).flatmap(
    lambda size: st.tuples(
        st.lists(
            st.lists(st.integers(0, 3), min_size=size + 1, max_size=size + 1), min_size=size, max_size=size
        ),
        st.integers(1, size - 1),
    )
)


@settings(deadline=None)
@given(MATRICES)
def test_every_page_is_in_the_excerpt(drawn):
    whole, most = drawn
    found = most_confused(whole, most)
    assert len(set(found.places)) == len(found.places) == most
    assert found.others == len(whole) - most
    assert sum(map(sum, found.cells)) == sum(map(sum, whole))
    for row, place in zip(found.cells, found.places, strict=False):
        assert [row[at] for at in range(most)] == [whole[place][other] for other in found.places]
        assert row[-1] == whole[place][-1]


def test_labels_that_are_taken_for_one_another_stand_together():
    cells = [[9 * (row == column) for column in range(12)] for row in range(12)]
    for one, other, count in ((0, 7, 5), (3, 11, 4), (5, 8, 3), (1, 2, 1)):
        cells[one][other] = count
    found = most_confused(cells, 6)
    assert set(found.places) == {0, 7, 3, 11, 5, 8}
    at = {place: number for number, place in enumerate(found.places)}
    assert all(abs(at[one] - at[other]) == 1 for one, other in ((0, 7), (3, 11), (5, 8)))


def test_where_nothing_is_confused_the_first_labels_are_shown():
    cells = [[int(row == column) for column in range(8)] for row in range(8)]
    assert sorted(most_confused(cells, 3).places) == [0, 1, 2]

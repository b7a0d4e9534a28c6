"""What is to be reviewed, in the order in which it helps most, and what has been decided about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property

from burnish.datasets.near_duplicates import clusters, connected_owners
from burnish.datasets.perceptual_hash import PageHash
from burnish.errors import InvalidInput, NotFound
from burnish.label_spellings import matching_label, with_suggestion
from burnish.phrasing import Phrasing
from burnish.review.decision_journal import DecisionJournal, ReviewAction, ReviewEntry
from burnish.review.items import ReviewItem

_NEW_LABEL = Phrasing(
    command="Leave it out of the review, and run `burnish prepare` on a folder that has the new type too.",
    call="Leave it out of the review, and call `prepare_dataset()` with documents of the new type too.",
)


@dataclass(frozen=True, kw_only=True)
class ReviewProgress:
    """How far a review is."""

    items: int
    #: Of those that are for review: with a label, and left out.
    labelled: int
    left_out: int
    #: Decisions that differ from the model's answer, among those that name a label.
    changed: int
    reviewers: Mapping[str, int]
    labels: Mapping[str, int]

    @property
    def decided(self) -> int:
        """Items about which something is decided."""
        return self.labelled + self.left_out

    @property
    def left(self) -> int:
        """Items that are still to be reviewed."""
        return self.items - self.decided

    def __str__(self) -> str:
        model = f", {self.changed} of them not as the model says" if self.labelled else ""
        return (
            f"{self.decided} of {self.items} decided: {self.labelled} labelled{model}, "
            f"{self.left_out} left out; {self.left} to go"
        )


@dataclass(frozen=True, kw_only=True)
class ReviewQueue:
    """Items and their labels to choose from, with the journal that keeps what is decided.

    Every method sees what others have decided by then. It may be shared by threads.
    """

    items: Sequence[ReviewItem]
    labels: tuple[str, ...]
    journal: DecisionJournal
    #: The data set whose labels these are, where that is known: the one to `apply_review` to.
    dataset: str | None = None
    #: What cannot be reviewed, and why, by name.
    unavailable: Mapping[str, str] = field(default_factory=dict)

    def item(self, key: str) -> ReviewItem:
        """The item of a key, also one that the model was sure of. Raises `NotFound`."""
        if (found := self._by_key.get(key)) is None:
            raise NotFound(f"The review has no item {key!r}: it was of an earlier classification")
        return found

    def has(self, key: str) -> bool:
        """Whether there is an item of this key."""
        return key in self._by_key

    def decision_on(self, item: ReviewItem) -> ReviewEntry | None:
        """The decision in force about an item; give it to `decide` as ``seen``."""
        self.journal.refresh()
        return self.journal.decision_on(item.key)

    def upcoming(
        self, most: int | None = None, *, without: AbstractSet[str] = frozenset()
    ) -> list[ReviewItem]:
        """What is to be decided next, at most so many, but for items ``without`` (the keys of skipped ones).

        The most useful first: least sure, then unlike anything seen. What looks like something that is
        decided comes last: it teaches less, and is soon said (`suggested_label`).
        """
        self.journal.refresh()
        decided = self.journal.decisions
        open_items = [one for one in self._ordered if one.key not in decided and one.key not in without]
        if known := {self._groups[key] for key in decided if key in self._groups}:
            # A stable sort: within both halves the order stays.
            open_items.sort(key=lambda one: self._groups.get(one.key) in known)
        return open_items[:most]

    def next(self, *, without: AbstractSet[str] = frozenset()) -> ReviewItem | None:
        """What is to be decided next; None at the end."""
        return next(iter(self.upcoming(1, without=without)), None)

    def suggested_label(self, item: ReviewItem) -> str | None:
        """The label that was decided for what looks like this item, or else the model's own answer."""
        group = self._groups.get(item.key)
        for key in self._members.get(group, ()) if group else ():
            decision = self.journal.decision_on(key)
            if decision and decision.after and key != item.key:
                return decision.after
        return item.label if item.label in self.labels else None

    def decide(self, item: ReviewItem, label: str, *, seen: ReviewEntry | None = None) -> ReviewEntry:
        """Give an item a label, in any spelling that names but one.

        ``seen`` is the decision that was in force when the item was shown. Raises `AlreadyDecided` where it
        is another by now, and `InvalidInput` for a label that the data set does not have.
        """
        return self.journal.decide(item, self.known_label(label), seen=seen)

    def leave_out(self, item: ReviewItem, *, seen: ReviewEntry | None = None) -> ReviewEntry:
        """Decide that none of the labels fits. Raises `AlreadyDecided`."""
        return self.journal.decide(item, None, seen=seen)

    def undo(self) -> ReviewEntry | None:
        """Take back the reviewer's own last decision, and return it; None without one."""
        return self.journal.undo()

    def known_label(self, spelling: str) -> str:
        """The label of a spelling. Raises `InvalidInput`: a review adds no labels.

        The held-out part has no page of a new label, so nobody could tell whether it was learned; and it
        would change what the model is asked about every page.
        """
        if (found := matching_label(spelling, self.labels)) is not None:
            return found
        named = with_suggestion(spelling.strip(), self.labels)
        raise InvalidInput(
            f"The data set has no label {named}. A review adds no labels, because no held-out page could "
            "measure a new one.",
            remedy=_NEW_LABEL,
        )

    def progress(self) -> ReviewProgress:
        """How far the review is; decisions about accepted documents are counted among the others."""
        self.journal.refresh()
        decisions = [one for key, one in self.journal.decisions.items() if key in self._by_key]
        named = [one for one in decisions if one.action is ReviewAction.LABEL]
        waiting = sum(one.key not in self.journal.decisions for one in self._ordered)
        return ReviewProgress(
            items=len(decisions) + waiting,
            labelled=len(named),
            left_out=len(decisions) - len(named),
            changed=sum(one.after != one.answer for one in named),
            reviewers=dict(sorted(Counter(one.by for one in decisions).items())),
            labels=dict(sorted(Counter(one.after or "" for one in named).items())),
        )

    @cached_property
    def _by_key(self) -> dict[str, ReviewItem]:
        return {one.key: one for one in self.items}

    @cached_property
    def _ordered(self) -> list[ReviewItem]:
        """What a person should look at, once each, the most useful first."""
        return sorted(
            (one for one in self._by_key.values() if one.is_worth_a_look), key=lambda one: one.usefulness
        )

    @cached_property
    def _groups(self) -> Mapping[str, str]:
        """The group of items that look alike, for each that has a page that is not blank."""
        shown = [
            (one.key, look) for one in self._by_key.values() if one.is_worth_a_look for look in one.looks
        ]
        hashes = [PageHash(look, ()) for _, look in shown]
        return connected_owners([key for key, _ in shown], clusters(hashes))

    @cached_property
    def _members(self) -> Mapping[str, list[str]]:
        members: dict[str, list[str]] = {}
        for key, group in self._groups.items():
            members.setdefault(group, []).append(key)
        return members


def labels_of(items: Iterable[ReviewItem]) -> tuple[str, ...]:
    """All labels that a model has answered with, or that a data set has given."""
    return tuple(sorted({label for one in items for label in (one.label, one.truth) if label}))

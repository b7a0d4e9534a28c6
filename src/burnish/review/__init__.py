"""Reviewing: what a model was unsure of is decided by people, and becomes the next version of the data set.

A `ReviewQueue` is what a page or a terminal shows::

    queue = open_review("classified.csv", reviewer="Ada")     # NotFound where there is no classification
    queue.labels                                              # to choose from, in the order of digit keys
    item = queue.next()                                       # the most useful ReviewItem; None at the end
    item.path, item.pages, item.label, item.probability       # the file, pages counted from 1, the answer
    queue.suggested_label(item)                               # what Enter accepts, or None
    seen = queue.decision_on(item)                            # the ReviewEntry in force, or None
    queue.decide(item, "invoice", seen=seen)                  # on disk when it returns; raises AlreadyDecided
    queue.leave_out(item)                                     # none of the labels fits
    queue.undo()                                              # the reviewer's own last decision, returned
    queue.upcoming(20, without=skipped)                       # the next ones, but for keys that were skipped
    queue.item(key)                                           # by the key in a link, accepted ones as well
    queue.progress()                                          # decided, left, by label and by reviewer
    queue.journal.entries                                     # who decided what, when, and before what

Then ``apply_review(queue, DatasetStore(s3=…, owner=…, rules=…))`` makes the next version of the data set: a
`Revision`, which says what is added, relabelled and removed, and what is left out and why. Versions are in
`burnish.datasets.versions`; `export_decisions` and `import_decisions` are for spreadsheets, and
`write_reviewed_table` writes all documents with their labels, whoever has given them.

Decisions are in ``classified.csv.decisions.jsonl``, to which lines are only added. Queues of several people
on one machine, in one process or several, may be open at the same time: each method sees what is decided by
then, and nobody overwrites what they have not seen.
"""

from burnish.review.applying import apply_review
from burnish.review.decision_journal import AlreadyDecided, DecisionJournal, ReviewAction, ReviewEntry
from burnish.review.decision_sheets import ImportedDecisions, export_decisions, import_decisions
from burnish.review.items import ReviewItem
from burnish.review.opening import open_review
from burnish.review.queue import ReviewProgress, ReviewQueue
from burnish.review.reviewed_tables import ReviewedState, ReviewedTable, write_reviewed_table

__all__ = [
    "AlreadyDecided",
    "DecisionJournal",
    "ImportedDecisions",
    "ReviewAction",
    "ReviewEntry",
    "ReviewItem",
    "ReviewProgress",
    "ReviewQueue",
    "ReviewedState",
    "ReviewedTable",
    "apply_review",
    "export_decisions",
    "import_decisions",
    "open_review",
    "write_reviewed_table",
]

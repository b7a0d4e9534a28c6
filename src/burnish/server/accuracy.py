"""Builtin.Accuracy as Bedrock computes it with fmeval, for the tasks in which it needs no model of its own.

https://github.com/aws/fmeval: ``classification_accuracy`` and the F1 over words of ``qa_accuracy``.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Collection, Mapping
from typing import TypeAlias

#: Between the answers of a reference of which any is right.
ANY_OF = "<OR>"
_ARTICLES = ("a", "an", "the")
_WITHOUT_PUNCTUATION = str.maketrans("", "", string.punctuation)

#: The score of a response, given the reference and all references of the dataset.
Score: TypeAlias = Callable[[str, str, Collection[str]], float]


def label_match(response: str, reference: str, references: Collection[str]) -> float:
    """1.0 where the label in a response is the reference, else 0.0.

    The labels are the references of the dataset. Without regard to case, the label in a response is its first
    word that is one. fmeval never finds labels of several words or with capitals; here a response that is
    such a label as a whole has it.
    """
    labels = {_plain(label) for label in references}
    whole = _plain(response)
    words = [whole] if whole in labels else map(_plain, response.split(" "))
    return float(next((word for word in words if word in labels), None) == _plain(reference))


def f1_over_words(response: str, reference: str, _: Collection[str] = ()) -> float:
    """The F1 score, from 0.0 to 1.0, of the set of words in a response against that of the best reference.

    Case, punctuation and English articles do not count; ``<OR>`` separates references.
    """
    found = _words(response)
    return max(_f1(found, _words(answer)) for answer in reference.split(ANY_OF))


#: By the task type of a dataset, whose only metric is Builtin.Accuracy.
ACCURACY: Mapping[str, Score] = {"Classification": label_match, "QuestionAndAnswer": f1_over_words}


def _plain(text: str) -> str:
    return text.lower().strip()


def _words(text: str) -> set[str]:
    words = text.strip().lower().translate(_WITHOUT_PUNCTUATION).split(" ")
    # Articles are told by spaces alone, and words then by all white space: as fmeval does it.
    return set(" ".join(word for word in words if word not in _ARTICLES).split())


def _f1(found: set[str], wanted: set[str]) -> float:
    shared = len(found & wanted)
    return 2 * shared / (len(found) + len(wanted)) if shared else 0.0

"""Classifying new documents with a tuned model: labels, how sure they are, and which a person reviews.

`classify_documents` takes folders, files and S3 prefixes, and writes tables. The model's own data set says
what it is asked, and its job from which probability on an answer is accepted.
"""

from burnish.classification.classifying import (
    ClassificationConfig,
    Classifier,
    classify_documents,
    open_classifier,
)
from burnish.classification.rules import PageRule
from burnish.classification.sorting import SortingFolder
from burnish.classification.summary import ClassificationSummary

__all__ = [
    "ClassificationConfig",
    "ClassificationSummary",
    "Classifier",
    "PageRule",
    "SortingFolder",
    "classify_documents",
    "open_classifier",
]

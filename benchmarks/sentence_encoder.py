"""How well a sentence encoder tells types of pages apart: out of fold, by what is trained on it.

    python benchmarks/sentence_encoder.py FOLDER
    python benchmarks/sentence_encoder.py FOLDER --pool
    python benchmarks/sentence_encoder.py FOLDER --seeds 1 --epochs 10

FOLDER has a sub-folder of page images for each label. With `--epochs` an adapter is trained as well. With
`--pool` the encoder is pooled with page features, weighted on out-of-fold answers of the training pages.
Everything that is fitted is fitted to the training pages of a fold alone.
"""

from __future__ import annotations

import argparse
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.model_selection import StratifiedKFold

from burnish.calibration.pooling import fitted_pool, pooled
from burnish.datasets.document_features import extract_features
from burnish.datasets.sources import read_folder
from burnish.engine.catalogue import MINILM, open_model
from burnish.engine.sentence_encoder.chunks import chunks_of
from burnish.engine.sentence_encoder.contrastive import without_adapter
from burnish.engine.sentence_encoder.fitting import LabelledPages, fitted
from burnish.engine.sentence_encoder.hyperparameters import adapter_training
from burnish.engine.sentence_encoder.label_texts import label_text
from burnish.engine.sentence_encoder.network import load_sentence_encoder
from burnish.engine.tunable_model import Progress
from burnish.engine.weights import prepared_weights
from burnish.page_features.page_classifier import fitted_classifier

BINS = 10
UNWATCHED = Progress(on_step=lambda _: None, on_validation=lambda _: None)


def main() -> None:
    asked = _asked()
    pages, _ = extract_features(read_folder(asked.folder).documents)
    given = [page.document.label for page in pages]
    names = sorted(set(given))
    labels = np.array([names.index(label) for label in given])
    encoder = load_sentence_encoder(prepared_weights(open_model(asked.encoder)))
    begun, computed = time.perf_counter(), time.process_time()
    chunks = [chunks_of(encoder.tokens_of(page.text), encoder.chunk_size) for page in pages]
    encoder.page_vectors(chunks)
    seconds = time.perf_counter() - begun
    per_core = len(pages) / (time.process_time() - computed)
    print(f"{len(pages)} pages, {len(names)} labels; {len(pages) / seconds:.1f} pages a second")
    print(f"{per_core:.1f} pages in each second of a core's own time")
    data = LabelledPages(
        pages=chunks,
        labels=labels,
        names=names,
        label_texts=[encoder.chunk_of(label_text(name, {})) for name in names],
    )
    settings = adapter_training(
        {"epochCount": str(asked.epochs), "learningRate": str(asked.rate), "batchSize": str(asked.batch)}
    )
    rows: dict[str, list[tuple[float, float, float]]] = {}
    for seed in range(asked.seeds):
        for name, found in _out_of_fold(encoder, data, pages, settings, seed, pool=asked.pool).items():
            rows.setdefault(name, []).append(_measured(found, labels))
            print(f"seed {seed}, {name}: " + ", ".join(f"{one:.3f}" for one in rows[name][-1]), flush=True)
    print("| | accuracy | least, most | ECE | cross-entropy |\n| --- | --- | --- | --- | --- |")
    for name, found in rows.items():
        accuracies, errors, losses = zip(*found, strict=True)
        spread = f"{min(accuracies):.3f}, {max(accuracies):.3f}"
        means = " | ".join(f"{np.mean(one):.3f}" for one in (errors, losses))
        print(f"| {name} | {np.mean(accuracies):.3f} | {spread} | {means} |")


def _out_of_fold(encoder, data, pages, settings, seed, *, pool) -> dict[str, np.ndarray]:
    shape = (len(pages), len(data.names))
    found: dict[str, np.ndarray] = {}
    splitter = StratifiedKFold(5, shuffle=True, random_state=seed)
    for training, held_out in splitter.split(data.labels, data.labels):
        mine = data.some(training)
        begun = time.perf_counter()
        tuned, fit = fitted(encoder, mine, settings, UNWATCHED)
        rows = tuned.page_vectors(data.some(held_out).pages)
        answers = {"encoder": fit.head.probabilities(rows)}
        taken = time.perf_counter() - begun
        if settings.epochs:
            encoder = without_adapter(tuned)
            print(f"  a fold in {taken:.0f} s", flush=True)
        if pool:
            answers |= _with_features(fit, answers["encoder"], pages, mine, training, held_out)
        for name, one in answers.items():
            found.setdefault(name, np.zeros(shape))[held_out] = one
    return found


def _with_features(fit, encoded, pages, mine, training, held_out) -> dict[str, np.ndarray]:
    given = [mine.names[label] for label in mine.labels]
    features = fitted_classifier([pages[place] for place in training], given)
    own = features.classifier.probabilities([pages[place] for place in held_out])
    weights = fitted_pool(np.log([features.out_of_fold, fit.out_of_fold]), mine.labels).weights
    return {"features": own, "both, pooled": pooled(np.log([own, encoded]), weights)}


def _measured(found: np.ndarray, labels: np.ndarray) -> tuple[float, float, float]:
    """The accuracy, the expected calibration error, and the cross-entropy in nats."""
    sure, right = found.max(axis=1), found.argmax(axis=1) == labels
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    error = sum(
        abs(right[bins == one].mean() - sure[bins == one].mean()) * (bins == one).mean()
        for one in np.unique(bins)
    )
    loss = -np.log(found[np.arange(len(labels)), labels]).mean()
    return float(right.mean()), float(error), float(loss)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--encoder", default=MINILM.source)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=0)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--pool", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    main()

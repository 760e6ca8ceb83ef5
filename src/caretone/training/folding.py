"""Fold a fitted classifier into a table, and check that nothing is lost."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from caretone.model import KEY_BITS, FoldedModel, text_hash
from caretone.text import subwords
from caretone.training.classifier import CareToneClassifier
from caretone.training.features import GAP, SUBWORD_MARK


def fold(
    classifier: CareToneClassifier, texts: Sequence[str] = (), provenance: Mapping[str, Any] | None = None
) -> FoldedModel:
    """Fold a fitted classifier: idf times coefficient becomes the weight of an n-gram.

    Parameters
    ----------
    classifier : CareToneClassifier
        A fitted classifier.
    texts : sequence of str, optional
        The texts that it was fitted on; the model records their hashes.
    provenance : mapping, optional
        What the model is to record of where it comes from.

    Returns
    -------
    FoldedModel
        A table that gives the classifier's probabilities.
    """
    names = classifier.features_.counts_.get_feature_names_out()
    steps = np.rint(classifier.coef_ * classifier.features_.weights_ / classifier.step_).astype(np.int64)
    weight_of = dict(zip(names.tolist(), steps.T, strict=True))
    subword_names = sorted(name[len(SUBWORD_MARK) :] for name in weight_of if name.startswith(SUBWORD_MARK))
    word_names = [name for name in weight_of if not name.startswith(SUBWORD_MARK)]
    words = sorted(name for name in word_names if " " not in name)
    word_rows = {word: row for row, word in enumerate(words)}
    ngrams = _trie([name.split(" ") for name in word_names if " " in name and GAP not in name], word_rows)
    skips = sorted((_key(*map(word_rows.__getitem__, name.split(GAP))), name) for name in word_names if GAP in name)
    nothing = np.zeros(len(classifier.classes_), dtype=np.int64)
    word_weights = [
        weight_of[word] + sum((weight_of.get(SUBWORD_MARK + part, nothing) for part in subwords(word)), nothing)
        for word in words
    ]
    table = np.array(
        [
            *word_weights,
            *(weight_of[" ".join(ngram)] for _, ngram in ngrams),
            *(weight_of[name] for _, name in skips),
            *(weight_of[SUBWORD_MARK + name] for name in subword_names),
        ]
    )
    return FoldedModel(
        labels=tuple(str(name) for name in classifier.classes_),
        words=tuple(words),
        ngrams=array("Q", [key for key, _ in ngrams]),
        skip_bigrams=array("Q", [key for key, _ in skips]),
        subwords=tuple(subword_names),
        weights=tuple(array("i", column.tolist()) for column in table.T),
        step=classifier.step_,
        intercepts=tuple(classifier.intercept_.tolist()),
        slopes=tuple(classifier.slopes_.tolist()),
        offsets=tuple(classifier.offsets_.tolist()),
        thresholds=tuple(classifier.thresholds_.tolist()),
        priors=tuple(classifier.priors_.tolist()),
        sentence_weight=classifier.sentence_weight,
        seen=array("Q", sorted({text_hash(text) for text in texts})),
        provenance=dict(provenance or {}),
    )


def _trie(ngrams: list[list[str]], word_rows: Mapping[str, int]) -> list[tuple[int, list[str]]]:
    """Give the key of each longer n-gram, in ascending order; the row of one is its place among all."""
    rows: dict[tuple[str, ...], int] = {(word,): row for word, row in word_rows.items()}
    keyed: list[tuple[int, list[str]]] = []
    for size in sorted({len(ngram) for ngram in ngrams}):
        of_size = [ngram for ngram in ngrams if len(ngram) == size]
        level = sorted((_key(rows[tuple(n[:-1])], word_rows[n[-1]]), n) for n in of_size)
        for key, ngram in level:
            rows[tuple(ngram)] = len(word_rows) + len(keyed)
            keyed.append((key, ngram))
    return keyed


def _key(row: int, word: int) -> int:
    """Give the key of what begins with the words of a row and ends with a word."""
    return row << KEY_BITS | word

"""Honest figures of a way of training: nested cross-validation, beside baselines in the same folds."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, StratifiedKFold
from sklearn.multiclass import OneVsRestClassifier

from caretone.evaluation.metrics import Evaluation, depth, evaluate
from caretone.tones import TONES
from caretone.training.classifier import CareToneClassifier
from caretone.training.material import Material

CARETONE = "caretone"

KEYWORDS = {
    "sympathy": r"\b(sorry|condolences|sad|awful|terrible|poor|hope you|must be|hang in|hugs|thoughts)\b",
    "empathy": r"\b(been there|me too|same here|i know (how|that|the)|i felt|my own|i lost|i had the same)\b",
    "compassion": r"\b(you should|try|i can help|let me|i'll|have you|maybe you|talk to|here for you|if you need)\b",
}
"""The rules that somebody would write in ten minutes."""

Predictions = Callable[[Material, Material], tuple[np.ndarray, list[float]]]
"""From training and test material to probabilities, shape (n_test, 3), and thresholds."""


def nested(
    classifier: CareToneClassifier,
    material: Material,
    *,
    folds: int = 5,
    groups: np.ndarray | None = None,
    baselines: bool = True,
    n_bootstrap: int = 1000,
    random_state: int = 0,
) -> dict[str, Evaluation]:
    """Measure a way of training on messages that had no part in any of its choices.

    Penalty, calibration and thresholds are chosen anew inside each outer training fold.

    Parameters
    ----------
    classifier : CareToneClassifier
        Settings to train with.
    material : Material
        Messages labelled with the three tones.
    folds : int, default 5
        The outer folds.
    groups : ndarray, shape (n_messages,), optional
        Messages of one group are never parted, nor resampled apart.
    baselines : bool, default True
        Whether to measure, in the same folds, the majority, ten keywords a tone, and plain word TF-IDF with
        logistic regression.
    n_bootstrap, random_state : int
        For folds and intervals.

    Returns
    -------
    dict of str to Evaluation
        ``caretone`` first, then the baselines.
    """
    present = material.labels.to_numpy() if hasattr(material.labels, "to_numpy") else np.asarray(material.labels)
    ways: dict[str, Predictions] = {CARETONE: _trained_like(classifier)}
    if baselines:
        ways |= {"majority": _majority, "keywords": _keywords, "word TF-IDF": _word_tfidf}
    held_out = _outer_folds(present, groups, folds, random_state)
    evaluations = {}
    for name, way in ways.items():
        parts = Parallel(n_jobs=classifier.n_jobs)(delayed(_of_fold)(way, material, held) for held in held_out)
        margins = np.empty(present.shape)
        for held, part in zip(held_out, parts, strict=True):
            margins[held] = part
        evaluations[name] = evaluate(
            present, margins, [0.5] * len(TONES), groups=groups, n_bootstrap=n_bootstrap, random_state=random_state
        )
    return evaluations


def _of_fold(way: Predictions, material: Material, held: np.ndarray) -> np.ndarray:
    kept = np.setdiff1d(np.arange(len(material.texts)), held)
    probabilities, thresholds = way(material.take(kept), material.take(held))
    return recentred(probabilities, np.asarray(thresholds))


def recentred(probabilities: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Stretch probabilities so that each fold's thresholds all come to lie at one half; order stays."""
    below = probabilities < thresholds
    share = np.where(below, probabilities / np.maximum(thresholds, 1e-12), 0)
    rest = np.where(below, 0, (probabilities - thresholds) / np.maximum(1 - thresholds, 1e-12))
    return np.where(below, np.minimum(0.5 * share, 0.5 - 1e-9), 0.5 + 0.5 * rest)


def _outer_folds(present: np.ndarray, groups: np.ndarray | None, folds: int, random_state: int) -> list[np.ndarray]:
    if groups is not None:
        return [held for _, held in GroupKFold(folds).split(present, groups=groups)]
    splitter = StratifiedKFold(folds, shuffle=True, random_state=random_state)
    return [held for _, held in splitter.split(present, depth(present))]


def _trained_like(classifier: CareToneClassifier) -> Predictions:
    def way(train: Material, test: Material) -> tuple[np.ndarray, list[float]]:
        fitted = clone(classifier).set_params(n_jobs=1, verbose=False)
        fitted.fit(train.texts, train.labels, train.weights, sentence_labels=train.sentence_labels)
        return fitted.predict_proba(test.texts), fitted.thresholds_.tolist()

    return way


def _majority(train: Material, test: Material) -> tuple[np.ndarray, list[float]]:
    shares = np.asarray(train.labels).mean(axis=0)
    return np.tile(shares, (len(test.texts), 1)), [0.5] * len(TONES)


def _keywords(train: Material, test: Material) -> tuple[np.ndarray, list[float]]:
    patterns = [re.compile(KEYWORDS[tone], re.IGNORECASE) for tone in TONES]
    found = [[0.9 if pattern.search(text) else 0.1 for pattern in patterns] for text in test.texts]
    return np.array(found), [0.5] * len(TONES)


def _word_tfidf(train: Material, test: Material) -> tuple[np.ndarray, list[float]]:
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
    rows = vectorizer.fit_transform(train.texts)
    fitted = OneVsRestClassifier(LogisticRegression(C=10, max_iter=1000)).fit(rows, np.asarray(train.labels))
    return fitted.predict_proba(vectorizer.transform(test.texts)), [0.5] * len(TONES)

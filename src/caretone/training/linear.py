"""One logistic regression a label over the n-grams of a training task, and the scores that it gives."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from joblib import Parallel, delayed
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from caretone.errors import TrainingError
from caretone.training.features import NgramTfidf, SentenceLayout, per_root_token, weighted
from caretone.training.task import TrainingTask

PIECE = 50_000
"""So many sentences are counted in one go."""

NEGLIGIBLE = 0.025
"""A label that is less probable than this is taken as absent, and one that is as surely there as present."""


@dataclass(frozen=True)
class LinearSettings:
    """The parameters of `CareToneClassifier` that a fit needs.

    Attributes
    ----------
    min_df : int
        In how many sentences an n-gram must occur.
    subword_weight, skip_weight : float
        The weights of subwords and of skip-bigrams.
    sentence_weight : float
        How much the strongest sentence counts in a score.
    class_weight : {"balanced"} or None
        As in scikit-learn.
    random_state : int or None
        Seeds scikit-learn.
    """

    min_df: int
    subword_weight: float
    skip_weight: float
    sentence_weight: float
    class_weight: str | None
    random_state: int | None


@dataclass(frozen=True)
class CountedTask:
    """A training task with its n-grams counted once for all fits.

    Attributes
    ----------
    settings : LinearSettings
        How to fit.
    features : NgramTfidf
        The n-grams, learnt from all messages.
    layout : SentenceLayout
        Which sentences belong to which text.
    present, weights, sentence_present, sentence_weights, own
        As in `TrainingTask`.
    counts : sparse matrix, shape (n_sentences, n_features)
        How often each n-gram stands in each sentence.
    tied : list of ndarray of int
        The columns of the words of each set that is to weigh the same.
    tied_counts : list of sparse matrix, shape (n_words, n_features)
        The n-grams of those words, each alone.
    """

    settings: LinearSettings
    features: NgramTfidf
    layout: SentenceLayout
    present: np.ndarray
    weights: np.ndarray
    sentence_present: np.ndarray
    sentence_weights: np.ndarray
    own: np.ndarray
    counts: sp.csr_matrix
    tied: list[np.ndarray]
    tied_counts: list[sp.csr_matrix]

    @classmethod
    def of(
        cls, settings: LinearSettings, task: TrainingTask, tied: list[list[str]], n_jobs: int | None = None
    ) -> CountedTask:
        """Learn the n-grams of the messages, and count them everywhere.

        Copies and recombined texts would make rare n-grams look common, so they teach none; and each tied word
        is known as itself.
        """
        features = NgramTfidf(settings.min_df, settings.subword_weight, settings.skip_weight)
        layout, sentences = task.split.layout, task.split.sentences
        n_own = len(layout.sentences_of(np.flatnonzero(task.own)))
        known = [[word] for words in tied for word in words] * settings.min_df
        try:
            own = features.fit_counts(sentences[:n_own] + known)[:n_own]
        except ValueError as error:
            few = f"no word or mark occurs in {settings.min_df} sentences; label more messages"
            raise TrainingError(few) from error
        return cls(
            settings,
            features,
            layout,
            task.present,
            task.weights,
            task.sentence_present,
            task.sentence_weights,
            task.own,
            sp.vstack([own, *_counted(features, sentences[n_own:], n_jobs)]).tocsr(),
            [np.array([features.counts_.vocabulary_[word] for word in words]) for words in tied],
            [features.counts([[word] for word in words]) for words in tied],
        )

    def feature_weights(self, kept: np.ndarray) -> np.ndarray:
        """Give the weights of n-grams that the messages among some texts teach."""
        own = self.counts[self.layout.sentences_of(kept[self.own[kept]])]
        return self.features.weights_of(sp.vstack([own, *self.tied_counts * self.settings.min_df]).tocsr())

    def fit(self, kept: np.ndarray, penalties: list[float]) -> tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray]]]:
        """Fit one logistic regression a label on some of the texts and their sentences.

        Parameters
        ----------
        kept : ndarray of int
            The places of the texts, ascending.
        penalties : list of float
            For each of these, one fit.

        Returns
        -------
        ndarray, shape (n_features,)
            The weights of the n-grams.
        list of (ndarray, ndarray)
            Coefficients, shape (n_classes, n_features), and intercepts for each penalty.
        """
        feature_weights = self.feature_weights(kept)
        sentences, layout = self.layout.sentences_of(kept), self.layout.take(kept)
        rows = weighted(self.counts[sentences], feature_weights)
        known = np.flatnonzero(self.sentence_weights[sentences].any(axis=1))
        X = sp.vstack(
            [
                per_root_token(layout.pooling @ rows, layout.pooling @ layout.lengths),
                per_root_token(rows[known], layout.lengths[known]),
            ]
        ).tocsr()
        y = np.vstack([self.present[kept], self.sentence_present[sentences[known]]])
        weights = np.vstack([self.weights[kept], self.sentence_weights[sentences[known]]])
        fitted = []
        for C in penalties:
            with threadpool_limits(1):  # products this small are not worth sharing: threads would only wait
                of_labels = [self._fit_label(X, *of_label, C) for of_label in zip(y.T, weights.T, strict=True)]
            coef = self._tied(np.vstack([coef for coef, _ in of_labels]), feature_weights)
            fitted.append((coef, np.array([intercept for _, intercept in of_labels])))
        return feature_weights, fitted

    def held_out_scores(self, kept: np.ndarray, held: np.ndarray, penalties: list[float]) -> np.ndarray:
        """Fit on some texts and score others, for each penalty: shape (n_penalties, n_held, n_classes)."""
        feature_weights, fitted = self.fit(kept, penalties)
        rows = weighted(self.counts[self.layout.sentences_of(held)].astype(np.float64), feature_weights)
        layout, share = self.layout.take(held), self.settings.sentence_weight
        return np.array([message_scores(rows, layout, coef, intercept, share) for coef, intercept in fitted])

    def _fit_label(self, X: sp.csr_matrix, label: np.ndarray, weight: np.ndarray, C: float) -> tuple[np.ndarray, float]:
        """Fit one label, given as its probability; give its coefficients and intercept.

        scikit-learn takes no probabilities: a row that may carry the label or not stands there twice, once with it
        and once without, and the two share its weight.
        """
        used = np.flatnonzero(weight > 0)
        unsure = used[np.minimum(label[used], 1 - label[used]) > NEGLIGIBLE]
        target, likelier = label > 0.5, np.maximum(label, 1 - label)
        if not len(unsure) and (target[used].all() or not target[used].any()):  # in a fold of a very small file
            carrying = target[used].sum()
            return np.zeros(X.shape[1]), math.log((carrying + 1) / (len(used) - carrying + 1))
        regression = LogisticRegression(
            C=C,
            class_weight=self.settings.class_weight,
            max_iter=1000,
            tol=1e-4,
            random_state=self.settings.random_state,
        ).fit(
            X[np.concatenate([used, unsure])],
            np.concatenate([target[used], ~target[unsure]]),
            sample_weight=np.concatenate([(weight * likelier)[used], (weight * (1 - likelier))[unsure]]),
        )
        return regression.coef_[0].astype(np.float64), float(regression.intercept_[0])

    def _tied(self, coef: np.ndarray, feature_weights: np.ndarray) -> np.ndarray:
        """Give the words of each set the same weight, their mean, with what their subwords add."""
        coef = coef.copy()
        for columns, counts in zip(self.tied, self.tied_counts, strict=True):
            totals = weighted(counts.astype(np.float64), feature_weights) @ coef.T
            coef[:, columns] += ((totals.mean(axis=0) - totals) / feature_weights[columns, None]).T
        return coef


def _counted(features: NgramTfidf, sentences: list[list[str]], n_jobs: int | None) -> list[sp.csr_matrix]:
    """Count n-grams in sentences, in pieces that several processes share."""
    pieces = [sentences[start : start + PIECE] for start in range(0, len(sentences), PIECE)]
    counted: list[sp.csr_matrix] = Parallel(n_jobs=n_jobs)(delayed(features.counts)(piece) for piece in pieces)
    return counted


def message_scores(
    rows: sp.csr_matrix, layout: SentenceLayout, coef: np.ndarray, intercept: np.ndarray, sentence_weight: float
) -> np.ndarray:
    """Score messages from the features of their sentences; `caretone.scoring.plain` has the formula.

    Parameters
    ----------
    rows : sparse matrix, shape (n_sentences, n_features)
        The features of the sentences.
    layout : SentenceLayout
        Which sentence belongs where.
    coef : ndarray, shape (n_classes, n_features)
        Coefficients.
    intercept : ndarray, shape (n_classes,)
        Intercepts.
    sentence_weight : float
        How much the strongest sentence counts.

    Returns
    -------
    ndarray, shape (n_messages, n_classes)
    """
    sums = np.asarray(rows @ coef.T)
    lengths, pooling = layout.lengths, layout.pooling
    strongest = np.full((layout.n_messages, len(coef)), -np.inf)
    np.maximum.at(strongest, layout.message, sums / np.sqrt(np.maximum(lengths, 1))[:, None])
    tokens = pooling @ lengths
    strongest[tokens == 0] = 0
    of_message = (pooling @ sums) / np.sqrt(np.maximum(tokens, 1))[:, None]
    return intercept + (1 - sentence_weight) * of_message + sentence_weight * strongest

"""TF-IDF features of sentences, and of messages as the sums of their sentences.

The n-grams are those of `caretone.text`; scikit-learn counts them and learns their idf. A row is
divided by the square root of its number of tokens, not by its norm: lengths then compare as they
should (see docs/accuracy.md), and a message's row is the sum of its sentences' rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

from caretone.text import sentences, skip_bigrams, subwords, word_ngrams

SUBWORD_MARK = "_"
"""Stands before a subword in the vectorizer's vocabulary; no token holds it, so none is taken for a subword."""

GAP = "  "
"""Stands between the words of a skip-bigram in the vectorizer's vocabulary; those of other n-grams have one blank."""


def sentence_features(tokens: Sequence[str]) -> Iterator[str]:
    """Give the features of a sentence, each as often as it occurs: word n-grams, skip-bigrams, marked subwords."""
    for kind in (word_ngrams, named_skip_bigrams, named_subwords):
        yield from kind(list(tokens))


def named_skip_bigrams(tokens: list[str]) -> Iterator[str]:
    """Give the skip-bigrams of a sentence as they stand in the vectorizer's vocabulary."""
    return map(GAP.join, skip_bigrams(tokens))


def named_subwords(tokens: list[str]) -> Iterator[str]:
    """Give the subwords of a sentence as they stand in the vectorizer's vocabulary."""
    return (SUBWORD_MARK + subword for token in tokens for subword in subwords(token))


@dataclass(frozen=True)
class SentenceLayout:
    """Which sentences make up which message.

    Attributes
    ----------
    message : ndarray of int, shape (n_sentences,)
        To which message each sentence belongs, ascending.
    lengths : ndarray of float, shape (n_sentences,)
        The number of tokens of each sentence.
    n_messages : int
        How many messages there are, those without any sentence included.
    """

    message: np.ndarray
    lengths: np.ndarray
    n_messages: int

    @property
    def pooling(self) -> sp.csr_matrix:
        """The matrix, of shape (n_messages, n_sentences), that adds sentences up to messages."""
        n_sentences = len(self.message)
        places = (self.message, np.arange(n_sentences))
        return sp.csr_matrix((np.ones(n_sentences, dtype=np.float32), places), shape=(self.n_messages, n_sentences))

    def sentences_of(self, places: np.ndarray) -> np.ndarray:
        """Give the places of the sentences of some messages."""
        return np.flatnonzero(np.isin(self.message, places))

    def take(self, places: np.ndarray) -> SentenceLayout:
        """Keep the messages at some ascending places."""
        chosen = self.sentences_of(places)
        return SentenceLayout(np.searchsorted(places, self.message[chosen]), self.lengths[chosen], len(places))


@dataclass(frozen=True)
class SplitMessages:
    """Messages split into sentences.

    Attributes
    ----------
    sentences : list of list of str
        The tokens of every sentence of every message, in order.
    layout : SentenceLayout
        Which of them belong to which message.
    """

    sentences: list[list[str]]
    layout: SentenceLayout

    @classmethod
    def of(cls, texts: Sequence[str]) -> SplitMessages:
        """Split texts."""
        split = [sentences(text) for text in texts]
        joined = [sentence for message in split for sentence in message]
        message = np.repeat(np.arange(len(split)), [len(message) for message in split])
        lengths = np.array([len(sentence) for sentence in joined], dtype=float)
        return cls(joined, SentenceLayout(message, lengths, len(split)))


class NgramTfidf(TransformerMixin, BaseEstimator):
    """TF-IDF of the n-grams of tokenised sentences, without a norm.

    Parameters
    ----------
    min_df : int, default 3
        In how many sentences an n-gram must occur to be kept.
    subword_weight : float, default 0.25
        The weight of subwords beside word n-grams. There are many more of them, and they overlap.
    skip_weight : float, default 0.7
        The weight of skip-bigrams beside word n-grams.

    Attributes
    ----------
    counts_ : CountVectorizer
        Counts the n-grams.
    scale_ : ndarray, shape (n_features,)
        1 for word n-grams, `subword_weight` for subwords, `skip_weight` for skip-bigrams.
    weights_ : ndarray, shape (n_features,)
        What one occurrence of each n-gram counts: its scale times scikit-learn's smooth
        ``idf = ln((1 + n) / (1 + df)) + 1``.
    """

    def __init__(self, min_df: int = 3, subword_weight: float = 0.25, skip_weight: float = 0.7) -> None:
        self.min_df = min_df
        self.subword_weight = subword_weight
        self.skip_weight = skip_weight

    def fit(self, X: Sequence[Sequence[str]], y: object = None) -> NgramTfidf:
        """Learn the n-grams and their idf from sentences."""
        self.fit_counts(X)
        return self

    def fit_counts(self, X: Sequence[Sequence[str]]) -> sp.csr_matrix:
        """Learn from sentences and give how often each n-gram stands in each."""
        self.counts_ = CountVectorizer(analyzer=sentence_features, min_df=self.min_df, dtype=np.float32)
        counts = self.counts_.fit_transform(X)
        self.scale_ = np.array([self._scale(name) for name in self.counts_.get_feature_names_out()])
        self.weights_ = self.weights_of(counts)
        return counts

    def _scale(self, name: str) -> float:
        if name.startswith(SUBWORD_MARK):
            return self.subword_weight
        return self.skip_weight if GAP in name else 1.0

    def counts(self, X: Sequence[Sequence[str]]) -> sp.csr_matrix:
        """Give how often each n-gram stands in each sentence."""
        return self.counts_.transform(X)

    def weights_of(self, counts: sp.csr_matrix) -> np.ndarray:
        """Give the weights that some sentences alone would teach; none for n-grams in too few of them."""
        idf = TfidfTransformer(norm=None).fit(counts).idf_
        return np.where(counts.getnnz(axis=0) >= self.min_df, idf * self.scale_, 0.0)

    def transform(self, X: Sequence[Sequence[str]]) -> sp.csr_matrix:
        """Give the features of sentences."""
        return weighted(self.counts(X).astype(np.float64), self.weights_)


def weighted(counts: sp.csr_matrix, weights: np.ndarray) -> sp.csr_matrix:
    """Multiply each count by the weight of its n-gram, in the precision of the counts."""
    return (counts @ sp.diags(weights.astype(counts.dtype))).tocsr()


def per_root_token(rows: sp.csr_matrix, lengths: np.ndarray) -> sp.csr_matrix:
    """Divide each row by the square root of its number of tokens; an empty row stays empty."""
    return (sp.diags((1 / np.sqrt(np.maximum(lengths, 1))).astype(rows.dtype)) @ rows).tocsr()

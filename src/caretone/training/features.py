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

from caretone.text import sentences, subwords, word_ngrams

SUBWORD_MARK = "_"
"""Stands before a subword in the vectorizer's vocabulary; no token holds it, so none is taken for a subword."""


def sentence_features(tokens: Sequence[str]) -> Iterator[str]:
    """Give the features of a sentence, each as often as it occurs: word n-grams, then marked subwords."""
    yield from word_ngrams(list(tokens))
    for token in tokens:
        for subword in subwords(token):
            yield SUBWORD_MARK + subword


@dataclass(frozen=True)
class SplitMessages:
    """Messages split into sentences.

    Attributes
    ----------
    sentences : list of list of str
        The tokens of every sentence of every message, in order.
    message : ndarray of int, shape (n_sentences,)
        To which message each sentence belongs, ascending.
    n_messages : int
        How many messages there are, those without any sentence included.
    """

    sentences: list[list[str]]
    message: np.ndarray
    n_messages: int

    @classmethod
    def of(cls, texts: Sequence[str]) -> SplitMessages:
        """Split texts."""
        split = [sentences(text) for text in texts]
        return cls(
            [sentence for message in split for sentence in message],
            np.repeat(np.arange(len(split)), [len(message) for message in split]),
            len(split),
        )

    @property
    def pooling(self) -> sp.csr_matrix:
        """The matrix, of shape (n_messages, n_sentences), that adds sentences up to messages."""
        ones = np.ones(len(self.sentences))
        places = (self.message, np.arange(len(self.sentences)))
        return sp.csr_matrix((ones, places), shape=(self.n_messages, len(self.sentences)))

    @property
    def lengths(self) -> np.ndarray:
        """The number of tokens of each sentence."""
        return np.array([len(sentence) for sentence in self.sentences], dtype=float)


class NgramTfidf(TransformerMixin, BaseEstimator):
    """TF-IDF of the n-grams of tokenised sentences, without a norm.

    Parameters
    ----------
    min_df : int, default 3
        In how many sentences an n-gram must occur to be kept.
    subword_weight : float, default 0.25
        The weight of subwords beside word n-grams. There are many more of them, and they overlap.

    Attributes
    ----------
    counts_ : CountVectorizer
        Counts the n-grams.
    tfidf_ : TfidfTransformer
        Weighs them by ``idf = ln((1 + n) / (1 + df)) + 1``, scikit-learn's smooth idf.
    scale_ : ndarray, shape (n_features,)
        1 for word n-grams, `subword_weight` for subwords.
    """

    def __init__(self, min_df: int = 3, subword_weight: float = 0.25) -> None:
        self.min_df = min_df
        self.subword_weight = subword_weight

    def fit(self, X: Sequence[Sequence[str]], y: object = None) -> NgramTfidf:
        """Learn the n-grams and their idf from sentences."""
        self.fit_transform(X)
        return self

    def fit_transform(self, X: Sequence[Sequence[str]], y: object = None) -> sp.csr_matrix:
        """Learn from sentences and give their features."""
        self.counts_ = CountVectorizer(analyzer=sentence_features, min_df=self.min_df, dtype=np.float64)
        counts = self.counts_.fit_transform(X)
        self.tfidf_ = TfidfTransformer(norm=None).fit(counts)
        subword = np.array([name.startswith(SUBWORD_MARK) for name in self.counts_.get_feature_names_out()])
        self.scale_ = np.where(subword, self.subword_weight, 1.0)
        return self._weighted(counts)

    def transform(self, X: Sequence[Sequence[str]]) -> sp.csr_matrix:
        """Give the features of sentences."""
        return self._weighted(self.counts_.transform(X))

    @property
    def weights_(self) -> np.ndarray:
        """What one occurrence of each n-gram counts: its idf times its scale."""
        return self.tfidf_.idf_ * self.scale_

    def _weighted(self, counts: sp.csr_matrix) -> sp.csr_matrix:
        return (counts @ sp.diags(self.weights_)).tocsr()


def per_root_token(rows: sp.csr_matrix, lengths: np.ndarray) -> sp.csr_matrix:
    """Divide each row by the square root of its number of tokens; an empty row stays empty."""
    return (sp.diags(1 / np.sqrt(np.maximum(lengths, 1))) @ rows).tocsr()

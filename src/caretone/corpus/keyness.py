"""Find the words that mark each tone: n-grams over-represented with it, and collocations of its messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from nltk.collocations import BigramCollocationFinder
from nltk.metrics.association import BigramAssocMeasures
from sklearn.feature_extraction.text import CountVectorizer

from caretone.text import sentences, word_ngrams
from caretone.tones import TONES

FEWEST = 5
"""N-grams in fewer messages, and collocations with fewer occurrences, are left aside."""

TOP = 25
"""So many of either are listed for each tone."""


@dataclass(frozen=True)
class Mark:
    """An n-gram that marks a tone.

    Attributes
    ----------
    tone : str
        The tone.
    ngram : str
        One to three tokens, or, of a collocation, two words.
    with_tone, overall : int
        How many messages that carry the tone, and how many messages at all, hold the n-gram; of a
        collocation, how often it occurs in them.
    likelihood_ratio : float
        The evidence that it keeps company with the tone or, of a collocation, one word with the other.
    pmi : float
        How strongly it does: pointwise mutual information, in bits.
    """

    tone: str
    ngram: str
    with_tone: int
    overall: int
    likelihood_ratio: float
    pmi: float


def marking_ngrams(texts: Sequence[str], tones: np.ndarray) -> list[Mark]:
    """Give the n-grams that stand in more messages of a tone than chance would have it.

    Parameters
    ----------
    texts : sequence of str, length n
        The messages.
    tones : ndarray of 0 and 1, shape (n, 3)
        The tones each carries.

    Returns
    -------
    list of Mark
        The `TOP` of each tone by likelihood ratio.

    Notes
    -----
    Dunning (1993), *Accurate methods for the statistics of surprise and coincidence*; the measures are
    those of ``nltk.metrics.BigramAssocMeasures``, over messages.

    Examples
    --------
    >>> texts = ["so sorry"] * 5 + ["at noon"] * 5
    >>> [mark.ngram for mark in marking_ngrams(texts, np.array([[1, 0, 0]] * 5 + [[0, 0, 0]] * 5))]
    ['so', 'so sorry', 'sorry']
    """
    counter = CountVectorizer(analyzer=_ngrams_of, binary=True, min_df=FEWEST, dtype=np.int64)
    try:
        counts = counter.fit_transform(texts)
    except ValueError:  # nothing occurs in so many messages
        return []
    ngrams, overall = counter.get_feature_names_out(), np.asarray(counts.sum(axis=0)).ravel()
    with_tones, carrying = np.asarray(tones.astype(np.int64).T @ counts), tones.sum(axis=0)
    marks = []
    for n, tone in enumerate(TONES):
        more = with_tones[n] * len(texts) > overall * carrying[n]
        measured = (
            _measured(tone, str(ngrams[at]), int(with_tones[n, at]), int(overall[at]), int(carrying[n]), len(texts))
            for at in np.flatnonzero(more)
        )
        marks += _strongest(measured)
    return marks


def marking_collocations(texts: Sequence[str], tones: np.ndarray) -> list[Mark]:
    """Give the pairs of neighbouring words that belong together and are commoner where a tone is.

    Parameters
    ----------
    texts : sequence of str, length n
        The messages.
    tones : ndarray of 0 and 1, shape (n, 3)
        The tones each carries.

    Returns
    -------
    list of Mark
        The `TOP` of each tone by likelihood ratio, of those at least twice as frequent in messages that
        carry the tone as in the others.
    """
    split = [sentences(text) for text in texts]
    everywhere = _finder(split)
    marks = []
    for n, tone in enumerate(TONES):
        finder = _finder([message for message, there in zip(split, tones[:, n], strict=True) if there])
        likelihood = dict(finder.score_ngrams(BigramAssocMeasures.likelihood_ratio))
        pmi = dict(finder.score_ngrams(BigramAssocMeasures.pmi))
        marks += _strongest(
            Mark(tone, " ".join(pair), finder.ngram_fd[pair], everywhere.ngram_fd[pair], ratio, pmi[pair])
            for pair, ratio in likelihood.items()
            if pmi[pair] > 0 and _twice_as_frequent(pair, finder, everywhere)
        )
    return marks


def _ngrams_of(text: str) -> set[str]:
    return {ngram for sentence in sentences(text) for ngram in word_ngrams(sentence) if _has_word(ngram)}


def _has_word(ngram: str) -> bool:
    return any(mark.isalnum() for mark in ngram)


def _measured(tone: str, ngram: str, with_tone: int, overall: int, carrying: int, messages: int) -> Mark:
    counts = (with_tone, (overall, carrying), messages)
    return Mark(
        tone,
        ngram,
        with_tone,
        overall,
        float(BigramAssocMeasures.likelihood_ratio(*counts)),
        float(BigramAssocMeasures.pmi(*counts)),
    )


def _finder(messages: list[list[list[str]]]) -> BigramCollocationFinder:
    finder = BigramCollocationFinder.from_documents([sentence for message in messages for sentence in message])
    finder.apply_freq_filter(FEWEST)
    finder.apply_word_filter(lambda word: not _has_word(word))
    return finder


def _twice_as_frequent(
    pair: tuple[str, str], within: BigramCollocationFinder, everywhere: BigramCollocationFinder
) -> bool:
    """Compare how often a pair stands in some messages with how often in the others, for each word."""
    elsewhere = everywhere.ngram_fd[pair] - within.ngram_fd[pair]
    return bool(within.ngram_fd[pair] * (everywhere.N - within.N) >= 2 * elsewhere * within.N)


def _strongest(marks: Iterator[Mark]) -> list[Mark]:
    return sorted(marks, key=lambda mark: (-mark.likelihood_ratio, mark.ngram))[:TOP]

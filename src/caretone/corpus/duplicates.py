"""Find messages that stand in a corpus more than once, word for word or nearly so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import TfidfVectorizer

from caretone.corpus.reading import LabelledMessages
from caretone.tones import TONES, format_tones

GRAM = 4
"""The length of the character n-grams that texts are compared by."""

_BLOCK = 500
_PAIRS_AT_ONCE = 200_000
_ROUNDING = 1e-5

_SLACK = 0.15
"""Prefixes are kept for a threshold that is lower by so much: what they share then tells more of the similarity."""


@dataclass(frozen=True)
class DuplicateGroup:
    """Messages that repeat one another.

    Attributes
    ----------
    rows : tuple of int
        Where they stand.
    tones : tuple of str
        The tones of each.
    contradictory : bool
        Whether those differ.
    """

    rows: tuple[int, ...]
    tones: tuple[str, ...]
    contradictory: bool


def duplicate_groups(messages: LabelledMessages, clusters: np.ndarray) -> list[DuplicateGroup]:
    """Give the clusters of several messages, those with contradictory tones first.

    Parameters
    ----------
    messages : LabelledMessages
        The messages.
    clusters : ndarray of int, shape (n_messages,)
        What `same_texts` or `near_texts` gives.

    Returns
    -------
    list of DuplicateGroup
    """
    tones = [format_tones(tone for tone, there in zip(TONES, row, strict=True) if there) for row in messages.tones]
    repeated = np.flatnonzero(np.bincount(clusters, minlength=1)[clusters] > 1)
    groups = []
    for places in pd.Series(repeated).groupby(clusters[repeated]).agg(list):
        carried = tuple(tones[place] for place in places)
        groups.append(DuplicateGroup(tuple(messages.rows[place] for place in places), carried, len(set(carried)) > 1))
    return sorted(groups, key=lambda group: (not group.contradictory, group.rows))


def same_texts(texts: Sequence[str]) -> np.ndarray:
    """Give each text a number, the same for texts that are the same but for case and white space.

    Parameters
    ----------
    texts : sequence of str, length n
        Texts.

    Returns
    -------
    ndarray of int, shape (n,)
        Numbers from 0, in the order in which the texts first occur.

    Examples
    --------
    >>> same_texts(["So sorry", "Noon?", "so  sorry"])
    array([0, 1, 0])
    """
    return np.asarray(pd.factorize(np.array([_folded(text) for text in texts], dtype=object))[0])


def near_texts(texts: Sequence[str], threshold: float = 0.85) -> np.ndarray:
    """Cluster texts whose character n-grams are nearly the same.

    Texts with a cosine similarity of `threshold` or more between their TF-IDF weighted character
    4-grams come into one cluster, and so do those linked by a chain of such texts.

    Parameters
    ----------
    texts : sequence of str, length n
        Texts.
    threshold : float, default 0.85
        The least similarity, above 0 and up to 1.

    Returns
    -------
    ndarray of int, shape (n,)
        The number of each text's cluster.

    Notes
    -----
    Nothing is approximated. Only texts that share an n-gram among the rarest of both can reach the
    threshold: what is left of either is too short a vector (Bayardo, Ma and Srikant, 2007, *Scaling up
    all pairs similarity search*, WWW). Comparing only those, and of them only the pairs that share
    enough, takes seconds for tens of thousands of texts. A reworded sentence falls below the default
    threshold; 0.7 finds most pairs that differ in two or three letters.

    Examples
    --------
    >>> near_texts(["So sorry for your loss, Ann.", "Is lunch at noon?", "So sorry for your loss Ann!"], 0.6)
    array([0, 1, 0], dtype=int32)
    """
    same = same_texts(texts)
    if not len(same):
        return same
    distinct = list(dict.fromkeys(_folded(text) for text in texts))
    clusters = np.arange(len(distinct))
    for first, second in _similar_pairs(distinct, threshold):
        # joining block by block keeps memory small however many pairs there are
        ones = np.ones(len(first) + len(clusters), dtype=bool)
        ends = (np.concatenate([first, np.arange(len(clusters))]), np.concatenate([second, clusters]))
        graph = sp.coo_matrix((ones, ends), shape=(len(clusters),) * 2)
        numbers = connected_components(graph, directed=False)[1]
        clusters = np.unique(numbers, return_index=True)[1][numbers]
    return np.unique(clusters, return_inverse=True)[1][same].astype(np.int32)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _similar_pairs(texts: list[str], threshold: float) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Give the places of similar pairs, block by block."""
    vectors = _vectors(texts)
    if vectors is None:
        return
    prefixes = _prefixes(vectors, max(threshold - _SLACK, 0.0))
    transposed = prefixes.T.tocsr()
    length = np.asarray(prefixes.multiply(prefixes).sum(axis=1)).ravel()
    least = threshold - _ROUNDING
    for start in range(0, len(texts), _BLOCK):
        shared = (prefixes[start : start + _BLOCK] @ transposed).tocoo()
        later = shared.col > shared.row + start
        first, second, found = shared.row[later] + start, shared.col[later], shared.data[later]
        hopeful = np.maximum(_at_most(found, length[first]), _at_most(found, length[second])) >= least
        first, second = first[hopeful], second[hopeful]
        for part in range(0, len(first), _PAIRS_AT_ONCE):
            a, b = first[part : part + _PAIRS_AT_ONCE], second[part : part + _PAIRS_AT_ONCE]
            similar = np.asarray(vectors[a].multiply(vectors[b]).sum(axis=1)).ravel() >= least
            if similar.any():
                yield a[similar], b[similar]


def _at_most(found: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Bound the similarity of two texts by what their prefixes share and the squared length of the shorter prefix.

    By Cauchy's inequality: the rest of the one text is as long as is left of 1, and the rest of the
    other at most as long as is left of 1 by what it needs in order to share so much.
    """
    return found + np.sqrt(np.maximum(1 - length, 0) * np.maximum(1 - found**2 / length, 0))


def _vectors(texts: list[str]) -> sp.csr_matrix | None:
    """Give the TF-IDF vectors of unit length, their n-grams from the rarest to the commonest; None without any."""
    tfidf = TfidfVectorizer(analyzer="char", ngram_range=(GRAM, GRAM), preprocessor=_padded, dtype=np.float32)
    try:
        vectors = tfidf.fit_transform(texts)
    except ValueError:  # every text is shorter than an n-gram
        return None
    rarest_first = np.argsort(np.bincount(vectors.indices, minlength=vectors.shape[1]), kind="stable")
    return vectors[:, rarest_first].tocsr().sorted_indices()


def _padded(text: str) -> str:
    """Mark the ends of a text, so that short ones have n-grams too."""
    return f"  {text}  "


def _prefixes(vectors: sp.csr_matrix, threshold: float) -> sp.csr_matrix:
    """Keep the rarest n-grams of each text, up to where the rest alone could no longer reach the threshold."""
    squares = vectors.data.astype(float) ** 2
    before = np.cumsum(squares) - squares
    before -= np.repeat(before[np.minimum(vectors.indptr[:-1], len(before) - 1)], np.diff(vectors.indptr))
    kept = np.where(1 - before >= threshold**2 - _ROUNDING, vectors.data, 0)
    prefixes = sp.csr_matrix((kept, vectors.indices.copy(), vectors.indptr.copy()), shape=vectors.shape)
    prefixes.eliminate_zeros()
    return prefixes

"""Find shortcuts: labels that the length of a message, or a single token in it, gives away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.metrics import roc_auc_score

from caretone.text import sentences
from caretone.tones import TONES

SUSPICIOUS_AUC = 0.15
"""From this distance to 0.5, the AUC of length alone is suspicious."""

FEWEST = 10
"""Tokens in fewer messages are left aside."""

SUSPICIOUS_Z = 4.0
"""From this z-score, a token's association with a tone is beyond chance, with thousands of tokens looked at."""

SUSPICIOUS_SHARE = 0.9
"""A word is suspicious if this share of the messages that hold it carry a tone."""

SUSPICIOUS_GAP = 0.2
"""A mark, an emoji or a number is suspicious if the tone's share with it is so much higher or lower."""


@dataclass(frozen=True)
class LengthEffect:
    """How far the number of tokens tells a tone.

    Attributes
    ----------
    tone : str
        The tone.
    spearman : float
        The rank correlation of length and tone; NaN where all or none carry it.
    auc : float
        The ROC AUC of length alone, 0.5 where it tells nothing; NaN likewise.
    with_tone, without_tone : float
        The median length of messages with the tone and without.
    suspicious : bool
        Whether the AUC is `SUSPICIOUS_AUC` or more from 0.5.
    """

    tone: str
    spearman: float
    auc: float
    with_tone: float
    without_tone: float
    suspicious: bool


@dataclass(frozen=True)
class StrayToken:
    """A token that gives a tone away.

    Attributes
    ----------
    tone : str
        The tone.
    token : str
        The token.
    messages : int
        How many messages hold it.
    share : float
        The share of them that carry the tone.
    z : float
        How many standard errors that is from the tone's share in all messages.
    """

    tone: str
    token: str
    messages: int
    share: float
    z: float


def length_effects(texts: Sequence[str], tones: np.ndarray) -> list[LengthEffect]:
    """Measure how far length alone tells each tone.

    Parameters
    ----------
    texts : sequence of str, length n
        The messages.
    tones : ndarray of 0 and 1, shape (n, 3)
        The tones each carries.

    Returns
    -------
    list of LengthEffect
        One for each tone.
    """
    lengths = np.array([sum(map(len, sentences(text))) for text in texts])
    return [_length_effect(tone, lengths, present == 1) for tone, present in zip(TONES, tones.T, strict=True)]


def stray_tokens(texts: Sequence[str], tones: np.ndarray) -> list[StrayToken]:
    """Give the tokens that by themselves nearly settle a tone, or that should say nothing about it but do.

    Parameters
    ----------
    texts : sequence of str, length n
        The messages.
    tones : ndarray of 0 and 1, shape (n, 3)
        The tones each carries.

    Returns
    -------
    list of StrayToken
        The most significant first.

    Notes
    -----
    The z-score is that of Gardner et al. (2021), *Competency problems: on finding and removing artifacts in
    language data*, EMNLP: no single token should decide. Some are honest all the same (*condolences*).

    Examples
    --------
    >>> texts = [f"sorry {n} ;" for n in range(20)] + [f"sorry {n}" for n in range(20)]
    >>> [token.token for token in stray_tokens(texts, np.array([[1, 0, 0]] * 20 + [[0, 0, 0]] * 20))]
    [';']
    """
    counter = CountVectorizer(analyzer=_tokens_of, binary=True, min_df=FEWEST, dtype=np.int64)
    try:
        counts = counter.fit_transform(texts)
    except ValueError:  # nothing occurs in so many messages
        return []
    tokens, messages = counter.get_feature_names_out(), np.asarray(counts.sum(axis=0)).ravel()
    shares = np.asarray(tones.astype(np.int64).T @ counts) / messages
    found: list[StrayToken] = []
    for tone, share, base in zip(TONES, shares, tones.mean(axis=0), strict=True):
        if not 0 < base < 1:
            continue
        z = (share - base) / np.sqrt(base * (1 - base) / messages)
        suspicious = np.flatnonzero(np.abs(z) >= SUSPICIOUS_Z)
        found += [
            StrayToken(tone, str(tokens[n]), int(messages[n]), float(share[n]), float(z[n]))
            for n in suspicious
            if share[n] >= SUSPICIOUS_SHARE or (not tokens[n].isalpha() and abs(share[n] - base) >= SUSPICIOUS_GAP)
        ]
    return sorted(found, key=lambda token: -abs(token.z))


def _tokens_of(text: str) -> Iterator[str]:
    return (token for sentence in sentences(text) for token in sentence)


def _length_effect(tone: str, lengths: np.ndarray, present: np.ndarray) -> LengthEffect:
    if present.all() or not present.any():
        return LengthEffect(tone, np.nan, np.nan, _median(lengths[present]), _median(lengths[~present]), False)
    constant = lengths.min() == lengths.max()
    auc = float(roc_auc_score(present, lengths))
    return LengthEffect(
        tone,
        np.nan if constant else float(spearmanr(lengths, present).statistic),
        auc,
        _median(lengths[present]),
        _median(lengths[~present]),
        abs(auc - 0.5) >= SUSPICIOUS_AUC,
    )


def _median(lengths: np.ndarray) -> float:
    return float(np.median(lengths)) if len(lengths) else np.nan

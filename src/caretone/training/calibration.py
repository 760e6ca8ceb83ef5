"""Turn scores into probabilities, and choose the probability from which a label counts as present."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LogisticRegression


def fit_platt(scores: np.ndarray, present: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Fit the log-odds of a label as a line over its score.

    Parameters
    ----------
    scores : ndarray, shape (n_samples,)
        Out-of-fold scores.
    present : ndarray of 0 and 1, shape (n_samples,)
        Whether the label is present.
    weights : ndarray, shape (n_samples,)
        Weights of the samples.

    Returns
    -------
    slope, offset : float
        ``log-odds = slope * score + offset``; the slope is not below zero.

    Notes
    -----
    Platt (1999), *Probabilistic outputs for support vector machines*, with his smoothed targets, so that
    a label that scores separate perfectly does not get an endless slope.

    Examples
    --------
    >>> import numpy as np
    >>> slope, offset = fit_platt(np.array([-2.0, -1, 1, 2] * 5), np.array([0, 0, 1, 1] * 5), np.ones(20))
    >>> slope > 0
    True
    """
    carrying, lacking = present.sum(), len(present) - present.sum()
    high, low = (carrying + 1) / (carrying + 2), 1 / (lacking + 2)
    target = np.where(present == 1, high, low)
    # a fractional target is one sample of either class, weighted by the target and by its rest
    doubled = np.concatenate([scores, scores])[:, None]
    classes = np.repeat([1, 0], len(scores))
    regression = LogisticRegression(C=1e6, max_iter=1000).fit(
        doubled, classes, sample_weight=np.concatenate([weights * target, weights * (1 - target)])
    )
    return max(float(regression.coef_[0, 0]), 0.0), float(regression.intercept_[0])


def best_threshold(probabilities: np.ndarray, present: np.ndarray, weights: np.ndarray) -> float:
    """Give the threshold with the highest F1, or with the highest F1 to be expected.

    Parameters
    ----------
    probabilities : ndarray, shape (n_samples,)
        Probabilities of a label.
    present : ndarray, shape (n_samples,)
        Whether it is present, 0 or 1; or the probability that it is.
    weights : ndarray, shape (n_samples,)
        Weights of the samples.

    Returns
    -------
    float
        Halfway between the lowest probability that counts as present and the next below it.

    Notes
    -----
    Where ``present`` holds the probabilities themselves, the threshold is the one with the highest expected
    F1; it is near half of that F1 (Lipton, Elkan and Naryanaswamy, 2014, ECML PKDD).

    Examples
    --------
    >>> import numpy as np
    >>> best_threshold(np.array([0.1, 0.4, 0.6, 0.9]), np.array([0, 0, 1, 1]), np.ones(4))
    0.5
    """
    order = np.argsort(-probabilities, kind="stable")
    ranked, hits, sizes = probabilities[order], (present * weights)[order], weights[order]
    f1 = 2 * np.cumsum(hits) / (np.cumsum(sizes) + hits.sum())
    tied = np.append(ranked[1:] == ranked[:-1], False)
    last = int(np.argmax(np.where(tied, -1.0, f1)))
    below = ranked[last + 1] if last + 1 < len(ranked) else 0.0
    return float((ranked[last] + below) / 2)

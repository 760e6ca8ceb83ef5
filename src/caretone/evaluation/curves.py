"""The curves behind the figures: precision and recall, reliability, F1 by threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from caretone.tones import TONES

BINS = 10
"""The number of equally wide bins for reliability and the expected calibration error."""

POINTS = 101
"""A curve has at most this many points."""

Curve = dict[str, list[float]]
"""The coordinates of a curve's points, by name."""


@dataclass(frozen=True)
class ToneCurves:
    """The curves of one tone.

    Attributes
    ----------
    threshold : float
        The probability from which the tone counts as present.
    precision_recall : dict
        ``threshold``, ``precision`` and ``recall``, from the highest threshold down; empty where no
        message carries the tone.
    reliability : dict
        For each bin that is not empty the mean ``probability``, the ``share`` of its messages that
        carry the tone, and how many ``messages`` it holds.
    f1_by_threshold : dict
        ``threshold`` from 0 to 1, and ``f1``.
    """

    threshold: float
    precision_recall: Curve
    reliability: Curve
    f1_by_threshold: Curve

    def to_dict(self) -> dict[str, Any]:
        """Give the curves as plain values, ready for JSON."""
        return asdict(self)


def tone_curves(present: np.ndarray, probabilities: np.ndarray, thresholds: Sequence[float]) -> dict[str, ToneCurves]:
    """Compute the curves of each tone.

    Parameters
    ----------
    present : ndarray of 0 and 1, shape (n_messages, 3)
        The true tones.
    probabilities : ndarray, shape (n_messages, 3)
        The predicted probabilities.
    thresholds : sequence of float, length 3
        The probability from which each tone counts as present.

    Returns
    -------
    dict of str to ToneCurves

    Examples
    --------
    >>> curves = tone_curves(np.array([[1, 0, 0], [0, 0, 0]]), np.array([[0.9, 0.1, 0.1], [0.2, 0.1, 0.1]]), [0.5] * 3)
    >>> curves["sympathy"].precision_recall
    {'threshold': [0.9], 'precision': [1.0], 'recall': [1.0]}
    """
    curves = {}
    for tone, carried, probability, threshold in zip(TONES, present.T, probabilities.T, thresholds, strict=True):
        ranking = down_the_ranking(np.ones((1, len(present))), carried, probability)
        curves[tone] = ToneCurves(
            float(threshold),
            _precision_recall(*ranking),
            _reliability(carried, probability),
            _f1_by_threshold(*ranking),
        )
    return curves


def down_the_ranking(
    counts: np.ndarray, carried: np.ndarray, probability: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Count the messages whose probability reaches a threshold, for every threshold that occurs.

    Parameters
    ----------
    counts : ndarray, shape (n_rows, n_messages)
        How often each message counts, in rows of their own.
    carried : ndarray of 0 and 1, shape (n_messages,)
        Which messages carry the tone.
    probability : ndarray, shape (n_messages,)
        The probability of each.

    Returns
    -------
    thresholds : ndarray, shape (n_thresholds,)
        The probabilities that occur, from the highest down.
    hits, flagged : ndarray, shape (n_rows, n_thresholds)
        How many messages that carry the tone, and how many at all, reach each of them.
    """
    order = np.argsort(-probability, kind="stable")
    descending = probability[order]
    last_of_ties = np.flatnonzero(np.diff(descending, append=-np.inf))
    ranked = counts[:, order]
    flagged = np.cumsum(ranked, axis=1)[:, last_of_ties]
    hits = np.cumsum(ranked * carried[order], axis=1)[:, last_of_ties]
    return descending[last_of_ties], hits, flagged


def calibration_bins(probability: np.ndarray) -> np.ndarray:
    """Give, with a 1, the bin that each probability falls into: shape (n_messages, BINS)."""
    return np.eye(BINS)[np.minimum((probability * BINS).astype(int), BINS - 1)]


def _precision_recall(thresholds: np.ndarray, hits: np.ndarray, flagged: np.ndarray) -> Curve:
    carrying = hits[0, -1]
    if not carrying:
        return {"threshold": [], "precision": [], "recall": []}
    # of all thresholds, the highest for each hundredth of recall
    steps = -(-np.arange(1, POINTS) * carrying // (POINTS - 1))
    kept = np.unique(np.searchsorted(hits[0], steps))
    return {
        "threshold": _rounded(thresholds[kept]),
        "precision": _rounded(hits[0, kept] / flagged[0, kept]),
        "recall": _rounded(hits[0, kept] / carrying),
    }


def _reliability(carried: np.ndarray, probability: np.ndarray) -> Curve:
    bins = calibration_bins(probability)
    messages = bins.sum(axis=0)
    filled = messages > 0
    return {
        "probability": _rounded((probability @ bins)[filled] / messages[filled]),
        "share": _rounded((carried @ bins)[filled] / messages[filled]),
        "messages": messages[filled].astype(int).tolist(),
    }


def _f1_by_threshold(thresholds: np.ndarray, hits: np.ndarray, flagged: np.ndarray) -> Curve:
    grid = np.linspace(0, 1, POINTS).round(2)
    reached = np.searchsorted(-thresholds, -grid, side="right")
    of_grid = np.concatenate([np.zeros((2, 1)), np.vstack([hits, flagged])], axis=1)[:, reached]
    f1 = ratio(2 * of_grid[0], of_grid[1] + hits[0, -1])
    return {"threshold": grid.tolist(), "f1": _rounded(f1)}


def ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Divide; 0 where there is nothing to divide by, as precision, recall and F1 are commonly read."""
    return np.divide(part, whole, out=np.zeros(np.shape(part)), where=whole != 0)


def _rounded(values: np.ndarray) -> list[float]:
    return values.round(6).tolist()

"""Figures of a model on labelled messages, each with a bootstrap interval."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from caretone.tones import LABELS, TONES

Statistic = Callable[[np.ndarray], float]
"""A figure as a function of how often each message counts."""

BINS = 10
"""The number of equally wide bins for the expected calibration error."""


@dataclass(frozen=True)
class Figure:
    """A measured figure with its 95% bootstrap interval (percentiles).

    Attributes
    ----------
    value : float
        The figure on the messages as they are; NaN where it is not defined.
    low, high : float
        The 2.5th and the 97.5th percentile of the figure on resampled messages.
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True)
class Evaluation:
    """How good predictions are.

    Attributes
    ----------
    tones : dict of str to dict of str to Figure
        For each tone its precision, recall, F1, average precision, ROC AUC, Brier score, and expected
        calibration error.
    overall : dict of str to Figure
        Macro-F1 and micro-F1 over the three tones, subset accuracy, accuracy of the single label.
    confusion : ndarray of int, shape (4, 4)
        Single labels: rows are the true ones, columns the predicted ones, in the order of `LABELS`.
    messages : int
        How many messages were measured on.
    carrying : dict of str to int
        How many of them carry each tone.
    """

    tones: dict[str, dict[str, Figure]]
    overall: dict[str, Figure]
    confusion: np.ndarray
    messages: int
    carrying: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Give all figures as plain values, ready for JSON; an undefined figure is None."""
        return {
            "messages": self.messages,
            "carrying": self.carrying,
            "tones": {tone: _plain(figures) for tone, figures in self.tones.items()},
            "overall": _plain(self.overall),
            "confusion": {
                true: dict(zip(LABELS, row, strict=True))
                for true, row in zip(LABELS, self.confusion.tolist(), strict=True)
            },
        }


def evaluate(
    present: np.ndarray,
    probabilities: np.ndarray,
    thresholds: Sequence[float],
    *,
    groups: Sequence[Any] | None = None,
    n_bootstrap: int = 1000,
    random_state: int = 0,
) -> Evaluation:
    """Measure predicted probabilities against labels.

    Parameters
    ----------
    present : ndarray of 0 and 1, shape (n_messages, 3)
        The true tones.
    probabilities : ndarray, shape (n_messages, 3)
        The predicted probabilities.
    thresholds : sequence of float, length 3
        The probability from which each tone counts as present.
    groups : sequence, length n_messages, optional
        What is resampled whole, such as the author; by default every message by itself.
    n_bootstrap : int, default 1000
        How often messages, or groups, are resampled for the intervals.
    random_state : int, default 0
        Seeds the resampling.

    Returns
    -------
    Evaluation

    Notes
    -----
    Intervals are percentile bootstrap intervals (Efron and Tibshirani, 1993, *An introduction to the
    bootstrap*, chapter 13). The expected calibration error compares, in ten equally wide bins, the mean
    probability with the share of messages that carry the tone (Naeini, Cooper and Hauskrecht, AAAI 2015).

    Examples
    --------
    >>> import numpy as np
    >>> present = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]])
    >>> evaluate(present, present * 0.8 + 0.1, [0.5, 0.5, 0.5], n_bootstrap=10).overall["macro_f1"].value
    1.0
    """
    predicted = (probabilities >= np.asarray(thresholds)).astype(int)
    counts = _resampled_counts(len(present), groups, n_bootstrap, np.random.default_rng(random_state))
    of_tones = {
        tone: {
            name: _figure(statistic, counts)
            for name, statistic in _tone_statistics(present[:, n], predicted[:, n], probabilities[:, n]).items()
        }
        for n, tone in enumerate(TONES)
    }
    true_labels, predicted_labels = depth(present), depth(predicted)
    confusion = np.zeros((len(LABELS), len(LABELS)), dtype=int)
    np.add.at(confusion, (true_labels, predicted_labels), 1)
    return Evaluation(
        of_tones,
        {name: _figure(statistic, counts) for name, statistic in _overall_statistics(present, predicted).items()},
        confusion,
        len(present),
        dict(zip(TONES, present.sum(axis=0).tolist(), strict=True)),
    )


def depth(present: np.ndarray) -> np.ndarray:
    """Give the place in `LABELS` of each message's single label: its deepest tone, or 0 for none."""
    return (present * np.arange(1, len(TONES) + 1)).max(axis=1)


def _tone_statistics(present: np.ndarray, predicted: np.ndarray, probability: np.ndarray) -> dict[str, Statistic]:
    hit, bins = present * predicted, np.minimum((probability * BINS).astype(int), BINS - 1)

    def ranked(score: Callable[..., float]) -> Statistic:
        def statistic(count: np.ndarray) -> float:
            drawn = count > 0
            if len(np.unique(present[drawn])) < 2:
                return float("nan")
            return float(score(present[drawn], probability[drawn], sample_weight=count[drawn]))

        return statistic

    def calibration_error(count: np.ndarray) -> float:
        gap = np.bincount(bins, count * (probability - present), minlength=BINS)
        return float(np.abs(gap).sum() / count.sum())

    return {
        "precision": lambda count: _ratio(count @ hit, count @ predicted),
        "recall": lambda count: _ratio(count @ hit, count @ present),
        "f1": lambda count: _ratio(2 * (count @ hit), count @ predicted + count @ present),
        "average_precision": ranked(average_precision_score),
        "roc_auc": ranked(roc_auc_score),
        "brier": lambda count: _ratio(count @ (probability - present) ** 2, count.sum()),
        "calibration_error": calibration_error,
    }


def _overall_statistics(present: np.ndarray, predicted: np.ndarray) -> dict[str, Statistic]:
    hit = present * predicted
    exact = (present == predicted).all(axis=1)
    same_label = depth(present) == depth(predicted)

    def macro_f1(count: np.ndarray) -> float:
        return float(np.mean([_ratio(2 * h, p + t) for h, p, t in zip(*_sums(count, hit, predicted, present))]))

    def micro_f1(count: np.ndarray) -> float:
        hits, positives, trues = (part.sum() for part in _sums(count, hit, predicted, present))
        return _ratio(2 * hits, positives + trues)

    return {
        "macro_f1": macro_f1,
        "micro_f1": micro_f1,
        "subset_accuracy": lambda count: _ratio(count @ exact, count.sum()),
        "label_accuracy": lambda count: _ratio(count @ same_label, count.sum()),
    }


def _sums(count: np.ndarray, *tables: np.ndarray) -> list[np.ndarray]:
    return [count @ table for table in tables]


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0


def _resampled_counts(
    n_messages: int, groups: Sequence[Any] | None, n_bootstrap: int, generator: np.random.Generator
) -> list[np.ndarray]:
    """Give how often each message counts: first once each, then for every resampling."""
    owner = np.arange(n_messages) if groups is None else np.unique(np.asarray(groups, dtype=str), return_inverse=True)[1]
    n_units = int(owner.max()) + 1 if n_messages else 0
    draws = (np.bincount(generator.integers(0, n_units, n_units), minlength=n_units) for _ in range(n_bootstrap))
    return [np.ones(n_messages), *(draw[owner].astype(float) for draw in draws)]


def _figure(statistic: Statistic, counts: list[np.ndarray]) -> Figure:
    value, *resampled = (statistic(count) for count in counts)
    defined = [figure for figure in resampled if figure == figure]
    low, high = np.percentile(defined, [2.5, 97.5]) if defined else (float("nan"), float("nan"))
    return Figure(value, float(low), float(high))


def _plain(figures: dict[str, Figure]) -> dict[str, dict[str, float | None]]:
    return {
        name: {part: value if (value := getattr(figure, part)) == value else None for part in ("value", "low", "high")}
        for name, figure in figures.items()
    }

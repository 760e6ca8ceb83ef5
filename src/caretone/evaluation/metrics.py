"""Figures of a model on labelled messages, each with a bootstrap interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from caretone.evaluation.bootstrap import Figure, bootstrap
from caretone.evaluation.curves import BINS, ToneCurves, calibration_bins, down_the_ranking, ratio, tone_curves
from caretone.tones import LABELS, TONES

__all__ = ["BINS", "Evaluation", "Figure", "depth", "evaluate", "tone_f1"]


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
    curves : dict of str to ToneCurves
        For each tone precision against recall, reliability, and F1 by threshold.
    seen : int, optional
        How many of the messages also stand in the model's training data, where that is known.
    """

    tones: dict[str, dict[str, Figure]]
    overall: dict[str, Figure]
    confusion: np.ndarray
    messages: int
    carrying: dict[str, int]
    curves: dict[str, ToneCurves]
    seen: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give all figures, without the curves, as plain values, ready for JSON; an undefined one is None."""
        return {
            "messages": self.messages,
            "seen": self.seen,
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
    groups: Any = None,
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

    def statistics(counts: np.ndarray) -> dict[tuple[str, str], np.ndarray]:
        of_tones = (
            _tone_statistics(counts, *columns) for columns in zip(present.T, predicted.T, probabilities.T, strict=True)
        )
        parts = dict(zip(TONES, of_tones, strict=True)) | {"": _overall_statistics(counts, present, predicted)}
        return {(part, name): values for part, figures in parts.items() for name, values in figures.items()}

    values = bootstrap(statistics, len(present), groups=groups, n_bootstrap=n_bootstrap, random_state=random_state)
    figures: dict[str, dict[str, Figure]] = {}
    for (part, name), column in values.items():
        figures.setdefault(part, {})[name] = Figure.of(column)
    return Evaluation(
        {tone: figures[tone] for tone in TONES},
        figures[""],
        _confusion(present, predicted),
        len(present),
        dict(zip(TONES, present.sum(axis=0).tolist(), strict=True)),
        tone_curves(present, probabilities, thresholds),
    )


def tone_f1(counts: np.ndarray, present: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Compute the F1 of each tone on resampled messages.

    Parameters
    ----------
    counts : ndarray, shape (n_rows, n_messages)
        How often each message counts, a row for each resampling.
    present, predicted : ndarray of 0 and 1, shape (n_messages, 3)
        The true tones and the predicted ones.

    Returns
    -------
    ndarray, shape (n_rows, 3)
        F1; 0 where a tone is neither predicted nor present.
    """
    return ratio(2 * (counts @ (present * predicted)), counts @ (present + predicted))


def depth(present: np.ndarray) -> np.ndarray:
    """Give the place in `LABELS` of each message's single label: its deepest tone, or 0 for none."""
    return (present * np.arange(1, len(TONES) + 1)).max(axis=1)


def _tone_statistics(
    counts: np.ndarray, carried: np.ndarray, predicted: np.ndarray, probability: np.ndarray
) -> dict[str, np.ndarray]:
    total, carrying = counts.sum(axis=1), counts @ carried
    positives, hits = counts @ predicted, counts @ (carried * predicted)
    gap = probability - carried
    bins = calibration_bins(probability)
    average_precision, roc_auc = _ranking_statistics(counts, carried, probability)
    return {
        "precision": ratio(hits, positives),
        "recall": ratio(hits, carrying),
        "f1": ratio(2 * hits, positives + carrying),
        "average_precision": average_precision,
        "roc_auc": roc_auc,
        "brier": counts @ gap**2 / total,
        "calibration_error": np.abs(counts @ (gap[:, None] * bins)).sum(axis=1) / total,
    }


def _ranking_statistics(
    counts: np.ndarray, carried: np.ndarray, probability: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Give average precision and ROC AUC as scikit-learn defines them, NaN where all messages are alike.

    scikit-learn sorts anew for every resampling; sorted once, a thousand of them take seconds, not minutes.
    """
    _, hits, flagged = down_the_ranking(counts, carried, probability)
    false_alarms = flagged - hits
    new_hits, new_alarms = np.diff(hits, prepend=0), np.diff(false_alarms, prepend=0)
    carrying, lacking = hits[:, -1], false_alarms[:, -1]
    undefined = (carrying == 0) | (lacking == 0)
    precision_sum = (new_hits * ratio(hits, flagged)).sum(axis=1)
    area = (new_alarms * (hits - new_hits / 2)).sum(axis=1)  # of a tie, half counts as in order
    return (
        np.where(undefined, np.nan, ratio(precision_sum, carrying)),
        np.where(undefined, np.nan, ratio(area, carrying * lacking)),
    )


def _overall_statistics(counts: np.ndarray, present: np.ndarray, predicted: np.ndarray) -> dict[str, np.ndarray]:
    total = counts.sum(axis=1)
    hits, named = (present * predicted).sum(axis=1), (present + predicted).sum(axis=1)
    return {
        "macro_f1": tone_f1(counts, present, predicted).mean(axis=1),
        "micro_f1": ratio(2 * (counts @ hits), counts @ named),
        "subset_accuracy": counts @ (present == predicted).all(axis=1) / total,
        "label_accuracy": counts @ (depth(present) == depth(predicted)) / total,
    }


def _confusion(present: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    confusion = np.zeros((len(LABELS), len(LABELS)), dtype=int)
    np.add.at(confusion, (depth(present), depth(predicted)), 1)
    return confusion


def _plain(figures: dict[str, Figure]) -> dict[str, dict[str, float | None]]:
    return {name: figure.to_dict() for name, figure in figures.items()}

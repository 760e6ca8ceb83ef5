"""Find labels that are likely wrong: those that contradict confident out-of-fold probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from caretone.tones import TONES


@dataclass(frozen=True)
class LabelError:
    """A label that is likely wrong.

    Attributes
    ----------
    row : int
        Where the message stands.
    tone : str
        The tone.
    given : bool
        Whether the file says that the message carries it.
    probability : float
        How likely it carries it by the other messages.
    """

    row: int
    tone: str
    given: bool
    probability: float


def find_label_errors(tones: np.ndarray, probabilities: np.ndarray, rows: Sequence[int]) -> list[LabelError]:
    """List the labels that are likely wrong, tone by tone.

    Parameters
    ----------
    tones : ndarray of 0 and 1, shape (n, 3)
        The tones that the file gives.
    probabilities : ndarray, shape (n, 3)
        Their probabilities, from models that were trained without the message.
    rows : sequence of int, length n
        Where the messages stand.

    Returns
    -------
    list of LabelError
        The likeliest errors first.

    Raises
    ------
    ImportError
        If cleanlab is not installed.

    Notes
    -----
    Northcutt, Jiang and Chuang (2021), *Confident learning: estimating uncertainty in dataset labels*,
    as cleanlab has it, each tone by itself.
    """
    from cleanlab.filter import find_label_issues

    errors = []
    for tone, given, probability in zip(TONES, tones.T, probabilities.T, strict=True):
        if given.min() == given.max():
            continue
        places = find_label_issues(
            given, np.column_stack([1 - probability, probability]), return_indices_ranked_by="self_confidence", n_jobs=1
        )
        errors += [LabelError(rows[n], tone, bool(given[n]), float(probability[n])) for n in places]
    return sorted(errors, key=lambda error: error.probability if error.given else 1 - error.probability)

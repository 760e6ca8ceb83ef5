"""Measure a predictor on a labelled file, whole and by groups."""

from __future__ import annotations

from typing import Any

import numpy as np

from caretone.corpus.reading import LabelledMessages
from caretone.errors import LabelledDataError
from caretone.evaluation.metrics import Evaluation, evaluate
from caretone.predictor import Predictor
from caretone.tones import TONES

WHOLE = "all"
"""The name of the evaluation of all messages together."""


def evaluate_messages(
    predictor: Predictor, messages: LabelledMessages, *, by: str | None = None, group: str | None = None, **options: Any
) -> dict[str, Evaluation]:
    """Measure a predictor on labelled messages.

    Parameters
    ----------
    predictor : Predictor
        What predicts; its model must know the three tones.
    messages : LabelledMessages
        The messages and their true tones.
    by : str, optional
        A column; each of its values is also measured by itself.
    group : str, optional
        A column, such as the author, whose values are resampled whole for the intervals.
    **options
        Further parameters of `evaluate`.

    Returns
    -------
    dict of str to Evaluation
        The evaluation of ``all`` messages, then of each value of the column, sorted.

    Raises
    ------
    LabelledDataError
        If a column is missing.
    """
    if predictor.model.labels != TONES:
        raise LabelledDataError(f"the model knows {', '.join(predictor.model.labels)}, not the three tones")
    table = predictor.predict_many(messages.texts)
    probabilities = table[list(TONES)].to_numpy()
    groups = None if group is None else np.asarray(messages.column(group), dtype=str)
    parts = {WHOLE: np.arange(len(messages))}
    if by is not None:
        values = np.asarray(messages.column(by), dtype=str)
        parts |= {str(value): np.flatnonzero(values == value) for value in np.unique(values)}
    return {
        name: evaluate(
            messages.tones[places],
            probabilities[places],
            predictor.model.thresholds,
            groups=None if groups is None else groups[places],
            **options,
        )
        for name, places in parts.items()
    }

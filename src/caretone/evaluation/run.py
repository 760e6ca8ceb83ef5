"""Measure a predictor on a labelled file, whole and by groups."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from caretone.corpus.reading import LabelledMessages
from caretone.errors import LabelledDataError
from caretone.evaluation.metrics import Evaluation, evaluate
from caretone.model import FoldedModel, text_hash
from caretone.predictor import Predictor
from caretone.tones import TONES

WHOLE = "all"
"""The name of the evaluation of all messages together."""

FEWEST = 10
"""A group of fewer messages is not shown by itself: its figures would speak of single people."""

SMALLER = "(smaller groups)"
"""The name of all the groups together that are not shown by themselves."""


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
        A column; each of its values is also measured by itself, those of fewer than ten messages together.
    group : str, optional
        A column, such as the author, whose values are resampled whole for the intervals.
    **options
        Further parameters of `evaluate`.

    Returns
    -------
    dict of str to Evaluation
        The evaluation of ``all`` messages, then of each value of the column, sorted, under such names as
        ``source=forum``.

    Raises
    ------
    LabelledDataError
        If a column is missing, or the model does not know the tones.
    """
    require_tones(predictor.model)
    probabilities = predictor.predict_many(messages.texts)[list(TONES)].to_numpy()
    seen = seen_in_training(predictor.model, messages.texts)
    groups = None if group is None else np.asarray(messages.column(group), dtype=str)
    evaluations = {}
    for name, places in _parts(messages, by).items():
        evaluation = evaluate(
            messages.tones[places],
            probabilities[places],
            predictor.model.thresholds,
            groups=None if groups is None else groups[places],
            **options,
        )
        evaluations[name] = replace(evaluation, seen=None if seen is None else int(seen[places].sum()))
    return evaluations


def seen_in_training(model: FoldedModel, texts: Iterable[str]) -> np.ndarray | None:
    """Tell which texts also stand in the training data of a model, whatever their case and blanks.

    Parameters
    ----------
    model : FoldedModel
        The model.
    texts : iterable of str
        The texts.

    Returns
    -------
    ndarray of bool, shape (n_texts,), or None
        None for a model that does not record its training texts.
    """
    if not model.seen:
        return None
    seen = set(model.seen)
    return np.array([text_hash(text) in seen for text in texts], dtype=bool)


def require_tones(model: FoldedModel) -> None:
    """Refuse a model that was trained on other labels than the three tones."""
    if model.labels != TONES:
        raise LabelledDataError(
            f"the model knows {', '.join(model.labels)}, not the three tones; measure one that was trained on them"
        )


def _parts(messages: LabelledMessages, by: str | None) -> dict[str, np.ndarray]:
    """Give the places of all messages, and of those of each group that is large enough."""
    parts = {WHOLE: np.arange(len(messages))}
    if by is not None:
        values = np.asarray(messages.column(by), dtype=str)
        names, of_message, sizes = np.unique(values, return_inverse=True, return_counts=True)
        shown = np.where(sizes < FEWEST, SMALLER, names.astype(object))[of_message]
        parts |= {f"{by}={name}": np.flatnonzero(shown == name) for name in np.unique(shown[shown != SMALLER])}
        if (shown == SMALLER).any():
            parts[f"{by}={SMALLER}"] = np.flatnonzero(shown == SMALLER)
    return parts

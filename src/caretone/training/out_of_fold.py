"""Probabilities of labelled messages by models that were trained without them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit

from caretone.corpus.reading import LabelledMessages
from caretone.tones import TONES
from caretone.training.classifier import CareToneClassifier


def out_of_fold_probabilities(
    messages: LabelledMessages, groups: np.ndarray, *, n_jobs: int = -1, verbose: bool = False
) -> np.ndarray:
    """Give the probability that each message carries each tone, as the other messages tell.

    Parameters
    ----------
    messages : LabelledMessages
        The messages.
    groups : ndarray, shape (n_messages,)
        Messages of one group, such as near duplicates, are never used to judge one another.
    n_jobs : int, default -1
        How many processes train; -1 for one on every core.
    verbose : bool, default False
        Whether to show progress.

    Returns
    -------
    ndarray, shape (n_messages, 3)

    Raises
    ------
    TrainingError
        If a tone has too few messages to learn from.
    """
    classifier = CareToneClassifier(C=0.1, n_jobs=n_jobs, verbose=verbose)
    classifier.fit(messages.texts, pd.DataFrame(messages.tones, columns=list(TONES)), groups=groups)
    return expit(classifier.slopes_ * classifier.oof_scores_ + classifier.offsets_)

"""Train a model from labelled files in one call: read, search, calibrate, fold, and record all of it."""

from __future__ import annotations

import datetime
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import sklearn
from scipy.special import expit
from sklearn.metrics import average_precision_score, precision_recall_fscore_support
from sklearn.pipeline import Pipeline

import caretone
from caretone.corpus.reading import LabelledMessages, concatenate, read_labelled, without_repeats
from caretone.corpus.sentences import sentence_labels
from caretone.model import FoldedModel
from caretone.predictor import Predictor
from caretone.shipped import shipped_path
from caretone.tones import TONES
from caretone.training.classifier import CareToneClassifier
from caretone.training.folding import fold

KIND_WEIGHTS = {"free": 0.2}
"""How much a shipped message weighs by its kind, 1 unless named; docs/accuracy.md has the measurement."""


@dataclass(frozen=True)
class TrainingResult:
    """What training brings.

    Attributes
    ----------
    model : FoldedModel
        The trained model; ``result.model.save(path)`` writes it.
    classifier : CareToneClassifier
        The fitted scikit-learn estimator that the model was folded from.
    metrics : dict
        Cross-validated figures, a table a tone and their means.
    warnings : tuple of str
        Rows that were left out, and why.
    """

    model: FoldedModel
    classifier: CareToneClassifier
    metrics: dict[str, Any]
    warnings: tuple[str, ...]

    @property
    def predictor(self) -> Predictor:
        """A predictor with the trained model."""
        return Predictor(self.model)

    @property
    def pipeline(self) -> Pipeline:
        """The fitted classifier as a scikit-learn pipeline from texts to labels."""
        return Pipeline([("caretone", self.classifier)])


def train(
    *sources: str | os.PathLike[str] | pd.DataFrame,
    text: str = "text",
    tones: str | None = None,
    label: str | None = None,
    group: str | None = None,
    random_state: int = 0,
    n_jobs: int = -1,
    verbose: bool = False,
    **settings: Any,
) -> TrainingResult:
    """Train a model on labelled messages.

    Parameters
    ----------
    *sources : path or DataFrame
        Labelled messages; several are joined. Without any, the messages that caretone ships.
    text : str, default "text"
        The column of the messages.
    tones, label : str, optional
        The column of their tones, or of their single label; by default found by name.
    group : str, optional
        A column, such as the author: messages of one group are never parted by cross-validation.
    random_state : int, default 0
        Draws the folds; the same data and seed give the same table.
    n_jobs : int, default -1
        How many processes train; -1 for one on every core.
    verbose : bool, default False
        Whether to show progress.
    **settings
        Further parameters of `CareToneClassifier`.

    Returns
    -------
    TrainingResult

    Raises
    ------
    LabelledDataError
        If a file cannot be read or its labels cannot be used.
    TrainingError
        If a tone has too few messages to learn from.

    Examples
    --------
    >>> import caretone, pandas as pd
    >>> texts = ["So sorry for your loss", "I lost mine too, I know", "I'll bring you dinner", "Lunch at noon?"]
    >>> labels = ["sympathy", "empathy", "compassion", "none"]
    >>> result = caretone.train(pd.DataFrame({"text": texts * 6, "label": labels * 6}).assign(
    ...     text=lambda rows: rows["text"] + " " + rows.index.astype(str)))
    >>> result.predictor.predict("so sorry").label
    'sympathy'
    """
    read = [read_labelled(source, text=text, tones=tones, label=label) for source in sources]
    messages = without_repeats(concatenate(read or [read_labelled(shipped_path("data", "messages.csv"))]))
    classifier = CareToneClassifier(random_state=random_state, n_jobs=n_jobs, verbose=verbose, **settings)
    weights = _kind_weights(messages)
    classifier.fit(
        messages.texts,
        pd.DataFrame(messages.tones, columns=list(TONES)),
        sample_weight=weights,
        groups=None if group is None else messages.column(group),
        sentence_labels=sentence_labels(messages),
    )
    metrics = _cross_validated(classifier, messages.tones, weights)
    provenance = {
        "caretone": caretone.__version__,
        "scikit-learn": sklearn.__version__,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "data": {"names": sorted({part.name for part in read}) or ["data/messages.csv"], "sha256": messages.digest},
        "rows": len(messages),
        "settings": {**classifier.get_params(), "C": classifier.C_, "group": group},
        "cross_validated": metrics,
    }
    return TrainingResult(fold(classifier, _plain(provenance)), classifier, metrics, messages.warnings)


def _kind_weights(messages: LabelledMessages) -> np.ndarray:
    if "kind" not in messages.table:
        return np.ones(len(messages))
    return messages.table["kind"].map(lambda kind: KIND_WEIGHTS.get(kind, 1.0)).to_numpy(dtype=float)


def _cross_validated(classifier: CareToneClassifier, tones: np.ndarray, weights: np.ndarray) -> dict[str, Any]:
    """Give the figures of the out-of-fold predictions, each message counted once whatever its weight."""
    probabilities = expit(classifier.slopes_ * classifier.oof_scores_ + classifier.offsets_)
    predicted = (probabilities >= classifier.thresholds_).astype(int)
    precision, recall, f1, support = precision_recall_fscore_support(tones, predicted, zero_division=0.0)
    average_precision = average_precision_score(tones, probabilities, average=None)
    of_tones = {
        tone: {
            "precision": float(precision[n]),
            "recall": float(recall[n]),
            "f1": float(f1[n]),
            "average_precision": float(average_precision[n]),
            "threshold": float(classifier.thresholds_[n]),
            "messages": int(support[n]),
        }
        for n, tone in enumerate(TONES)
    }
    return {
        "tones": of_tones,
        "macro_f1": float(np.mean(f1)),
        "macro_average_precision": float(np.mean(average_precision)),
        "messages": len(tones),
        "folds": classifier.cv,
    }


def _plain(value: Any) -> Any:
    """Give a value as JSON knows it."""
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(part) for part in value]
    return value.item() if isinstance(value, np.generic) else value

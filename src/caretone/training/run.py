"""Train a model from labelled files in one call: read, search, calibrate, fold, and record all of it."""

from __future__ import annotations

import datetime
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import sklearn
from scipy.special import expit
from sklearn.metrics import average_precision_score, precision_recall_fscore_support
from sklearn.pipeline import Pipeline

import caretone
from caretone.model import FoldedModel
from caretone.predictor import Predictor
from caretone.training.classifier import CareToneClassifier
from caretone.training.folding import fold
from caretone.training.material import Material, any_material, tone_material


@dataclass(frozen=True)
class TrainingResult:
    """What training brings.

    Attributes
    ----------
    model : FoldedModel
        The trained model; ``result.model.save(path)`` writes it.
    classifier : CareToneClassifier
        The fitted scikit-learn estimator that the model was folded from.
    material : Material
        What it was trained on.
    metrics : dict
        Cross-validated figures, a table a label and their means.
    """

    model: FoldedModel
    classifier: CareToneClassifier
    material: Material
    metrics: dict[str, Any]

    @property
    def warnings(self) -> tuple[str, ...]:
        """Rows that were left out, and why."""
        return self.material.warnings

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
    labels: str = "tones",
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
    labels : {"tones", "any"}, default "tones"
        Whether the labels are the three tones; ``"any"`` takes whatever the column ``label`` holds as a
        plain classification, several labels of a message joined by ``;``.
    group : str, optional
        A column, such as the author: messages of one group are never parted by cross-validation. What a teacher
        labelled, which comes with the shipped messages alone, is then left out.
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
        If a label has too few messages to learn from.

    Examples
    --------
    >>> import caretone, pandas as pd
    >>> texts = ["So sorry for your loss", "I lost mine too, I know", "I'll bring you dinner", "Lunch at noon?"]
    >>> rows = pd.DataFrame({"text": texts * 6, "label": ["sympathy", "empathy", "compassion", "none"] * 6})
    >>> rows["text"] += " " + rows.index.astype(str)
    >>> caretone.train(rows, n_jobs=1).predictor.predict("so sorry").label
    'sympathy'
    """
    if labels == "any":
        material = any_material(sources, text=text, label=label or "label")
    else:
        material = tone_material(sources, text=text, tones=tones, label=label)
    if group is not None:
        material = replace(material, teacher=None)  # its texts were made across groups
    classifier = CareToneClassifier(
        random_state=random_state, n_jobs=n_jobs, verbose=verbose, **{**material.settings, **settings}
    )
    classifier.fit(
        material.texts,
        material.labels,
        sample_weight=material.weights,
        groups=None if group is None else material.column(group),
        sentence_labels=material.sentence_labels,
        teacher=material.teacher,
    )
    metrics = cross_validated(classifier, material.labels)
    model = fold(classifier, material.texts, _plain(_provenance(material, classifier, group, metrics)))
    return TrainingResult(model, classifier, material, metrics)


def cross_validated(classifier: CareToneClassifier, labels: Any) -> dict[str, Any]:
    """Give the figures of a fitted classifier's out-of-fold predictions, each message counted once.

    Penalty and thresholds were chosen on the same predictions, so the figures are a little too good;
    `caretone.evaluation.nested` measures without that, and without a teacher.

    Parameters
    ----------
    classifier : CareToneClassifier
        A fitted classifier.
    labels : array-like
        The labels that it was fitted on.

    Returns
    -------
    dict
        ``labels``, a table of figures for each; ``macro_f1``, ``macro_average_precision``, ``messages``, ``folds``.
    """
    names = [str(name) for name in classifier.classes_]
    probabilities = expit(classifier.slopes_ * classifier.oof_scores_ + classifier.offsets_)
    if classifier.multilabel_:
        present = np.asarray(labels)
        predicted = (probabilities >= classifier.thresholds_).astype(int)
    else:
        present = (np.asarray(labels)[:, None] == classifier.classes_).astype(int)
        predicted = np.eye(len(names), dtype=int)[probabilities.argmax(axis=1)]
    precision, recall, f1, support = precision_recall_fscore_support(present, predicted, zero_division=0.0)
    average_precision = average_precision_score(present, probabilities, average=None)
    of_labels = {
        name: {
            "precision": float(precision[n]),
            "recall": float(recall[n]),
            "f1": float(f1[n]),
            "average_precision": float(average_precision[n]),
            "threshold": float(classifier.thresholds_[n]),
            "messages": int(support[n]),
        }
        for n, name in enumerate(names)
    }
    return {
        "labels": of_labels,
        "macro_f1": float(np.mean(f1)),
        "macro_average_precision": float(np.mean(average_precision)),
        "messages": len(present),
        "folds": classifier.n_folds_,
    }


def _provenance(
    material: Material, classifier: CareToneClassifier, group: str | None, metrics: dict[str, Any]
) -> dict[str, Any]:
    teacher = material.teacher
    return {
        "caretone": caretone.__version__,
        "scikit-learn": sklearn.__version__,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "data": {"names": list(material.names), "sha256": material.digest},
        "rows": len(material.texts),
        "taught": {"texts": len(teacher.texts), "sha256": teacher.digest} if teacher else None,
        "settings": {**classifier.get_params(), "C": classifier.C_, "group": group},
        "cross_validated": metrics,
    }


def _plain(value: Any) -> Any:
    """Give a value as JSON knows it."""
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(part) for part in value]
    return value.item() if isinstance(value, np.generic) else value

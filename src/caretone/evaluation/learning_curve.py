"""Would more data help? The macro-F1 on held-out messages against the number of training messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.base import clone
from sklearn.metrics import f1_score

from caretone.training.classifier import CareToneClassifier
from caretone.training.material import Material


@dataclass(frozen=True)
class CurvePoint:
    """One point of a learning curve.

    Attributes
    ----------
    messages : int
        How many messages were trained on.
    macro_f1 : float
        The mean macro-F1 over the repetitions.
    spread : float
        The standard deviation over the repetitions; 0 for one.
    """

    messages: int
    macro_f1: float
    spread: float


def learning_curve(
    classifier: CareToneClassifier,
    material: Material,
    test_texts: Sequence[str],
    test_present: np.ndarray,
    *,
    shares: Sequence[float] = (0.125, 0.25, 0.5, 1.0),
    repetitions: int = 1,
    random_state: int = 0,
) -> list[CurvePoint]:
    """Train on growing random parts of the material, and measure on messages kept apart.

    Parameters
    ----------
    classifier : CareToneClassifier
        Settings to train with.
    material : Material
        The messages to take parts of.
    test_texts : sequence of str
        Messages kept apart.
    test_present : ndarray of 0 and 1, shape (n_test, 3)
        Their tones.
    shares : sequence of float
        The parts, as shares of the material.
    repetitions : int, default 1
        How many random parts are drawn of each size; the whole is trained on once.
    random_state : int, default 0
        Draws the parts.

    Returns
    -------
    list of CurvePoint
        From the smallest part to the whole.
    """
    generator = np.random.default_rng(random_state)
    points = []
    for share in shares:
        size = round(share * len(material.texts))
        draws = 1 if share == 1 else repetitions
        scores = []
        for _ in range(draws):
            part = material.take(np.sort(generator.permutation(len(material.texts))[:size]))
            fitted = clone(classifier).fit(part.texts, part.labels, part.weights, sentence_labels=part.sentence_labels)
            scores.append(f1_score(test_present, fitted.predict(test_texts), average="macro", zero_division=0.0))
        points.append(CurvePoint(size, float(np.mean(scores)), float(np.std(scores))))
    return points


def held_out_part(material: Material, share: float, random_state: int) -> tuple[Material, Material]:
    """Split material at random into one part to train on and one to measure on."""
    order = np.random.default_rng(random_state).permutation(len(material.texts))
    size = round(share * len(order))
    return material.take(np.sort(order[size:])), material.take(np.sort(order[:size]))


def doubling_gain(points: Sequence[CurvePoint]) -> float:
    """Give what a doubling of the messages brought: the slope of macro-F1 over the binary logarithm of the number."""
    if len(points) < 2:
        return float("nan")
    return float(np.polyfit([np.log2(point.messages) for point in points], [p.macro_f1 for p in points], 1)[0])

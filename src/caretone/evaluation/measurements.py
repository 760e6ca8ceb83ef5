"""Everything that can be measured of a training run, in one object: for the model card and the figures beside it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from caretone.corpus.reading import read_labelled
from caretone.evaluation.bias import SwapBias
from caretone.evaluation.bias import bias as measure_bias
from caretone.evaluation.learning_curve import CurvePoint, held_out_part, learning_curve
from caretone.evaluation.metrics import Evaluation
from caretone.evaluation.nested import nested as measure_nested
from caretone.evaluation.run import evaluate_messages
from caretone.training.run import TrainingResult

KEPT_APART = 0.2
"""The share of the messages that a learning curve is measured on."""


@dataclass(frozen=True)
class Measurements:
    """What was measured of a training run, each part empty unless asked for.

    Attributes
    ----------
    nested : dict of str to Evaluation
        Nested cross-validation of caretone and of baselines in the same folds.
    curve : list of CurvePoint
        The learning curve.
    tests : dict of str to dict of str to Evaluation
        For each test file the evaluations of all its messages and of its parts.
    swaps : list of SwapBias
        What swapped identity terms and wordings change.
    """

    nested: dict[str, Evaluation] = field(default_factory=dict)
    curve: list[CurvePoint] = field(default_factory=list)
    tests: dict[str, dict[str, Evaluation]] = field(default_factory=dict)
    swaps: list[SwapBias] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Give what was measured as plain values, ready for JSON."""
        parts: dict[str, Any] = {
            "nested": {way: evaluation.to_dict() for way, evaluation in self.nested.items()},
            "learning_curve": [asdict(point) for point in self.curve],
            "tests": {file: {part: e.to_dict() for part, e in parts.items()} for file, parts in self.tests.items()},
            "bias": [swap.to_dict() for swap in self.swaps],
        }
        return {name: part for name, part in parts.items() if part}


def measure(
    result: TrainingResult,
    *,
    folds: int | None = None,
    group: str | None = None,
    curve: bool = False,
    tests: Sequence[str | os.PathLike[str]] = (),
    by: str | None = None,
    bias: bool = False,
    random_state: int = 0,
) -> Measurements:
    """Measure a training run.

    Parameters
    ----------
    result : TrainingResult
        The run, on messages labelled with the tones.
    folds : int, optional
        The outer folds of nested cross-validation.
    group : str, optional
        A column whose values nested folds never part.
    curve : bool, default False
        Whether to measure the learning curve, on a fifth kept apart.
    tests : sequence of path
        Labelled files that had no part in training.
    by : str, optional
        A column of the test files; each of its values is also measured by itself.
    bias : bool, default False
        Whether to measure what swapped identity terms change.
    random_state : int, default 0
        Draws folds, parts and resamplings.

    Returns
    -------
    Measurements
    """
    material, classifier = result.material, result.classifier
    of_nested, points = {}, []
    if folds:
        groups = None if group is None else material.column(group).to_numpy(dtype=str)
        of_nested = measure_nested(classifier, material, folds=folds, groups=groups, random_state=random_state)
    if curve:
        rest, held = held_out_part(material, KEPT_APART, random_state)
        points = learning_curve(classifier, rest, held.texts, np.asarray(held.labels), random_state=random_state)
    of_tests = {}
    for path in tests:
        messages = read_labelled(path)
        there = by if by in messages.table else None
        of_tests[Path(path).name] = evaluate_messages(result.predictor, messages, by=there)
    swaps = measure_bias(result.predictor, random_state=random_state) if bias else []
    return Measurements(of_nested, points, of_tests, swaps)

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics
from sklearn.calibration import calibration_curve

from caretone.evaluation.curves import POINTS, tone_curves

THRESHOLDS = [0.5, 0.4, 0.6]


def drawn(seed, n=80, ties=False):
    generator = np.random.default_rng(seed)
    present = (generator.random((n, 3)) < 0.4).astype(int)
    present[0], present[1] = 1, 0
    probabilities = np.clip(present * 0.3 + generator.random((n, 3)) * 0.7, 0, 1)
    return present, probabilities.round(1 if ties else 6)  # curves tell thresholds in so many digits


@given(st.integers(0, 10_000), st.booleans())
def test_points_of_precision_and_recall_are_scikit_learns(seed, ties):
    present, probabilities = drawn(seed, ties=ties)
    line = tone_curves(present, probabilities, THRESHOLDS)["empathy"].precision_recall
    precision, recall, thresholds = metrics.precision_recall_curve(present[:, 1], probabilities[:, 1])
    theirs = {round(t, 6): (p, r) for t, p, r in zip(thresholds, precision, recall, strict=False)}
    for threshold, *point in zip(*line.values(), strict=True):
        assert point == pytest.approx(theirs[threshold], abs=1e-6)
    assert line["recall"][-1] == 1
    assert len(line["recall"]) <= POINTS


@given(st.integers(0, 10_000))
def test_reliability_is_scikit_learns_calibration_curve(seed):
    present, probabilities = drawn(seed)
    line = tone_curves(present, probabilities, THRESHOLDS)["sympathy"].reliability
    share, probability = calibration_curve(present[:, 0], probabilities[:, 0], n_bins=10)
    assert line["share"] == pytest.approx(share, abs=1e-6)
    assert line["probability"] == pytest.approx(probability, abs=1e-6)
    assert sum(line["messages"]) == len(present)


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.booleans())
def test_f1_at_each_threshold_is_scikit_learns(seed, ties):
    present, probabilities = drawn(seed, 40, ties)
    line = tone_curves(present, probabilities, THRESHOLDS)["compassion"].f1_by_threshold
    for threshold, f1 in list(zip(*line.values(), strict=True))[::10]:
        predicted = probabilities[:, 2] >= threshold
        assert f1 == pytest.approx(metrics.f1_score(present[:, 2], predicted, zero_division=0.0), abs=1e-6)


def test_a_tone_that_no_message_carries_has_no_recall():
    present, probabilities = drawn(0)
    present[:, 0] = 0
    curves = tone_curves(present, probabilities, THRESHOLDS)["sympathy"]
    assert curves.precision_recall == {"threshold": [], "precision": [], "recall": []}
    assert not any(curves.f1_by_threshold["f1"])
    assert curves.to_dict()["threshold"] == 0.5

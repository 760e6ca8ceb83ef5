from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caretone.evaluation.learning_curve import CurvePoint, doubling_gain, held_out_part, learning_curve
from caretone.evaluation.nested import nested, recentred
from caretone.training import CareToneClassifier
from caretone.training.material import tone_material

QUICK = CareToneClassifier(C=0.3, cv=2, min_df=1)


@pytest.fixture(scope="module")
def material(labelled):
    return tone_material([labelled])


def test_nested_figures_stand_beside_baselines_on_the_same_messages(material):
    evaluations = nested(QUICK, material, folds=2, n_bootstrap=10)
    assert list(evaluations) == ["caretone", "majority", "keywords", "word TF-IDF"]
    assert {evaluation.messages for evaluation in evaluations.values()} == {len(material.texts)}
    assert evaluations["caretone"].overall["macro_f1"].value > evaluations["majority"].overall["macro_f1"].value


def test_outer_folds_never_part_a_group(material):
    groups = np.arange(len(material.texts)) % 3
    assert nested(QUICK, material, folds=3, groups=groups, baselines=False, n_bootstrap=10)["caretone"].messages == 120


@given(st.lists(st.floats(0, 1), min_size=2, max_size=9), st.floats(0.05, 0.95))
def test_recentring_keeps_the_order_and_moves_the_threshold_to_one_half(values, threshold):
    probabilities = np.array(values)[:, None]
    stretched = recentred(probabilities, np.array([threshold]))
    np.testing.assert_array_equal(stretched >= 0.5, probabilities >= threshold)
    order = np.argsort(probabilities[:, 0], kind="stable")
    assert (np.diff(stretched[order, 0]) >= -1e-9).all()


def test_a_learning_curve_grows_from_the_smallest_part_to_the_whole(material):
    rest, held = held_out_part(material, 0.25, 0)
    assert set(rest.texts).isdisjoint(held.texts)
    points = learning_curve(QUICK, rest, held.texts, held.labels.to_numpy(), shares=(0.5, 1.0))
    assert [point.messages for point in points] == [45, 90]


def test_the_gain_of_a_doubling_is_the_slope_over_the_binary_logarithm():
    points = [CurvePoint(100 * 2**n, 0.5 + 0.02 * n, 0) for n in range(4)]
    assert doubling_gain(points) == pytest.approx(0.02)

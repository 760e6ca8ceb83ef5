from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from caretone.evaluation.metrics import BINS, _tone_statistics, depth, evaluate
from caretone.tones import TONES


def drawn(seed, n=60):
    generator = np.random.default_rng(seed)
    present = (generator.random((n, 3)) < 0.4).astype(int)
    return present, np.clip(present * 0.3 + generator.random((n, 3)) * 0.7, 0, 1)


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_figures_agree_with_scikit_learns(seed):
    present, probabilities = drawn(seed)
    predicted = (probabilities >= 0.5).astype(int)
    evaluation = evaluate(present, probabilities, [0.5] * 3, n_bootstrap=2)
    for n, tone in enumerate(TONES):
        figures = {name: figure.value for name, figure in evaluation.tones[tone].items()}
        y, p, q = present[:, n], predicted[:, n], probabilities[:, n]
        expected = {
            "precision": metrics.precision_score(y, p, zero_division=0.0),
            "recall": metrics.recall_score(y, p, zero_division=0.0),
            "f1": metrics.f1_score(y, p, zero_division=0.0),
            "average_precision": metrics.average_precision_score(y, q),
            "roc_auc": metrics.roc_auc_score(y, q),
            "brier": metrics.brier_score_loss(y, q),
        }
        assert {name: figures[name] for name in expected} == pytest.approx(expected)
    overall = {name: figure.value for name, figure in evaluation.overall.items()}
    assert overall["macro_f1"] == pytest.approx(
        metrics.f1_score(present, predicted, average="macro", zero_division=0.0)
    )
    assert overall["micro_f1"] == pytest.approx(
        metrics.f1_score(present, predicted, average="micro", zero_division=0.0)
    )
    assert overall["subset_accuracy"] == pytest.approx(metrics.accuracy_score(present, predicted))
    np.testing.assert_array_equal(
        evaluation.confusion, metrics.confusion_matrix(depth(present), depth(predicted), labels=range(4))
    )


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.booleans())
def test_ranking_figures_of_resampled_messages_agree_with_scikit_learns_weighted_ones(seed, ties):
    present, probabilities = drawn(seed)
    carried, probability = present[:, 0], probabilities[:, 0].round(1) if ties else probabilities[:, 0]
    counts = np.random.default_rng(seed).integers(0, 4, (5, len(carried))).astype(float)
    figures = _tone_statistics(counts, carried, probability >= 0.5, probability)
    for row, weights in enumerate(counts):
        drawn_ones = weights > 0
        arguments = carried[drawn_ones], probability[drawn_ones]
        for name, score in [
            ("average_precision", metrics.average_precision_score),
            ("roc_auc", metrics.roc_auc_score),
        ]:
            assert figures[name][row] == pytest.approx(score(*arguments, sample_weight=weights[drawn_ones]))


def test_the_calibration_error_is_the_mean_gap_over_bins():
    present, probabilities = drawn(1)
    value = evaluate(present, probabilities, [0.5] * 3, n_bootstrap=2).tones["sympathy"]["calibration_error"].value
    bins = np.minimum((probabilities[:, 0] * BINS).astype(int), BINS - 1)
    expected = sum(
        (bins == b).mean() * abs(probabilities[bins == b, 0].mean() - present[bins == b, 0].mean()) for b in set(bins)
    )
    assert value == pytest.approx(expected)


def test_intervals_hold_the_figure_and_shrink_with_more_messages():
    widths = []
    for n in (50, 2000):
        figure = evaluate(*drawn(3, n), [0.5] * 3, n_bootstrap=200).overall["macro_f1"]
        assert figure.low <= figure.value <= figure.high
        widths.append(figure.high - figure.low)
    assert widths[1] < widths[0] / 3


def test_the_same_seed_gives_the_same_intervals():
    first, second = (evaluate(*drawn(4), [0.5] * 3, n_bootstrap=50, random_state=7) for _ in range(2))
    assert first.overall == second.overall


def test_resampling_whole_groups_widens_the_interval_of_repeated_messages():
    present, probabilities = drawn(5, 40)
    repeated = np.repeat(present, 10, axis=0), np.repeat(probabilities, 10, axis=0)
    alone = evaluate(*repeated, [0.5] * 3, n_bootstrap=200).overall["macro_f1"]
    grouped = evaluate(*repeated, [0.5] * 3, n_bootstrap=200, groups=np.repeat(np.arange(40), 10)).overall["macro_f1"]
    assert grouped.value == alone.value
    assert grouped.high - grouped.low > 1.5 * (alone.high - alone.low)


def test_a_tone_that_no_message_carries_has_no_ranking_figure_and_breaks_nothing():
    present, probabilities = drawn(6)
    present[:, 1] = 0
    evaluation = evaluate(present, probabilities, [0.5] * 3, n_bootstrap=5)
    assert np.isnan(evaluation.tones["empathy"]["roc_auc"].value)
    assert evaluation.to_dict()["tones"]["empathy"]["roc_auc"]["value"] is None

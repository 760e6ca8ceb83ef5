from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from caretone.training.calibration import best_threshold, fit_platt

cases = st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.4, 0.5, 0.7, 0.9]), st.booleans()), min_size=2, max_size=30)


@given(cases.filter(lambda rows: any(there for _, there in rows)))
def test_no_other_threshold_has_a_higher_f1(rows):
    probabilities, present = np.array(rows).T
    chosen = best_threshold(probabilities, present, np.ones(len(rows)))
    best = f1_score(present, probabilities >= chosen, zero_division=0.0)
    for other in np.linspace(0, 1, 41):
        assert f1_score(present, probabilities >= other, zero_division=0.0) <= best + 1e-12


def test_platt_recovers_the_log_odds_that_labels_were_drawn_with():
    generator = np.random.default_rng(0)
    scores = generator.normal(size=20_000)
    present = (generator.random(20_000) < 1 / (1 + np.exp(-(2 * scores - 1)))).astype(int)
    slope, offset = fit_platt(scores, present, np.ones(20_000))
    np.testing.assert_allclose([slope, offset], [2, -1], atol=0.1)


def test_platt_never_turns_a_score_round():
    slope, _ = fit_platt(np.array([1.0, 2, 3, 4]), np.array([1, 1, 0, 0]), np.ones(4))
    assert slope == 0

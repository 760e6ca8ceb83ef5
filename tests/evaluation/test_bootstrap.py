from __future__ import annotations

import numpy as np
import pytest

from caretone.evaluation import bootstrap as room
from caretone.evaluation.bootstrap import Figure, bootstrap


def shares(values):
    return lambda counts: {"share": counts @ values / counts.sum(axis=1)}


def test_the_first_value_is_that_of_the_messages_as_they_are():
    values = np.array([0.0, 1.0, 1.0, 1.0])
    assert bootstrap(shares(values), 4, n_bootstrap=7)["share"][0] == 0.75
    assert len(bootstrap(shares(values), 4, n_bootstrap=7)["share"]) == 8


def test_the_interval_of_a_mean_is_as_wide_as_theory_says():
    values = np.random.default_rng(0).random(400)
    figure = Figure.of(bootstrap(shares(values), 400, n_bootstrap=2000)["share"])
    error = values.std() / 20
    assert figure.high - figure.low == pytest.approx(2 * 1.96 * error, rel=0.1)


def test_resampling_in_blocks_changes_nothing(monkeypatch):
    values = np.arange(30.0)
    whole = bootstrap(shares(values), 30, n_bootstrap=50)["share"]
    monkeypatch.setattr(room, "_BLOCK", 90)
    np.testing.assert_allclose(bootstrap(shares(values), 30, n_bootstrap=50)["share"], whole)


def test_a_group_is_drawn_whole():
    groups = ["a", "a", "b", "b", "b", "c"]

    def spread(counts):
        assert (counts[:, 0] == counts[:, 1]).all()
        assert (np.ptp(counts[:, 2:5], axis=1) == 0).all()
        return {"n": counts.sum(axis=1)}

    assert len(set(bootstrap(spread, 6, groups=groups, n_bootstrap=50)["n"])) > 1


def test_undefined_values_are_left_out_of_the_interval_and_none_in_json():
    figure = Figure.of(np.array([np.nan, 1.0, np.nan, 3.0]))
    assert (figure.low, figure.high) == (1.05, 2.95)
    assert figure.to_dict() == {"value": None, "low": 1.05, "high": 2.95}
    assert Figure.of(np.array([np.nan, np.nan])).to_dict() == {"value": None, "low": None, "high": None}

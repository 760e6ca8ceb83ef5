from __future__ import annotations

import pandas as pd

import caretone
from caretone.evaluation.card import model_card
from caretone.evaluation.learning_curve import CurvePoint
from caretone.evaluation.measurements import Measurements, measure


def test_the_card_is_filled_from_the_run(labelled):
    result = caretone.train(labelled, C=0.3, cv=2, n_jobs=1)
    card = model_card(result.model, Measurements(curve=[CurvePoint(50, 0.5, 0), CurvePoint(100, 0.6, 0)]), name="mine")
    assert card.startswith("---\nlicense: mit")
    assert "# Model card: mine" in card
    assert f"{len(labelled):,} messages" in card
    assert f"{result.metrics['macro_f1']:.3f}" in card
    assert "brought +0.100" in card
    assert "Ruled-out uses" in card
    assert "| `random_state` | `0` |" in card


def test_everything_asked_for_is_measured_and_stands_in_the_card(labelled, tmp_path):
    labelled.assign(source=["a", "b"] * 60).to_csv(tmp_path / "test.csv", index=False)
    rows = pd.concat([labelled.assign(text=labelled["text"] + f" {n}") for n in range(5)], ignore_index=True)
    result = caretone.train(rows, C=0.3, cv=2, n_jobs=1)
    measured = measure(result, folds=2, curve=True, tests=[tmp_path / "test.csv"], by="source", bias=True)
    card = model_card(result.model, measured)
    for heading in ("Nested cross-validation", "Learning curve", "On test.csv", "source=a", "## Bias"):
        assert heading in card
    assert set(measured.to_dict()) == {"nested", "learning_curve", "tests", "bias"}

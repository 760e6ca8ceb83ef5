from __future__ import annotations

import caretone
from caretone.evaluation.card import model_card
from caretone.evaluation.learning_curve import CurvePoint


def test_the_card_is_filled_from_the_run(labelled):
    result = caretone.train(labelled, C=0.3, cv=2, n_jobs=1)
    card = model_card(result.model, name="mine", curve=[CurvePoint(50, 0.5, 0), CurvePoint(100, 0.6, 0)])
    assert card.startswith("---\nlicense: mit")
    assert "# Model card: mine" in card
    assert f"{len(labelled):,} messages" in card
    assert f"{result.metrics['macro_f1']:.3f}" in card
    assert "brought +0.100" in card
    assert "Ruled-out uses" in card
    assert "| `random_state` | `0` |" in card

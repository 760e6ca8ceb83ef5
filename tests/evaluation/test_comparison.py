from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from caretone.corpus.reading import read_labelled
from caretone.evaluation.comparison import FEW, compare, compare_messages, disagreements
from caretone.predictor import Predictor
from caretone.tones import TONES


def drawn(seed, n=100, errors=(0.1, 0.3)):
    """Give true tones, and those of models that err on some share of them."""
    generator = np.random.default_rng(seed)
    present = (generator.random((n, 3)) < 0.4).astype(int)
    wrong = {f"m{n}": generator.random(present.shape) < share for n, share in enumerate(errors)}
    return present, {name: np.where(flipped, 1 - present, present) for name, flipped in wrong.items()}


@settings(max_examples=50)
@given(st.integers(0, 10_000), st.sampled_from([10, 40, 200]), st.floats(0, 0.5))
def test_mcnemars_test_is_that_of_statsmodels(seed, n, error):
    present, predicted = drawn(seed, n, (error, 0.2))
    tests = compare(present, predicted, n_bootstrap=1).pairs[0].mcnemar
    for n_tone, tone in enumerate(TONES):
        first, second = (predicted[name][:, n_tone] == present[:, n_tone] for name in ("m0", "m1"))
        table = [[(first & second).sum(), (first & ~second).sum()], [(~first & second).sum(), (~first & ~second).sum()]]
        few = table[0][1] + table[1][0] < FEW
        assert tests[tone].p == pytest.approx(mcnemar(table, exact=few, correction=True).pvalue)
        assert (tests[tone].only_first, tests[tone].only_second) == (table[0][1], table[1][0])


@settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_holms_correction_over_tones_and_pairs_is_that_of_statsmodels(seed):
    present, predicted = drawn(seed, errors=(0.1, 0.15, 0.2, 0.3))
    tests = [test for pair in compare(present, predicted, n_bootstrap=1).pairs for test in pair.mcnemar.values()]
    assert len(tests) == 18
    theirs = multipletests([test.p for test in tests], method="holm")[1]
    assert [test.p_holm for test in tests] == pytest.approx(theirs)


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_the_difference_is_that_of_scikit_learns_macro_f1(seed):
    present, predicted = drawn(seed)
    pair = compare(present, predicted, n_bootstrap=1).pairs[0]
    first, second = (f1_score(present, tones, average="macro", zero_division=0.0) for tones in predicted.values())
    assert pair.macro_f1.figure.value == pytest.approx(first - second)


def test_two_equal_models_do_not_differ():
    present, predicted = drawn(1)
    pair = compare(present, {"one": predicted["m0"], "other": predicted["m0"]}, n_bootstrap=100).pairs[0]
    assert pair.macro_f1.to_dict() == {"value": 0, "low": 0, "high": 0, "p": 1}
    assert {test.p_holm for test in pair.mcnemar.values()} == {1}


def test_a_clear_difference_has_a_small_p_and_an_interval_off_zero():
    pair = compare(*drawn(2, n=400), n_bootstrap=999).pairs[0]
    assert pair.macro_f1.figure.low > 0
    assert pair.macro_f1.p == pytest.approx(0.002)


def test_p_values_of_equally_good_models_are_no_smaller_than_they_should_be():
    p = [compare(*drawn(seed, errors=(0.2, 0.2)), n_bootstrap=99).pairs[0].macro_f1.p for seed in range(100)]
    assert np.mean(np.array(p) <= 0.1) <= 0.2


def test_pairing_narrows_the_interval_of_models_that_err_alike():
    present, predicted = drawn(3, errors=(0.2, 0.2))
    alike = predicted["m0"].copy()
    alike[0] = present[0] = 1 - predicted["m0"][0]
    widths = [
        pair.macro_f1.figure.high - pair.macro_f1.figure.low
        for pair in compare(present, {"m0": predicted["m0"], "alike": alike, "m1": predicted["m1"]}).pairs[:2]
    ]
    assert widths[0] < widths[1] / 3


def test_disagreements_are_where_tones_differ_the_widest_apart_first(labelled):
    messages = read_labelled(labelled.head(4))
    agreed, low, high = [0.1, 0.1, 0.1], [0.4, 0.1, 0.1], [0.9, 0.1, 0.1]
    one = np.array([agreed, low, low, low])
    other = np.array([agreed, [0.6, 0.1, 0.1], high, [0.45, 0.1, 0.1]])
    probabilities = {"one": one, "other": other}
    predicted = {name: (table >= 0.5).astype(int) for name, table in probabilities.items()}
    apart = disagreements(messages, predicted, probabilities)
    assert apart["row"].tolist() == [3, 2]
    assert apart["gap"].tolist() == [0.5, 0.2]
    assert apart["text"].tolist() == [messages.texts[2], messages.texts[1]]
    assert apart["one tones"].tolist() == ["none", "none"]
    assert apart["other sympathy"].tolist() == [0.9, 0.6]


def test_models_are_compared_by_their_own_thresholds(small_model, labelled):
    deaf = replace(small_model, thresholds=(1.0, 1.0, 1.0))
    predictors = {"small": Predictor(small_model), "deaf": Predictor(deaf)}
    comparison, apart = compare_messages(predictors, read_labelled(labelled), n_bootstrap=10)
    assert comparison.models["deaf"]["macro_f1"].value == 0
    assert comparison.pairs[0].macro_f1.figure.value == comparison.models["small"]["macro_f1"].value > 0.9
    assert set(apart["deaf tones"]) == {"none"}
    assert comparison.seen == {"small": 120, "deaf": 120}

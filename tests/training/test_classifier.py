from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks

from caretone.errors import TrainingError
from caretone.predictor import Predictor
from caretone.training import CareToneClassifier
from caretone.training.classifier import _rounded
from caretone.training.features import GAP, SUBWORD_MARK
from caretone.training.folding import fold


@pytest.mark.parametrize(
    "check",
    [
        estimator_checks.check_estimator_cloneable,
        estimator_checks.check_estimator_repr,
        estimator_checks.check_estimator_tags_renamed,
        estimator_checks.check_get_params_invariance,
        estimator_checks.check_mixin_order,
        estimator_checks.check_no_attributes_set_in_init,
        estimator_checks.check_parameters_default_constructible,
        estimator_checks.check_set_params,
        estimator_checks.check_valid_tag_types,
    ],
    ids=lambda check: check.__name__,
)
def test_it_passes_scikit_learns_own_checks_that_do_not_feed_it_numbers(check):
    check("CareToneClassifier", CareToneClassifier())


def test_fitting_changes_no_parameter_and_learned_attributes_end_in_an_underscore(classifier):
    fresh = CareToneClassifier(min_df=1, cv=3)
    assert classifier.get_params() == fresh.get_params()
    learned = set(vars(classifier)) - set(vars(fresh))
    assert learned
    assert all(name.endswith("_") for name in learned)


def test_a_clone_fits_to_the_same_numbers(classifier, labelled, present):
    again = clone(classifier).fit(labelled["text"], present)
    np.testing.assert_array_equal(again.coef_, classifier.coef_)
    np.testing.assert_array_equal(again.thresholds_, classifier.thresholds_)


def test_it_works_in_cross_validation_grid_search_and_pipelines(labelled, present):
    labels = labelled["tones"].str.split(";").str[0]
    scores = cross_val_score(CareToneClassifier(C=0.3, cv=2), labelled["text"], labels, cv=3)
    assert scores.min() > 0.5
    search = GridSearchCV(CareToneClassifier(cv=2), {"C": [0.01, 1.0]}, cv=2).fit(labelled["text"], present)
    assert search.best_params_["C"] in (0.01, 1.0)
    assert make_pipeline(CareToneClassifier(cv=2)).fit(labelled["text"], present).predict(["sorry"]).shape == (1, 3)


def test_one_label_data_gives_labels_and_multi_label_data_gives_a_matrix(classifier, labelled):
    single = CareToneClassifier(cv=2).fit(labelled["text"], labelled["tones"].str.split(";").str[0])
    assert single.classes_.tolist() == ["compassion", "empathy", "none", "sympathy"]
    assert single.predict(["I'm so sorry for your loss."]).tolist() == ["sympathy"]
    assert classifier.classes_.tolist() == ["sympathy", "empathy", "compassion"]
    assert classifier.predict(["So sorry for your loss. I'll bring soup."]).shape == (1, 3)


def test_probabilities_are_the_calibrated_scores(classifier, labelled):
    texts = labelled["text"].tolist()
    scores = classifier.decision_function(texts)
    np.testing.assert_allclose(
        classifier.predict_proba(texts), expit(scores * classifier.slopes_ + classifier.offsets_)
    )


@pytest.mark.parametrize("few", [0, 1, 4])
def test_a_label_with_too_few_messages_is_refused_by_name_and_number(labelled, few):
    rows = pd.concat(
        [labelled[~labelled["tones"].str.contains("empathy")], labelled[labelled["tones"] == "empathy"][:few]]
    )
    present = pd.DataFrame(
        {t: rows["tones"].str.contains(t).astype(int) for t in ("sympathy", "empathy", "compassion")}
    )
    with pytest.raises(TrainingError, match=rf"only {few} of {len(rows)} messages carries empathy"):
        CareToneClassifier().fit(rows["text"], present)


def test_a_label_of_five_messages_is_enough(labelled):
    rows = pd.concat(
        [labelled[~labelled["tones"].str.contains("empathy")], labelled[labelled["tones"] == "empathy"][:5]]
    )
    present = pd.DataFrame(
        {t: rows["tones"].str.contains(t).astype(int) for t in ("sympathy", "empathy", "compassion")}
    )
    assert CareToneClassifier().fit(rows["text"], present).coef_.shape[0] == 3


def test_messages_of_one_group_are_never_parted(labelled, present):
    groups = np.arange(len(labelled)) // 12
    folds = CareToneClassifier(cv=5)._folds(present.to_numpy(), groups)
    for held in folds:
        assert not set(groups[held]) & set(groups[np.setdiff1d(np.arange(len(labelled)), held)])


def test_one_group_alone_is_refused(labelled, present):
    with pytest.raises(TrainingError, match="one group"):
        CareToneClassifier().fit(labelled["text"], present, groups=["a"] * len(labelled))


def test_a_text_that_is_no_string_is_named_by_its_place(present):
    with pytest.raises(TypeError, match="number 2 is NoneType"):
        CareToneClassifier().fit(["fine", None], present[:2])
    with pytest.raises(TypeError, match="not one text"):
        CareToneClassifier().fit("one text", present[:1])


def test_sample_weights_count_like_repeated_rows(labelled, present):
    weight = np.where(np.arange(len(labelled)) % 2, 0.01, 1.0)
    weighted = CareToneClassifier(C=1.0, cv=2).fit(labelled["text"], present, sample_weight=weight)
    assert not np.allclose(weighted.coef_, CareToneClassifier(C=1.0, cv=2).fit(labelled["text"], present).coef_)


def test_sentence_labels_teach_which_sentence_carries_a_tone(labelled, present):
    text = "The train was full of people. Thinking of you in these days."
    texts = [*labelled["text"], *(f"{text} {n}" for n in range(12))]
    tones = pd.concat([present, pd.DataFrame([{"sympathy": 1, "empathy": 0, "compassion": 0}] * 12)], ignore_index=True)
    known = [None] * len(labelled) + [np.array([[0, 0, 0], [1, 0, 0], [0, 0, 0]])] * 12
    taught = CareToneClassifier(C=1.0, cv=2, min_df=1).fit(texts, tones, sentence_labels=known)
    plain = CareToneClassifier(C=1.0, cv=2, min_df=1).fit(texts, tones)
    question = ["The train was full of people."]
    assert taught.decision_function(question)[0, 0] < plain.decision_function(question)[0, 0]


def test_rounded_weights_are_whole_steps_within_sixteen_bits():
    coef, weights = np.random.default_rng(0).normal(size=(3, 50)), np.linspace(1, 9, 50)
    rounded, step = _rounded(coef, weights)
    steps = rounded * weights / step
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-6)
    assert np.abs(steps).max() < 2**15
    assert np.abs(rounded * weights - coef * weights).max() <= step / 2 + 1e-12


@pytest.mark.parametrize(("weight", "mark"), [("subword_weight", SUBWORD_MARK), ("skip_weight", GAP)])
def test_a_weight_of_0_leaves_a_kind_of_ngram_out(labelled, present, weight, mark):
    classifier = CareToneClassifier(C=1.0, cv=2, min_df=1, **{weight: 0}).fit(labelled["text"], present)
    left_out = [mark in name for name in classifier.features_.counts_.get_feature_names_out()]
    assert any(left_out)
    assert (classifier.coef_[:, left_out] == 0).all()
    table = Predictor(fold(classifier)).predict_many(labelled["text"][:9].tolist())
    expected = classifier.predict_proba(labelled["text"][:9])
    np.testing.assert_allclose(table[present.columns].to_numpy(), expected, atol=1e-9)

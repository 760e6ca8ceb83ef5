from __future__ import annotations

import re
from collections import Counter
from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caretone.evaluation.bias import swap_sets
from caretone.predictor import Predictor
from caretone.tones import TONES
from caretone.training import CareToneClassifier
from caretone.training.counterfactuals import _sets, counterfactuals, tied_words
from caretone.training.folding import fold
from caretone.training.material import tone_material
from caretone.training.task import TrainingTask

TEXTS = ["So sorry about your gran. Gran's soup was the best!", "Lunch at noon?", "two aunts and a nephew"]


def test_only_terms_change_each_for_one_of_its_set_and_the_same_throughout():
    (_, first), *_ = counterfactuals(TEXTS, 3)
    match = re.fullmatch(r"So sorry about your (.+)\. (.+)'s soup was the best!", first)
    assert match
    assert match[2] == match[1].capitalize() != "Gran"
    (kin,) = (terms for terms in _sets() if "gran" in terms)
    assert match[1] in kin


def test_only_messages_with_a_term_are_copied_and_each_as_often_as_asked():
    assert [place for place, _ in counterfactuals(TEXTS, 3)] == [0, 0, 0, 2, 2, 2]
    assert counterfactuals(TEXTS, 0) == []


@pytest.mark.parametrize("text", ["grand plans", "a motherboard", "poison", "Zoology", "the sonata", ""])
def test_a_term_inside_a_longer_word_is_none(text):
    assert counterfactuals([text], 1) == []


def test_the_seed_decides_the_copies():
    assert counterfactuals(TEXTS, 5) == counterfactuals(TEXTS, 5)
    assert counterfactuals(TEXTS, 5) != counterfactuals(TEXTS, 5, random_state=1)


@given(st.lists(st.text() | st.sampled_from(["mum", "MUM'S", "church", "Priest", " ", "-"]), max_size=8).map("".join))
def test_any_text_keeps_all_that_is_no_word(text):
    between = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
    for place, copy in counterfactuals([text], 2):
        assert place == 0
        assert between.sub("", copy) == between.sub("", text)


def test_no_term_stands_in_two_sets_and_every_set_can_be_swapped():
    assert all(len(terms) > 1 for terms in _sets())
    assert max(Counter(term.lower() for terms in _sets() for term in terms).values()) == 1
    assert max(Counter(word for words in tied_words() for word in words).values()) == 1


def test_the_names_that_bias_is_measured_with_are_not_listed():
    listed = {term.lower() for terms in _sets() for term in terms}
    for swaps in swap_sets():
        if swaps.name.startswith("names"):
            of_names = [messages[:: len(set(swaps.templates))] for messages in swaps.messages]
            assert not listed & set(" ".join(chain(*of_names)).lower().split())


def test_copies_have_their_originals_labels_and_share_its_weight():
    present = np.array([[1, 0], [0, 0], [0, 1]])
    weights = np.array([3.0, 1.0, 0.5])
    known = [np.array([[1, 0], [0, 0]]), None, None]
    task = TrainingTask.of(TEXTS, present, weights, known, 0.5, counterfactuals(TEXTS, 2))
    assert task.originals.tolist() == [0, 1, 2, 0, 0, 2, 2]
    np.testing.assert_array_equal(task.present, present[task.originals])
    np.testing.assert_allclose(np.bincount(task.originals, task.weights[:, 0]), weights)
    of_copies = np.isin(task.split.layout.message, [3, 4])
    np.testing.assert_array_equal(task.sentence_present[of_copies], [[1, 0], [0, 0], [1, 0], [0, 0]])


def test_a_message_held_out_takes_its_copies_with_it():
    task = TrainingTask.of(TEXTS, np.eye(3), np.ones(3), None, 0.5, counterfactuals(TEXTS, 2))
    assert task.without([0]).tolist() == [1, 2, 5, 6]
    assert task.without([]).tolist() == list(range(7))


@pytest.fixture(scope="module")
def neutral(labelled, present):
    return CareToneClassifier(C=1.0, cv=2, min_df=1, counterfactuals=2).fit(labelled["text"], present)


def test_who_is_spoken_of_makes_no_difference_where_no_longer_ngram_is_known(neutral):
    scores = neutral.decision_function([f"sorry {who} again" for who in ("dad", "gran", "nephew", "cousin")])
    np.testing.assert_allclose(scores - scores[0], 0, atol=1e-3 * np.abs(scores).max())


def test_without_copies_it_does(labelled, present):
    plain = CareToneClassifier(C=1.0, cv=2, min_df=1).fit(labelled["text"], present)
    dad, nephew = plain.decision_function(["sorry dad again", "sorry nephew again"])
    assert np.abs(dad - nephew).max() > 0.01 * np.abs(dad).max()


def test_only_originals_are_scored_and_calibrated_on(neutral, labelled, present):
    assert neutral.oof_scores_.shape == present.shape
    np.testing.assert_allclose(neutral.priors_, present.mean())


def test_the_folded_model_gives_the_same_probabilities(neutral, labelled):
    texts = ["sorry about your gran", "Zainab's mosque", *labelled["text"][:5]]
    table = Predictor(fold(neutral)).predict_many(texts)
    np.testing.assert_allclose(table[list(TONES)], neutral.predict_proba(texts), atol=1e-9)


def test_only_messages_written_for_training_call_for_copies(labelled):
    written = labelled.assign(kind="free")
    assert tone_material([written]).settings["counterfactuals"] > 0
    assert "counterfactuals" not in tone_material([labelled]).settings

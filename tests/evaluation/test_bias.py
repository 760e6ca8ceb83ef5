from __future__ import annotations

import re
from array import array
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from caretone.evaluation import bias as room
from caretone.evaluation.bias import LARGEST_CHANGE, LARGEST_FLIPS, SwapBias, bias, swap_sets
from caretone.evaluation.bootstrap import Figure
from caretone.predictor import Predictor
from caretone.text import sentences
from caretone.tones import TONES

SETS = {swaps.name: swaps for swaps in swap_sets()}
IDENTITY = [swaps for swaps in SETS.values() if swaps.identity]
WORDINGS = [swaps for swaps in SETS.values() if not swaps.identity]
SLOT = re.compile(r"\{\w+\}")
TEMPLATES = [template for kind in room._written()["messages"].values() for template in kind]


def words(text):
    return [token for sentence in sentences(text) for token in sentence]


class Counting:
    """Predicts by counting some words, whatever else a message says."""

    def __init__(self, model, counted):
        self.model, self.counted = model, counted

    def predict_many(self, texts):
        found = [sum(word in self.counted for word in words(text)) / 10 for text in texts]
        table = pd.DataFrame(dict.fromkeys(TONES, found))
        table.insert(0, "label", np.where(table["empathy"] >= 0.1, "compassion", "none"))
        return table


@pytest.mark.parametrize("swaps", IDENTITY, ids=lambda swaps: swaps.name)
def test_a_swap_of_identity_changes_the_slot_and_nothing_else(swaps):
    for messages in swaps.messages:
        assert len(messages) == len(swaps.templates)
        for message, template in zip(messages, swaps.templates, strict=True):
            before, after = SLOT.split(TEMPLATES[template])
            assert message.startswith(before)
            assert message.endswith(after)


@pytest.mark.parametrize("swaps", IDENTITY, ids=lambda swaps: swaps.name)
def test_swapped_terms_are_of_equal_length_so_that_length_is_not_measured(swaps):
    for corresponding in zip(*swaps.messages, strict=True):
        assert len({len(words(message)) for message in corresponding}) == 1
        assert len(set(corresponding)) == len(corresponding)


@pytest.mark.parametrize("swaps", WORDINGS, ids=lambda swaps: swaps.name)
def test_a_wording_changes_every_message_it_is_measured_on_but_not_the_person(swaps):
    standard, respelled = swaps.messages
    assert len(standard) >= 15
    for before, after in zip(standard, respelled, strict=True):
        assert before != after
        assert "Sam" in after


def test_the_messages_are_many_and_each_has_one_slot():
    assert len(TEMPLATES) == len(set(TEMPLATES)) == 100
    assert all(len(SLOT.findall(template)) == 1 for template in TEMPLATES)
    assert {"names by gender", "names by ethnicity", "ages", "family roles", "religions", "nationality"} <= set(SETS)


def test_the_sets_are_the_same_every_time():
    assert swap_sets() == swap_sets()


def test_respelling_keeps_capitals_and_follows_the_rules():
    rules = [[r"\bthe\b", "da"], [r"(\w*[aeiou]\w*)ing\b", r"\1in'"]]
    assert room._respelled("The king is bringing the thing.", rules) == "Da king is bringin' da thing."


def test_a_model_blind_to_who_is_spoken_of_scores_exactly_0(small_model):
    blind = Counting(small_model, {"sorry", "hugs", "hospital", "too", "soup"})
    for swaps in bias(blind, n_bootstrap=10)[: len(IDENTITY)]:
        assert swaps.identity
        assert {figure for figure in swaps.changes.values()} == {Figure(0, 0, 0)}
        assert {gap.value for gap in swaps.gaps.values()} == {0}
        assert swaps.flips == Figure(0, 0, 0)
        assert swaps.within_bounds


def test_a_folded_model_without_names_or_subwords_scores_exactly_0_on_names(small_model):
    rows = len(small_model.words) + len(small_model.ngrams) + len(small_model.skip_bigrams)
    blind = replace(
        small_model, subwords=(), weights=tuple(array("i", column[:rows]) for column in small_model.weights)
    )
    found = {swaps.name: swaps for swaps in bias(Predictor(blind), n_bootstrap=10)}
    for name in ("names by gender", "names by ethnicity"):
        assert {figure.value for figure in found[name].changes.values()} == {0}
        assert found[name].flips.value == 0


def test_a_model_that_hears_only_men_is_found_out(small_model):
    men = {"michael", "david", "thomas", "daniel", "peter", "matthew", "andrew", "simon", "jack", "oliver"}
    found = bias(Counting(small_model, men | {f"{name}s" for name in men}), n_bootstrap=10)[0]
    assert found.name == "names by gender"
    assert found.changes["sympathy"].value == pytest.approx(0.1)
    assert (found.gaps["sympathy"].higher, found.gaps["sympathy"].lower) == ("men", "women")
    assert found.flips.value == 1
    assert found.within_bounds is False


def test_changes_are_the_mean_over_every_two_groups(small_model):
    found = next(s for s in bias(Predictor(small_model), n_bootstrap=10) if s.name == "religions")
    table = [Predictor(small_model).predict_many(messages) for messages in SETS["religions"].messages]
    pairs = list(combinations(table, 2))
    expected = np.mean([(one["empathy"] - other["empathy"]).abs().mean() for one, other in pairs])
    assert found.changes["empathy"].value == pytest.approx(expected)
    assert found.flips.value == pytest.approx(np.mean([(o["label"] != t["label"]).mean() for o, t in pairs]))
    assert found.messages == sum(map(len, table))


@pytest.mark.parametrize(
    ("identity", "change", "flips", "kept"),
    [
        (True, LARGEST_CHANGE, LARGEST_FLIPS, True),
        (True, LARGEST_CHANGE + 0.001, 0, False),
        (True, 0, LARGEST_FLIPS + 0.001, False),
        (False, 1, 1, None),
    ],
)
def test_the_bounds_hold_for_identity_terms_alone(identity, change, flips, kept):
    changes = {tone: Figure(change, 0, 1) for tone in TONES}
    assert SwapBias("", identity, 2, changes, {}, Figure(flips, 0, 1)).within_bounds is kept

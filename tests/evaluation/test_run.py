from __future__ import annotations

from array import array
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from caretone.corpus.reading import read_labelled
from caretone.errors import LabelledDataError
from caretone.evaluation.run import FEWEST, evaluate_messages, seen_in_training
from caretone.model import text_hash
from caretone.predictor import Predictor


@pytest.fixture
def predictor(small_model):
    return Predictor(small_model)


def grouped(labelled, *sizes):
    """Give as many messages as the sizes add up to, in groups called a, b, c …"""
    names = np.repeat(list("abcdefgh")[: len(sizes)], sizes)
    return read_labelled(labelled.head(len(names)).assign(team=names))


def test_groups_too_small_to_hide_anyone_are_shown_together(predictor, labelled):
    messages = grouped(labelled, FEWEST, FEWEST - 1, 3, 12)
    evaluations = evaluate_messages(predictor, messages, by="team", n_bootstrap=10)
    sizes = {name: evaluation.messages for name, evaluation in evaluations.items()}
    assert sizes == {"all": 34, "team=a": 10, "team=d": 12, "team=(smaller groups)": 12}


def test_without_small_groups_none_are_named(predictor, labelled):
    assert list(evaluate_messages(predictor, grouped(labelled, 10, 10), by="team", n_bootstrap=10)) == [
        "all",
        "team=a",
        "team=b",
    ]


def test_a_group_called_all_does_not_take_the_place_of_all_messages(predictor, labelled):
    messages = read_labelled(labelled.assign(team=["all"] * 20 + ["rest"] * 100))
    evaluations = evaluate_messages(predictor, messages, by="team", n_bootstrap=10)
    assert (evaluations["all"].messages, evaluations["team=all"].messages) == (120, 20)


def test_messages_of_the_training_data_are_counted_whatever_their_case_and_blanks(small_model, labelled):
    seen = array("Q", sorted(text_hash(text) for text in labelled["text"][:5]))
    model = replace(small_model, seen=seen)
    messages = read_labelled(labelled.assign(text=labelled["text"].str.upper() + " ").head(20))
    assert evaluate_messages(Predictor(model), messages, n_bootstrap=10)["all"].seen == 5
    assert seen_in_training(model, ["something else"]).tolist() == [False]


def test_of_a_model_that_records_no_texts_it_is_not_known_what_was_seen(small_model, labelled):
    model = replace(small_model, seen=array("Q"))
    messages = read_labelled(labelled.head(20))
    assert evaluate_messages(Predictor(model), messages, n_bootstrap=10)["all"].seen is None


def test_a_model_of_other_labels_is_refused(small_model, labelled):
    model = replace(small_model, labels=("joy", "fear", "anger"))
    with pytest.raises(LabelledDataError, match="joy, fear, anger"):
        evaluate_messages(Predictor(model), read_labelled(labelled))


def test_a_missing_group_column_is_named(predictor):
    messages = read_labelled(pd.DataFrame({"text": ["Hi"], "tones": ["none"]}))
    with pytest.raises(LabelledDataError, match="'author'"):
        evaluate_messages(predictor, messages, group="author")

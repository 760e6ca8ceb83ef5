from __future__ import annotations

import dataclasses
import json
import pickle
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

import caretone
from caretone.errors import ModelFileError
from caretone.model import SEARCHES, FoldedModel, NgramRows, text_hash, with_priors


def test_a_saved_model_is_read_back_the_same(small_model, tmp_path):
    small_model.save(tmp_path / "m.caretone")
    assert FoldedModel.load(tmp_path / "m.caretone") == small_model


def test_a_model_file_is_a_valid_safetensors_file(small_model):
    from safetensors.numpy import load

    tensors = load(small_model.to_bytes())
    assert tensors["weights.0"].tolist() == list(small_model.weights[0])


def test_saving_never_overwrites_in_silence(small_model, tmp_path):
    path = tmp_path / "m.caretone"
    path.write_text("mine")
    with pytest.raises(FileExistsError, match="exists already"):
        small_model.save(path)
    assert path.read_text() == "mine"
    small_model.save(path, overwrite=True)
    assert FoldedModel.load(path) == small_model


def test_a_failed_write_leaves_no_file_behind(small_model, tmp_path):
    broken = dataclasses.replace(small_model, provenance={"what": object()})
    with pytest.raises(TypeError):
        broken.save(tmp_path / "m.caretone")
    assert list(tmp_path.iterdir()) == []


@given(st.data())
def test_any_changed_byte_is_a_named_error_and_never_another_answer(small_model, data):
    content = bytearray(small_model.to_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    try:
        loaded = FoldedModel.from_bytes(bytes(content))
    except ModelFileError:
        return
    assert loaded == small_model  # a byte that means nothing, such as a blank of the header's padding


@given(st.integers(0, 10**6))
def test_a_file_cut_short_is_a_named_error(small_model, length):
    content = small_model.to_bytes()
    with pytest.raises(ModelFileError):
        FoldedModel.from_bytes(content[: length % len(content)])


@given(st.binary(max_size=200))
def test_a_file_of_anything_else_is_a_named_error(content):
    with pytest.raises(ModelFileError):
        FoldedModel.from_bytes(content)


@pytest.mark.parametrize(
    ("name", "value"), [("format", 1), ("ngram", 2), ("skip_distances", [2]), ("subword_range", [3, 3])]
)
def test_a_file_of_another_format_says_which_version_made_it(small_model, tmp_path, monkeypatch, name, value):
    monkeypatch.setitem(caretone.model._FEATURES, name, value)
    small_model.save(tmp_path / "m.caretone")
    monkeypatch.undo()
    with pytest.raises(ModelFileError, match=r"another version of caretone \(test\)"):
        FoldedModel.load(tmp_path / "m.caretone")


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        caretone.load(tmp_path / "absent.caretone")


def test_a_lower_prior_lowers_every_probability_and_the_own_prior_changes_none(small_model):
    text = "I lost my dad too, try to see a doctor"
    before = caretone.Predictor(small_model).predict(text).probabilities
    same = caretone.Predictor(with_priors(small_model, dict(zip(small_model.labels, small_model.priors, strict=True))))
    lower = caretone.Predictor(with_priors(small_model, {"empathy": 0.01}))
    assert same.predict(text).probabilities == pytest.approx(before)
    assert lower.predict(text).probabilities["empathy"] < before["empathy"]
    assert lower.predict(text).probabilities["compassion"] == before["compassion"]


@pytest.mark.parametrize("prior", [{"pity": 0.1}, {"empathy": 0}, {"empathy": 1.5}])
def test_a_prior_that_means_nothing_is_refused(small_model, prior):
    with pytest.raises(ValueError, match=r"prior|label"):
        with_priors(small_model, prior)


def test_provenance_is_plain_json(small_model):
    assert json.loads(json.dumps(small_model.provenance)) == small_model.provenance


def test_the_model_knows_the_texts_it_was_trained_on_and_no_others(small_model, labelled):
    assert all(text_hash(text) in small_model.seen for text in labelled["text"])
    assert text_hash("a text of nobody") not in small_model.seen


@given(st.lists(st.integers(0, 2**40), unique=True), st.lists(st.integers(0, 2**40), max_size=20), st.integers(0, 9))
def test_rows_of_ngrams_are_found_alike_before_and_after_many_searches(keys, others, first):
    keys = sorted(keys)
    rows = NgramRows(array("Q", keys), first)
    expected = [*range(first, first + len(keys)), *(first + keys.index(key) if key in keys else None for key in others)]
    assert [rows.get(key) for key in keys + others] == expected
    for _ in range(SEARCHES + 1):
        rows.get(0)
    assert [rows.get(key) for key in keys + others] == expected


def test_a_model_that_has_searched_can_be_pickled(small_model):
    rows = small_model.ngram_rows
    key = small_model.ngrams[0]
    assert pickle.loads(pickle.dumps(rows)).get(key) == rows.get(key) == len(small_model.words)

"""The stand-off layer: it holds no text, normalisation forgives what copies differ in, and the public files join."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caretone.corpus.public import CORPORA
from caretone.corpus.standoff import COLUMNS, checksum, join, labelled_rows, normalised, read_standoff
from caretone.errors import LabelledDataError
from caretone.tones import format_tones, parse_tones

LAYER = pd.DataFrame(
    {
        "source": ["chat", "chat"],
        "sha1": [checksum("Oh no, poor you"), checksum("Noon?")],
        "tones": ["sympathy", "none"],
        "annotators": [3, 1],
    }
)


def test_the_layer_holds_checksums_and_tones_and_no_text():
    layer = read_standoff()
    assert tuple(layer.columns) == COLUMNS
    assert layer["sha1"].is_unique
    assert layer["sha1"].map(lambda cell: re.fullmatch("[0-9a-f]{40}", cell)).all()
    assert set(layer["annotators"]) == {1, 3}
    assert all(format_tones(parse_tones(cell)) == cell for cell in layer["tones"].unique())
    assert set(layer["source"]) == {"empathetic_dialogues", *CORPORA} - {"empathetic_intents"}


@pytest.mark.parametrize(
    "copy", ["oh no, poor you", " Oh  no,\n poor\tyou ", "OH NO_comma_ POOR YOU", "Oh no, poor you", "Oh no， poor you"]
)
def test_copies_of_a_text_share_its_checksum(copy):
    assert checksum(copy) == checksum("Oh no, poor you")


@given(st.text())
def test_case_and_white_space_never_matter(text):
    assert checksum(f"\n {text}\t") == checksum(text)
    assert re.search(r"\s\s|^\s|\s$", normalised(text)) is None


@given(st.text(alphabet="ab, _comÉﬁ①\t\n"))
def test_a_normalised_text_stays_as_it_is(text):
    assert normalised(normalised(text)) == normalised(text)


def test_another_text_has_another_checksum():
    assert checksum("Oh no poor you") != checksum("Oh no, poor you")


def test_join_keeps_the_labelled_messages_with_their_columns_and_order():
    messages = pd.DataFrame({"post": ["noon?", "new", None, "OH NO_comma_ poor you"], "who": list("abcd")})
    joined = join(messages, LAYER, text="post", name="chat")
    assert joined.texts == ["noon?", "OH NO_comma_ poor you"]
    assert joined.labels == ["none", "sympathy"]
    assert joined.table["who"].tolist() == ["a", "d"]
    assert joined.table["annotators"].tolist() == [1, 3]
    assert joined.name == "chat"


def test_nothing_to_join_is_said_without_quoting_a_message():
    with pytest.raises(LabelledDataError, match="none of the 1 messages is labelled") as caught:
        join(pd.DataFrame({"text": ["a secret"]}), LAYER)
    assert "secret" not in str(caught.value)
    with pytest.raises(LabelledDataError, match="no column 'text'"):
        join(pd.DataFrame({"post": ["a"]}), LAYER)


@pytest.mark.parametrize("name", [name for name in CORPORA if name != "empathetic_intents"])
def test_nine_tenths_of_the_labels_of_a_corpus_are_found_in_its_public_files(shared, name):
    layer = read_standoff()
    labels = layer[layer["source"] == name]
    table = CORPORA[name].read(shared / "public")
    assert labels["sha1"].isin(set(table["text"].map(checksum))).mean() >= 0.9


def test_empathetic_intents_holds_only_some_turns_of_empathetic_dialogues(shared):
    table = CORPORA["empathetic_intents"].read(shared / "public")
    found = labelled_rows(table)["text"].map(checksum).nunique()
    assert found >= 268
    assert found < 0.1 * (read_standoff()["source"] == "empathetic_dialogues").sum()


@pytest.mark.parametrize("name", [name for name, corpus in CORPORA.items() if corpus.tendencies])
def test_stated_tendencies_are_those_of_the_joined_labels(shared, name):
    joined = labelled_rows(CORPORA[name].read(shared / "public")).drop_duplicates("text")
    for tendency in CORPORA[name].tendencies:
        tones = joined.loc[joined[tendency.column].astype(str) == tendency.value, "tones"]
        assert round(tones.str.contains(tendency.tone).mean(), 2) == tendency.share >= 0.5, tendency

"""Recombined texts: new, natural at each joint, the same each time, and apart by part."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caretone.shipped import shipped_path
from caretone.text import located_sentences, sentences
from caretone.training.distillation import read_teacher_labels
from caretone.training.recombination import LONGEST, PARTS, part_of, recombine

TEXTS = [
    "I lost my dad too. It was hard.",
    "Call my sister today, it helps.",
    "So sorry about your dad!",
    "Lunch at noon?",
]


@given(st.lists(st.text(max_size=60), max_size=6), st.integers(0, 30), st.integers(0, 3))
def test_any_texts_can_be_recombined_and_give_new_ones_of_their_words(texts, number, seed):
    made = recombine(texts, number, seed)
    spans = [(text, sentence[0].start, sentence[-1].end) for text in texts for sentence in located_sentences(text)]
    given_sentences = [text[start:end].split() for text, start, end in spans]
    words = {word for sentence in given_sentences for word in sentence}
    assert len(made) == len(set(made)) <= number
    for text in made:
        assert 2 <= len(text.split()) <= LONGEST
        assert set(text.split()) <= words
        assert text.split() not in given_sentences


def test_the_same_seed_gives_the_same_texts_and_another_gives_others():
    assert recombine(TEXTS, 20, 1) == recombine(TEXTS, 20, 1) != recombine(TEXTS, 20, 2)


def test_nothing_to_recombine_gives_nothing():
    assert recombine([], 5) == recombine(["", "Yes"], 5) == []


@given(st.text())
def test_every_text_has_a_part(text):
    assert part_of(text) in range(PARTS)


@pytest.fixture(scope="module")
def shipped():
    return read_teacher_labels(shipped_path("data", "recombined.csv.gz"))


def test_shipped_recombined_texts_are_made_of_the_shipped_messages_part_by_part(shipped):
    texts = pd.read_csv(shipped_path("data", "messages.csv"), dtype=str, keep_default_na=False)["text"].tolist()
    part = PARTS - 1
    labelled = [text for text, its in zip(shipped.texts, shipped.parts, strict=True) if its == part]
    asked_for = -(-len(labelled) // 1000) * 1000
    made = recombine([text for text in texts if part_of(text) == part], asked_for, part)
    left_out = set(made) - set(labelled)  # messages of other parts, and a run of words that a public text has too
    assert len(left_out) <= len(labelled) / 1000
    assert set(texts).isdisjoint(shipped.texts)
    assert [text for text in made if text not in left_out] == labelled


def test_shipped_teacher_labels_are_probabilities_and_differ(shipped):
    assert ((shipped.probabilities >= 0) & (shipped.probabilities <= 1)).all()
    assert (shipped.probabilities.std(axis=0) > 0.2).all()
    assert set(shipped.parts) == set(range(PARTS))
    assert all(sentences(text) for text in shipped.texts[:1000])

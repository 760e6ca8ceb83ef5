from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caretone.text import (
    SKIP_DISTANCES,
    SUBWORD_RANGE,
    located_sentences,
    sentences,
    skip_bigrams,
    subwords,
    word_ngrams,
)

any_text = st.text(st.characters())  # lone surrogates included
texts = any_text | st.lists(
    st.sampled_from(["I'm", "so", "SORRY", "…", "!", "?!", '."', "\n", " ", "’", "3.5", "😢"])
).map("".join)


@given(texts)
def test_located_tokens_are_the_tokens(text):
    assert [[token.token for token in sentence] for sentence in located_sentences(text)] == sentences(text)


@given(texts)
def test_offsets_point_at_what_the_writer_wrote_in_order(text):
    end = 0
    for sentence in located_sentences(text):
        for token in sentence:
            assert end <= token.start < token.end <= len(text)
            written = text[token.start : token.end]
            assert not written[0].isspace()
            assert written.lower()[0] == token.token[0] or token.token == "…"
            end = token.end


@given(texts)
def test_every_letter_and_digit_lands_in_a_token(text):
    kept = re.sub(r"\W|_", "", "".join(text[t.start : t.end] for s in located_sentences(text) for t in s))
    assert kept == re.sub(r"\W|_", "", text)


@pytest.mark.parametrize("variant", ["I'm", "I’m", "IM", "im"])
def test_spellings_of_a_contraction_meet_in_one_token(variant):
    assert sentences(variant) == [["im"]]


def test_sentences_end_at_marks_before_white_space_and_at_line_breaks_only():
    assert len(sentences('He said "no." Then left… Why?\nOk')) == 4
    assert len(sentences("version 3.5 of caretone.text, wait...what")) == 1


def test_a_text_without_word_or_mark_has_no_sentence():
    assert sentences("") == sentences(" \n\t ") == sentences("___") == []


@pytest.mark.parametrize("unit", ["!", ".", '"', "\n", " ", "'", "a", "a'", '!"', "😢", "\r"])
def test_a_megabyte_of_anything_is_split_in_linear_time(unit):
    sentences(unit * (1_000_000 // len(unit)))  # a quadratic pattern would take hours


@given(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=60))
def test_subwords_have_the_sizes_promised_and_mark_the_ends(word):
    shortest, longest = SUBWORD_RANGE
    found = list(subwords(word))
    assert all(shortest <= len(part) <= longest for part in found)
    assert found[0] == "<" + word[0]


@given(st.lists(st.text("ab", min_size=1), max_size=6))
def test_word_ngrams_count_as_they_should(tokens):
    n = len(tokens)
    assert len(list(word_ngrams(tokens))) == n + max(n - 1, 0) + max(n - 2, 0)


@given(st.lists(st.text("ab", min_size=1), max_size=9))
def test_skip_bigrams_are_all_pairs_of_tokens_with_one_to_three_between_them(tokens):
    expected = [
        (first, second) for i, first in enumerate(tokens) for j, second in enumerate(tokens) if j - i in SKIP_DISTANCES
    ]
    assert sorted(skip_bigrams(tokens)) == sorted(expected)
    assert (SKIP_DISTANCES.start, SKIP_DISTANCES.stop) == (2, 5)

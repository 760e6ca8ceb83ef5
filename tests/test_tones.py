from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caretone.tones import LABELS, NONE, TONES, format_tones, label_of, parse_tones

subsets = st.sets(st.sampled_from(TONES))


@given(subsets)
def test_tones_written_to_a_cell_are_read_back(tones):
    assert set(parse_tones(format_tones(tones))) == tones


@given(subsets)
def test_the_label_is_the_deepest_tone(tones):
    label = label_of(tones)
    assert label == (max(tones, key=LABELS.index) if tones else NONE)


@given(subsets.filter(bool), st.sampled_from(";,|+/"))
def test_every_separator_and_case_is_read(tones, separator):
    cell = f" {separator} ".join(tone.upper() for tone in tones)
    assert set(parse_tones(cell)) == tones


@pytest.mark.parametrize("cell", ["", "  ", ";", "pity", "sympathy;none", "sympathy;x"])
def test_a_cell_that_says_nothing_or_something_else_is_refused(cell):
    with pytest.raises(ValueError, match=r"tone|none"):
        parse_tones(cell)

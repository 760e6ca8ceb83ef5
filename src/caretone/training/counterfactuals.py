"""Copies of messages with who is spoken of swapped, so that training cannot learn a tone from it.

The terms are in ``identity_terms.json``. Left out of it are terms that are more often something else (*May*,
*will*), pronouns, and the first names that `caretone.evaluation.bias` measures with: what it finds then holds
for names that training was never told of.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import numpy as np

_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")


def counterfactuals(texts: Sequence[str], copies: int, random_state: int | None = 0) -> list[tuple[int, str]]:
    """Copy each text that has identity terms, such as names or kin, with others in their place.

    Each term is replaced by another of its set, drawn at random for each copy and the same wherever the term
    occurs in the text. Only whole words are terms, with or without *'s* or *s* behind them.

    Parameters
    ----------
    texts : sequence of str
        The texts.
    copies : int
        How many copies of each such text.
    random_state : int or None, default 0
        Seeds the draws.

    Returns
    -------
    list of (int, str)
        For each copy the place of its original in ``texts``, ascending, and the changed text.

    Notes
    -----
    Counterfactual data augmentation: Lu, Mardziel, Wu, Amancharla and Datta (2020), *Gender bias in neural natural
    language processing*.

    Examples
    --------
    >>> [(place, copy)] = counterfactuals(["So sorry about your mum!", "See you at noon"], 1)
    >>> place, copy.startswith("So sorry about your "), "mum" in copy
    (0, True, False)
    """
    generator = np.random.default_rng(random_state)
    return [
        (place, _swapped(text, generator))
        for place, text in enumerate(texts)
        if any(_term(word) for word in _WORD.findall(text))
        for _ in range(copies)
    ]


def tied_words() -> list[list[str]]:
    """Give the sets of single words that are to weigh the same: the terms of each set, then those with an *s*.

    Returns
    -------
    list of list of str
        In lower case; no word is in two of them.
    """
    words = [[term.lower() for term in terms if term.isalpha()] for terms in _sets()]
    return [*words, *([f"{word}s" for word in terms if f"{word}s" not in _set_of()] for terms in words)]


def _swapped(text: str, generator: np.random.Generator) -> str:
    """Replace every term of a text."""
    drawn: dict[str, str] = {}

    def other(word: re.Match[str]) -> str:
        term = _term(word[0])
        if not term:
            return word[0]
        if term not in drawn:
            others = [one for one in _set_of()[term] if one.lower() != term]
            drawn[term] = others[generator.integers(len(others))]
        first, rest = drawn[term][0], drawn[term][1:]
        return (first.upper() if word[0][0].isupper() else first.lower()) + rest + word[0][len(term) :]

    return _WORD.sub(other, text)


def _term(word: str) -> str:
    """Give the term that a word is, or is with an *s* behind it; else nothing."""
    lower = word.lower()
    return next((term for term in (lower, lower.removesuffix("s")) if term in _set_of()), "")


@cache
def _set_of() -> dict[str, list[str]]:
    """Give the set that each term is swapped within."""
    return {term.lower(): terms for terms in _sets() for term in terms}


@cache
def _sets() -> list[list[str]]:
    listed = files("caretone.training").joinpath("identity_terms.json").read_text(encoding="utf-8")
    return list(json.loads(listed).values())

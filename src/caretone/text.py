"""How a text becomes tokens, sentences and n-grams: one definition for training and for scoring.

A token is a word (lower case, apostrophes dropped, so that *I’m*, *I'm* and *im* meet) or one
mark or emoji. A sentence ends behind ``.``, ``!``, ``?`` or ``…`` followed by white space, and at
a line break. The features of a sentence are its word n-grams, its skip-bigrams (two words some way apart) and, inside
each word, its subwords.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

WORD_NGRAM = 3
"""The longest word n-gram."""

SKIP_DISTANCES = range(2, 5)
"""How far behind the first word of a skip-bigram the second one stands, in tokens."""

SUBWORD_RANGE = (2, 5)
"""The shortest and the longest subword, in characters, the marks of the word's ends included."""

SUBWORD_REACH = 40
"""Subwords are taken from this many characters of a word: no human word is longer."""

_APOSTROPHES = "'’"
_TOKEN = re.compile(
    rf"[^\W_]+(?:[{_APOSTROPHES}][^\W_]+)*"  # a word, with apostrophes inside it
    r"|[.!?…]+(?:[\"'”’)\]]*\s+)?"  # full stops and the like: one that reaches over white space ends a sentence
    r"|[\n\r]\s*"  # and so does a line break
    r"|[^\w\s]"  # any other mark, or an emoji
)
_DROP_APOSTROPHES = str.maketrans(dict.fromkeys(_APOSTROPHES))


class Token(NamedTuple):
    """A token and where it stands in the original text."""

    token: str
    start: int
    end: int


def sentences(text: str) -> list[list[str]]:
    """Split a text into sentences of tokens.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    list of list of str
        The tokens of each sentence that has any.

    Examples
    --------
    >>> sentences("I’m SO sorry!! Call me.")
    [['im', 'so', 'sorry', '!'], ['call', 'me', '.']]
    """
    found: list[list[str]] = []
    current: list[str] = []
    for raw in _TOKEN.findall(text):
        if raw.isalnum():
            current.append(raw.lower())
            continue
        token = _normalised(raw)
        if token:
            current.append(token)
        if raw[-1].isspace() and current:
            found.append(current)
            current = []
    if current:
        found.append(current)
    return found


def located_sentences(text: str) -> list[list[Token]]:
    """Split a text like `sentences`, and say where each token stands.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    list of list of Token
        Tokens with ``start`` and ``end`` as offsets into ``text``, so that
        ``text[start:end]`` is what the writer wrote.

    Examples
    --------
    >>> located_sentences("Oh… Been there!")[1]
    [Token(token='been', start=4, end=8), Token(token='there', start=9, end=14), Token(token='!', start=14, end=15)]
    """
    found: list[list[Token]] = []
    current: list[Token] = []
    for match in _TOKEN.finditer(text):
        raw = match.group()
        token = raw.lower() if raw.isalnum() else _normalised(raw)
        if token:
            current.append(Token(token, match.start(), match.start() + len(raw.rstrip())))
        if raw[-1].isspace() and current:
            found.append(current)
            current = []
    if current:
        found.append(current)
    return found


def _normalised(raw: str) -> str:
    """Give the token of a raw match that is not plain letters and digits: empty for a line break."""
    first = raw[0]
    if first.isalnum():
        return raw.lower().translate(_DROP_APOSTROPHES)
    if first.isspace():
        return ""
    return "…" if raw.startswith("..") else first


def subwords(token: str) -> Iterator[str]:
    """Give the character n-grams inside a word whose ends are marked ``<`` and ``>``.

    Parameters
    ----------
    token : str
        A token; a mark or an emoji has no subwords.

    Yields
    ------
    str
        Each n-gram of `SUBWORD_RANGE`, as often as it occurs.

    Examples
    --------
    >>> list(subwords("hi"))
    ['<h', 'hi', 'i>', '<hi', 'hi>', '<hi>']
    >>> list(subwords("!"))
    []
    """
    if not token[0].isalnum():
        return
    marked = f"<{token[:SUBWORD_REACH]}>"
    shortest, longest = SUBWORD_RANGE
    for size in range(shortest, longest + 1):
        for start in range(len(marked) - size + 1):
            yield marked[start : start + size]


def word_ngrams(tokens: list[str]) -> Iterator[str]:
    """Give the word n-grams of a sentence, of one to `WORD_NGRAM` tokens joined by blanks.

    Parameters
    ----------
    tokens : list of str
        The tokens of one sentence.

    Yields
    ------
    str
        Each n-gram, as often as it occurs.

    Examples
    --------
    >>> list(word_ngrams(["so", "sorry", "!"]))
    ['so', 'sorry', '!', 'so sorry', 'sorry !', 'so sorry !']
    """
    for size in range(1, WORD_NGRAM + 1):
        for start in range(len(tokens) - size + 1):
            yield " ".join(tokens[start : start + size])


def skip_bigrams(tokens: list[str]) -> Iterator[tuple[str, str]]:
    """Give the skip-bigrams of a sentence: two tokens with one to three others between them.

    Parameters
    ----------
    tokens : list of str
        The tokens of one sentence.

    Yields
    ------
    (str, str)
        Each pair as often as it occurs, at whichever of `SKIP_DISTANCES`.

    Notes
    -----
    Guthrie, Allison, Liu, Guthrie and Wilks (2006), *A closer look at skip-gram modelling*, but without the
    pairs of neighbours, which are word n-grams.

    Examples
    --------
    >>> list(skip_bigrams(["so", "very", "sorry", "!"]))
    [('so', 'sorry'), ('very', '!'), ('so', '!')]
    """
    for distance in SKIP_DISTANCES:
        yield from zip(tokens, tokens[distance:], strict=False)

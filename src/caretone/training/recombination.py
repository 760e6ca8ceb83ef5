"""New texts from pieces of given ones, for a teacher to label: what a table of n-grams learns from many of them."""

from __future__ import annotations

import hashlib
import random
from collections import defaultdict
from collections.abc import Sequence

from caretone.text import located_sentences

PARTS = 5
"""In so many parts messages are recombined, each only with messages of its own part."""

SHARED_TURN, FREE_TURN = 0.15, 0.05
"""How often, after a word, a text goes on elsewhere: behind the same word, or behind any."""

LONGEST = 60
"""The most words of a recombined text."""


def part_of(text: str) -> int:
    """Give the part that a message belongs to, drawn from its hash.

    Parameters
    ----------
    text : str
        A message.

    Returns
    -------
    int
        From 0 to `PARTS` - 1.

    Examples
    --------
    >>> part_of("So sorry!") == part_of("So sorry!")
    True
    """
    return hashlib.sha1(text.encode("utf-8", "surrogatepass")).digest()[0] % PARTS


def recombine(texts: Sequence[str], number: int, random_state: int = 0) -> list[str]:
    """Make new texts by walking through the sentences of given ones.

    A walk begins with a sentence. After each word it may go on in another sentence, behind the same word or,
    less often, behind any word: short runs of words stay natural, and the whole is new.

    Parameters
    ----------
    texts : sequence of str
        The texts to walk through.
    number : int
        How many new texts; fewer come where hardly any can be made.
    random_state : int, default 0
        Seeds the draws.

    Returns
    -------
    list of str
        Different from one another and from every sentence given, each of at least two words.

    Examples
    --------
    >>> recombine(["I lost my dad too", "Call my sister today"], 2, random_state=1)
    ['Call my dad too', 'I my sister today']
    """
    chosen = random.Random(random_state)
    walked = [
        text[spans[0].start : spans[-1].end].split() for text in texts for spans in located_sentences(text) if spans
    ]
    walked = [words for words in walked if words]
    known = {" ".join(words) for words in walked}
    places = defaultdict(list)
    for place, words in enumerate(walked):
        for position, word in enumerate(words):
            places[word.lower()].append((place, position))
    made: dict[str, None] = {}
    for _ in range(20 * number if walked else 0):
        if len(made) == number:
            break
        text = " ".join(_walk(walked, places, chosen))
        if " " in text and text not in known:
            made[text] = None
    return list(made)


def _walk(walked: list[list[str]], places: dict[str, list[tuple[int, int]]], chosen: random.Random) -> list[str]:
    """Take one walk."""
    words, position = chosen.choice(walked), 0
    taken: list[str] = []
    while position < len(words) and len(taken) < LONGEST:
        taken.append(words[position])
        draw = chosen.random()
        if draw < SHARED_TURN:
            place, position = chosen.choice(places[words[position].lower()])
            words = walked[place]
        elif draw < SHARED_TURN + FREE_TURN:
            words = chosen.choice(walked)
            position = chosen.randrange(len(words))
        position += 1
    return taken

"""A folded model as arrays: hash tables with open addressing, for a scorer that makes no Python objects.

At most half of the slots of a table are taken, so that a look-up ends after one or two. A slot holds all
of a key, so that nothing is taken for something else, and its place is the row that an n-gram's weights
have in the arrays. The rows are, in this order, the slots of the trie, the slots of the words, and some
without weights: one for each code point, that subwords grow from, and one for each slot before them, that skip-bigrams
grow from.
"""

from __future__ import annotations

from array import array
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from caretone.errors import ModelFileError
from caretone.model import KEY_BITS, FoldedModel
from caretone.scoring.kernel import CHUNK, CODE_POINTS, FREE, QUARTERS, fill_trie, fill_words
from caretone.text import SKIP_DISTANCES, SUBWORD_RANGE, SUBWORD_REACH, WORD_NGRAM

COLUMNS = 4
"""A row of weights has a multiple of this many columns, so that no row lies across two lines of the cache."""


class Words(NamedTuple):
    """The words of a model.

    Attributes
    ----------
    slots : ndarray of uint64, shape (n_slots, 2)
        The first chunk of a word; then the place behind its first chunk in ``further``, shifted by
        `caretone.scoring.kernel.SIZE_BITS`, plus its size in bytes. The latter is 0 in a free slot.
    shift : uint64
        Shifts the mix of a word's chunks to its slot.
    further : ndarray of uint64
        The chunks of all words, one word after the other.
    longest : int
        The size of the longest word.
    """

    slots: NDArray[np.uint64]
    shift: np.uint64
    further: NDArray[np.uint64]
    longest: int


class Trie(NamedTuple):
    """The longer n-grams, the skip-bigrams and the subwords of a model.

    Attributes
    ----------
    keys : ndarray of uint64, shape (n_slots,)
        The row that an n-gram grows from, shifted by `caretone.scoring.kernel.ROW_SHIFT`, plus the row
        of the word, or the code point, that it grows by.
    bits : ndarray of uint8, shape (n_slots / 2,)
        Four bits a slot, of which a key sets one: where that is not set, the key is not in the table.
    shift : uint64
        Shifts a mixed key to its slot.
    """

    keys: NDArray[np.uint64]
    bits: NDArray[np.uint8]
    shift: np.uint64


class Tables(NamedTuple):
    """What of a model is looked up.

    Attributes
    ----------
    words : Words
        The words.
    trie : Trie
        The longer n-grams, the skip-bigrams and the subwords.
    word_weights : ndarray of int32, shape (n_word_slots, n_columns)
        The weights of the words, in steps; a column a label, and empty ones to fill up `COLUMNS`.
    ngram_weights : ndarray of int16, shape (n_slots, n_columns)
        The same for what is in the trie. Training keeps these weights within 16 bits.
    longest_subword : int
        See `caretone.text.SUBWORD_RANGE`.
    shortest_skip : int
        See `caretone.text.SKIP_DISTANCES`; beyond all of them in a model without skip-bigrams.
    """

    words: Words
    trie: Trie
    word_weights: NDArray[np.int32]
    ngram_weights: NDArray[np.int16]
    longest_subword: int
    shortest_skip: int


class Scratch(NamedTuple):
    """What is written to while a message is read; each thread needs one.

    Attributes
    ----------
    sums : ndarray of int64, shape (n_columns,)
        The sums of the sentence at hand.
    ending : ndarray of int64
        The rows of the n-grams that end with the token before.
    before : ndarray of int64
        The rows of the last tokens of the sentence, as many as a skip-bigram reaches back.
    letters : ndarray of int64
        The code points of the word at hand, between the marks of its ends.
    chunks : ndarray of uint64
        The chunks of the word at hand.
    """

    sums: NDArray[np.int64]
    ending: NDArray[np.int64]
    before: NDArray[np.int64]
    letters: NDArray[np.int64]
    chunks: NDArray[np.uint64]


def tables_of(model: FoldedModel) -> Tables:
    """Lay a model out in arrays.

    Parameters
    ----------
    model : FoldedModel
        The model.

    Returns
    -------
    Tables

    Raises
    ------
    ModelFileError
        If the model does not have a weight for each of its n-grams, or one grows from none.
    """
    _require_sound(model)
    subwords = _with_beginnings(model.subwords)
    n_slots = _n_slots(len(model.ngrams) + len(model.skip_bigrams) + len(subwords))
    trie = Trie(np.full(n_slots, FREE), np.zeros((n_slots << QUARTERS) // 8, dtype=np.uint8), _shift(n_slots))
    words, word_rows = _words(model.words, n_slots)
    n_rows = n_slots + len(words.slots)
    ngram_rows = _grow_ngrams(trie, model.ngrams, word_rows, word_rows)
    skip_rows = _grow_ngrams(trie, model.skip_bigrams, n_rows + CODE_POINTS + word_rows, word_rows)
    row_of_subword = dict(zip(subwords, _grow_subwords(trie, subwords, n_rows).tolist(), strict=True))
    subword_rows = np.array([row_of_subword[subword] for subword in model.subwords], dtype=np.int64)
    n_words, n_labels = len(model.words), len(model.labels)
    given = np.array(model.weights, dtype=np.int32).reshape(n_labels, -1).T
    n_columns = -(-n_labels // COLUMNS) * COLUMNS
    word_weights = np.zeros((len(words.slots), n_columns), dtype=np.int32)
    word_weights[word_rows - n_slots, :n_labels] = given[:n_words]
    ngram_weights = np.zeros((n_slots, n_columns), dtype=np.int16)
    ngram_weights[np.concatenate([ngram_rows, skip_rows, subword_rows]), :n_labels] = given[n_words:]
    shortest_skip = SKIP_DISTANCES.start if model.skip_bigrams else SKIP_DISTANCES.stop
    return Tables(words, trie, word_weights, ngram_weights, SUBWORD_RANGE[1], shortest_skip)


def scratch_for(tables: Tables) -> Scratch:
    """Give what a thread writes to while it reads messages."""
    letters = np.zeros(SUBWORD_REACH + 2, dtype=np.int64)
    letters[0] = ord("<")
    return Scratch(
        sums=np.zeros(tables.word_weights.shape[1], dtype=np.int64),
        ending=np.zeros(WORD_NGRAM - 1, dtype=np.int64),
        before=np.zeros(SKIP_DISTANCES.stop - 1, dtype=np.int64),
        letters=letters,
        chunks=np.zeros(tables.words.longest // CHUNK + 1, dtype=np.uint64),
    )


def _require_sound(model: FoldedModel) -> None:
    """Refuse a table that would be read beyond its ends."""
    ngrams, skips = (np.array(keys, dtype=np.uint64) for keys in (model.ngrams, model.skip_bigrams))
    n_words = len(model.words)
    rows = n_words + len(ngrams) + len(skips) + len(model.subwords)
    own = np.arange(n_words, n_words + len(ngrams), dtype=np.uint64)
    if (
        any(len(column) != rows for column in model.weights)
        or any(not _fits_16_bits(column[n_words:]) for column in model.weights)
        or (ngrams >> np.uint64(KEY_BITS) >= own).any()
        or (skips >> np.uint64(KEY_BITS) >= n_words).any()
        or any((keys & _LAST_WORD >= n_words).any() for keys in (ngrams, skips))
        or any(len(subword) < 2 for subword in model.subwords)
    ):
        raise ModelFileError("the model's table does not fit together; fetch or train it again")


def _fits_16_bits(weights: array[int]) -> bool:
    return not weights or (min(weights) >= -(2**15) and max(weights) < 2**15)


def _words(words: tuple[str, ...], first_row: int) -> tuple[Words, NDArray[np.int64]]:
    """Put the words into a table; give their rows too."""
    encoded = [word.encode("utf-8", "surrogatepass") for word in words]
    sizes = np.array([len(word) for word in encoded], dtype=np.int64)
    n_chunks = -(-sizes // CHUNK)
    padded = [word.ljust(n * CHUNK, b"\0") for word, n in zip(encoded, n_chunks.tolist(), strict=True)]
    chunks = np.frombuffer(b"".join([*padded, bytes(CHUNK)]), dtype="<u8").astype(np.uint64)
    slots = np.zeros((_n_slots(len(words)), 2), dtype=np.uint64)
    places = np.zeros(len(words), dtype=np.int64)
    shift = _shift(len(slots))
    fill_words(slots, shift, chunks, np.cumsum(n_chunks) - n_chunks, sizes, places)
    return Words(slots, shift, chunks, int(sizes.max(initial=0))), first_row + places


def _grow_ngrams(
    trie: Trie, keys: array[int], first_rows: NDArray[np.int64], word_rows: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Put n-grams into the trie, given by their keys in the model and the rows that first words grow from.

    Give their rows.
    """
    given = np.array(keys, dtype=np.uint64)
    shorter = (given >> np.uint64(KEY_BITS)).astype(np.int64)
    last_words = word_rows[(given & _LAST_WORD).astype(np.int64)]
    rows = np.concatenate([first_rows, np.zeros(len(given), dtype=np.int64)])
    fill_trie(trie.keys, trie.bits, trie.shift, rows, len(first_rows), shorter, last_words)
    return rows[len(first_rows) :]


def _grow_subwords(trie: Trie, subwords: list[str], first_letter: int) -> NDArray[np.int64]:
    """Put subwords into the trie, each behind the one that it grows from; give their rows."""
    letters = sorted({subword[0] for subword in subwords})
    place_of = {name: place for place, name in enumerate([*letters, *subwords])}
    shorter = np.array([place_of[subword[:-1]] for subword in subwords], dtype=np.int64)
    last_letters = np.array([ord(subword[-1]) for subword in subwords], dtype=np.int64)
    rows = np.zeros(len(place_of), dtype=np.int64)
    rows[: len(letters)] = [first_letter + ord(letter) for letter in letters]
    fill_trie(trie.keys, trie.bits, trie.shift, rows, len(letters), shorter, last_letters)
    return rows[len(letters) :]


def _with_beginnings(subwords: tuple[str, ...]) -> list[str]:
    """Give subwords and all that they begin with, in alphabetical order: what one grows from comes first."""
    known = set(subwords)
    grown = known
    while grown := {subword[:-1] for subword in grown if len(subword) > 2} - known:
        known |= grown
    return sorted(known)


def _n_slots(n_keys: int) -> int:
    """Give a power of two that is at least twice the number of keys."""
    return 1 << max(n_keys, 1).bit_length() + 1


def _shift(n_slots: int) -> np.uint64:
    """Give the shift that leaves of 64 bits those of a slot's number."""
    return np.uint64(65 - n_slots.bit_length())


_LAST_WORD = np.uint64((1 << KEY_BITS) - 1)

"""Score messages from their bytes, compiled by numba: what `caretone.scoring.plain` does, without objects.

A message is read once. Each token is looked up as soon as it is read, and what the table holds for it
is added, in whole numbers, to the sums of its sentence.

This file uses no other one of caretone, because numba, which keeps compiled code on disk, looks for
changes in the file of a function only.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

if TYPE_CHECKING:
    from caretone.scoring.tables import Scratch, Tables, Trie, Words

Array = NDArray[Any]
Function = TypeVar("Function", bound=Callable[..., Any])

BLANK, NOTHING, BREAK, WORD, MARK, CLOSER, APOSTROPHE, STOP, UNSURE = range(9)
"""The kinds of characters; `caretone.scoring.characters` says which are which."""

KIND_SHIFT = 24
"""The table of characters holds the kind, shifted by this, plus the lower case."""

TABLE_END = 0x20000
"""The first code point beyond the table of characters; it stands for all that follow."""

CHUNK = 8
"""Words are compared in chunks of this many bytes of UTF-8, each as one whole number, the first byte lowest."""

SIZE_BITS = 32
"""A word's slot holds where its further chunks begin, shifted by this, plus its length in bytes."""

ROW_SHIFT = 32
"""The key of an n-gram is the row that it grows from, shifted by this, plus the row or letter that it grows by."""

QUARTERS = 2
"""Of a mixed key so many bits more than those of the slot say which bit tells whether it can be there at all."""

FREE = np.uint64(2**64 - 1)
"""The key of a free slot."""

UNKNOWN = -1

CODE_POINTS = 0x110000
"""Behind the rows that code points have stand those that skip-bigrams grow from, one for each word."""

_LOWER = (1 << KIND_SHIFT) - 1
_SIZE = np.uint64((1 << SIZE_BITS) - 1)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # Fibonacci hashing: Knuth, The Art of Computer Programming, 6.4
_NO_BYTES = np.uint64(0)
_FULL_STOP, _ELLIPSIS, _WORD_END = ord("."), ord("…"), ord(">")


def _uncounted() -> dict[str, bool]:
    """Switch the counting of references off, which would take half of the time and make threads wait.

    Nothing is allocated here, so there is nothing to count. The switch is a private one of numba: where
    it is gone all works, only slower.
    """
    try:
        from numba.core.options import DefaultOptions
    except ImportError:
        return {}
    return {"_nrt": False} if hasattr(DefaultOptions, "_nrt") else {}


_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", **_uncounted()}


def compiled(function: Function) -> Function:
    """Compile at the first call, and keep the code on disk where there is a folder for it."""
    made: Function
    try:
        made = njit(cache=True, **_OPTIONS)(function)
    except RuntimeError:
        made = njit(**_OPTIONS)(function)
    return made


def part(function: Function) -> Function:
    """Compile as a part of each function that calls it."""
    made: Function = njit(forceinline=True, **_OPTIONS)(function)
    return made


@compiled
def sum_messages(
    data: Array,
    offsets: Array,
    characters: Array,
    tables: Tables,
    scratch: Scratch,
    totals: Array,
    strongest: Array,
    n_tokens: Array,
) -> None:
    """Sum up the weights of messages and of their strongest sentences.

    Parameters
    ----------
    data : ndarray of uint8
        The bytes of all messages, in UTF-8.
    offsets : ndarray of int64, shape (n_messages + 1,)
        Where each message begins, and the last one ends.
    characters : ndarray of int32, shape (TABLE_END + 1,)
        See `caretone.scoring.characters`.
    tables : Tables
        See `caretone.scoring.tables`.
    scratch : Scratch
        See `caretone.scoring.tables`.
    totals : ndarray of int64, shape (n_messages, n_labels)
        Zeros; takes the sums of the messages.
    strongest : ndarray of float64, shape (n_messages, n_labels)
        Minus infinity; takes the largest of each message's sentences, sum over root of length.
    n_tokens : ndarray of int64, shape (n_messages,)
        Takes the lengths of the messages, UNKNOWN for one that is left to `caretone.scoring.plain`.
    """
    for message in range(len(n_tokens)):
        n_tokens[message] = _sum_message(
            data,
            offsets[message],
            offsets[message + 1],
            characters,
            tables,
            scratch,
            totals[message],
            strongest[message],
        )


@part
def _sum_message(
    data: Array,
    place: int,
    end: int,
    characters: Array,
    tables: Tables,
    scratch: Scratch,
    totals: Array,
    strongest: Array,
) -> int:
    """Sum up one message, and give its length or UNKNOWN; see `sum_messages`."""
    trie, weights, sums, letters = tables.trie, tables.ngram_weights, scratch.sums, scratch.letters
    n_rows = len(trie.keys) + len(tables.words.slots)
    sums[:] = 0
    n_tokens = 0
    n_before = 0  # tokens in the sentences before this one
    before = scratch.before
    before[:] = UNKNOWN
    n_ending = 0  # n-grams that end with the token before
    while place < end:
        point, place = _character(data, place, end)
        kind = characters[point] >> KIND_SHIFT
        if kind <= NOTHING:
            continue
        if kind == UNSURE:
            return UNKNOWN
        sentence_ends = kind == BREAK
        if kind != BREAK:
            n_letters = 0
            if kind == WORD:
                place, n_letters, size, mixed = _read_word(data, place, end, point, characters, letters, scratch.chunks)
            else:
                if kind == STOP:
                    point, place, sentence_ends = _read_stop(data, place, end, point, characters)
                size, mixed = _take_mark(point, scratch.chunks)
            n_tokens += 1
            word = _find_word(tables.words, scratch.chunks, size, mixed)
            if word == UNKNOWN:
                _add_subwords(trie, weights, n_rows, letters, n_letters, tables.longest_subword, sums)
                n_ending = 0
            else:
                _add(tables.word_weights, word, sums)
                word += len(trie.keys)
                n_ending = _add_ngrams(trie, weights, word, scratch.ending, n_ending, sums)
                _add_skip_bigrams(trie, weights, n_rows, word, before, n_tokens, tables.shortest_skip, sums)
            before[n_tokens % len(before)] = word
        if sentence_ends:
            _end_sentence(n_tokens - n_before, sums, totals, strongest)
            n_before = n_tokens
            n_ending = 0
            before[:] = UNKNOWN
    _end_sentence(n_tokens - n_before, sums, totals, strongest)
    return n_tokens


@part
def _character(data: Array, place: int, end: int) -> tuple[int, int]:
    """Give the code point at a place, TABLE_END for those the table lacks, and the place behind it."""
    lead: Any = np.int64(data[place])
    if lead < 0x80:
        return lead, place + 1
    size: Any = 2 + (lead >= 0xE0) + (lead >= 0xF0)
    if place + size > end:  # not UTF-8: Python will say so
        return TABLE_END, end
    point = lead & 0x7F >> size
    for behind in range(place + 1, place + size):
        point = point << 6 | np.int64(data[behind]) & 0x3F
    return min(point, TABLE_END), place + size


@part
def _encoded(point: int) -> tuple[np.uint64, int]:
    """Give a code point in UTF-8, as one whole number with the first byte lowest, and the number of bytes."""
    if point < 0x80:
        return np.uint64(point), 1
    last = 0x80 | point & 0x3F
    if point < 0x800:
        return np.uint64(0xC0 | point >> 6 | last << 8), 2
    middle = 0x80 | point >> 6 & 0x3F
    if point < 0x10000:
        return np.uint64(0xE0 | point >> 12 | middle << 8 | last << 16), 3
    return np.uint64(0xF0 | point >> 18 | (0x80 | point >> 12 & 0x3F) << 8 | middle << 16 | last << 24), 4


@part
def _read_word(
    data: Array, place: int, end: int, point: int, characters: Array, letters: Array, chunks: Array
) -> tuple[int, int, int, np.uint64]:
    """Read a word whose first code point is read, and write down its lower case twice: letters and chunks.

    Give the place behind it, the number of letters written down, the size in bytes, and a mix of the
    chunks. Of a very long word only the first letters and chunks are written down.
    """
    n_letters = 0
    size = 0
    chunk = _NO_BYTES
    mixed = _NO_BYTES
    behind = place
    while point != UNKNOWN:
        place = behind
        lower: Any = np.int64(characters[point]) & _LOWER
        if n_letters < len(letters) - 2:
            n_letters += 1
            letters[n_letters] = lower
        code, n_bytes = _encoded(lower)
        filled = size % CHUNK
        size += n_bytes
        chunk |= code << np.uint64(8 * filled)
        if filled + n_bytes >= CHUNK:
            mixed = (mixed ^ chunk) * _SPREAD
            chunks[min(size // CHUNK, len(chunks)) - 1] = chunk
            chunk = code >> np.uint64(8 * (CHUNK - filled))
        point, behind = _next_letter(data, place, end, characters)
    if size % CHUNK:
        mixed = (mixed ^ chunk) * _SPREAD
        chunks[min(size // CHUNK, len(chunks) - 1)] = chunk
    return place, n_letters, size, mixed


@part
def _next_letter(data: Array, place: int, end: int, characters: Array) -> tuple[int, int]:
    """Give the letter that a word goes on with, and the place behind it; UNKNOWN at the word's end."""
    if place == end:
        return UNKNOWN, place
    point, behind = _character(data, place, end)
    kind = characters[point] >> KIND_SHIFT
    if kind == APOSTROPHE and behind < end:
        point, behind = _character(data, behind, end)
        kind = characters[point] >> KIND_SHIFT
    if kind != WORD:
        return UNKNOWN, place
    return point, behind


@part
def _read_stop(data: Array, place: int, end: int, point: int, characters: Array) -> tuple[int, int, bool]:
    """Read a full stop or the like whose first code point is read.

    Give the token, the place behind it, and whether it ends a sentence: where white space follows, behind
    closers if there are any. All these are then part of it.
    """
    if point == _FULL_STOP and place < end and data[place] == _FULL_STOP:
        point = _ELLIPSIS
    place = _behind(data, place, end, characters, STOP, STOP)
    closed = _behind(data, place, end, characters, CLOSER, APOSTROPHE)
    behind = _behind(data, closed, end, characters, BLANK, BREAK)
    if behind == closed:
        return point, place, False
    return point, behind, True


@part
def _behind(data: Array, place: int, end: int, characters: Array, one: int, other: int) -> int:
    """Give the place behind all the characters of two kinds that stand here."""
    while place < end:
        point, behind = _character(data, place, end)
        kind = characters[point] >> KIND_SHIFT
        if kind != one and kind != other:
            break
        place = behind
    return place


@part
def _take_mark(point: int, chunks: Array) -> tuple[int, np.uint64]:
    """Write down a token of one code point; give its size and its mix like `_read_word`."""
    chunks[0], size = _encoded(point)
    return size, chunks[0] * _SPREAD


@part
def _find_word(words: Words, chunks: Array, size: int, mixed: np.uint64) -> int:
    """Give the slot of a word, or UNKNOWN."""
    slots, further = words.slots, words.further
    place: Any = np.int64(mixed >> words.shift)
    while slots[place, 1]:
        if slots[place, 0] == chunks[0] and np.int64(slots[place, 1] & _SIZE) == size:
            begin = np.int64(slots[place, 1] >> SIZE_BITS) - 1
            number = 1
            while number * CHUNK < size and further[begin + number] == chunks[number]:
                number += 1
            if number * CHUNK >= size:
                return place
        place = place + 1 & len(slots) - 1
    return UNKNOWN


@part
def _add_ngrams(trie: Trie, weights: Array, word: int, ending: Array, n_ending: int, sums: Array) -> int:
    """Add the longer n-grams that end with a word; keep all rows for the next word, and give their number."""
    row = word
    n_kept = 0
    for number in range(n_ending):
        shorter = ending[number]
        if row != UNKNOWN:
            ending[n_kept] = row
            n_kept += 1
        row = _grown(trie, shorter, word)
        if row != UNKNOWN:
            _add(weights, row, sums)
    if row != UNKNOWN and n_kept < len(ending):
        ending[n_kept] = row
        n_kept += 1
    return n_kept


@part
def _add_skip_bigrams(
    trie: Trie, weights: Array, n_rows: int, word: int, before: Array, n_tokens: int, shortest: int, sums: Array
) -> None:
    """Add the skip-bigrams that end with a word; the rows of the tokens before it go round in an array."""
    for distance in range(shortest, len(before) + 1):
        opening = before[(n_tokens - distance) % len(before)]
        if opening != UNKNOWN:
            row = _grown(trie, n_rows + CODE_POINTS + opening, word)
            if row != UNKNOWN:
                _add(weights, row, sums)


@part
def _add_subwords(
    trie: Trie, weights: Array, n_rows: int, letters: Array, n_letters: int, longest: int, sums: Array
) -> None:
    """Add the subwords of a word: from each letter on they grow as long as the trie does."""
    end = n_letters + 2
    letters[end - 1] = _WORD_END
    for first in range(end - 1 if n_letters else 0):
        row = n_rows + letters[first]
        for place in range(first + 1, min(first + longest, end)):
            row = _grown(trie, row, letters[place])
            if row == UNKNOWN:
                break
            _add(weights, row, sums)


@part
def _grown(trie: Trie, row: int, growth: int) -> int:
    """Give the row of an n-gram that grows from a shorter one, or UNKNOWN.

    Most are not there. The bits, which the cache holds, say so of nine in ten; the keys are looked at for the others.
    """
    key = np.uint64(row << ROW_SHIFT | growth)
    keys = trie.keys
    mixed = key * _SPREAD
    bit: Any = np.int64(mixed >> trie.shift - np.uint64(QUARTERS))
    if not trie.bits[bit >> 3] >> (bit & 7) & 1:
        return UNKNOWN
    place: Any = np.int64(mixed >> trie.shift)
    while keys[place] != key:
        if keys[place] == FREE:
            return UNKNOWN
        place = place + 1 & len(keys) - 1
    return place


@part
def _add(weights: Array, row: int, sums: Array) -> None:
    """Add the weights of a row."""
    for label in range(len(sums)):
        sums[label] += weights[row, label]


@part
def _end_sentence(length: int, sums: Array, totals: Array, strongest: Array) -> None:
    """Add the sums of a sentence to the message's, keep them if they are the strongest, and clear them."""
    if length > 0:
        root = sqrt(length)
        for label in range(len(totals)):
            totals[label] += sums[label]
            strongest[label] = max(strongest[label], sums[label] / root)
        sums[:] = 0


@compiled
def fill_words(slots: Array, shift: np.uint64, chunks: Array, starts: Array, sizes: Array, rows: Array) -> None:
    """Put words into a free hash table; see `caretone.scoring.tables.Words`.

    Parameters
    ----------
    slots : ndarray of uint64, shape (n_slots, 2)
        The table, all zeros.
    shift : uint64
        Shifts the mix of a word's chunks to its slot.
    chunks : ndarray of uint64
        The chunks of all words.
    starts, sizes : ndarray of int64, shape (n_words,)
        Where the chunks of each word begin, and its bytes.
    rows : ndarray of int64, shape (n_words,)
        Takes the slot of each word.
    """
    for word in range(len(sizes)):
        mixed = _NO_BYTES
        for number in range(starts[word], starts[word] + (sizes[word] + CHUNK - 1) // CHUNK):
            mixed = (mixed ^ chunks[number]) * _SPREAD
        place: Any = np.int64(mixed >> shift)
        while slots[place, 1]:
            place = place + 1 & len(slots) - 1
        slots[place, 0] = chunks[starts[word]]
        slots[place, 1] = np.uint64((starts[word] + 1) << SIZE_BITS | sizes[word])
        rows[word] = place


@compiled
def fill_trie(
    keys: Array, bits: Array, shift: np.uint64, rows: Array, first: int, shorter: Array, growths: Array
) -> None:
    """Put n-grams into a hash table; see `caretone.scoring.tables.Trie`.

    Parameters
    ----------
    keys : ndarray of uint64, shape (n_slots,)
        The table.
    bits : ndarray of uint8, shape (n_slots / 2,)
        The bits of the table.
    shift : uint64
        Shifts a mixed key to its slot.
    rows : ndarray of int64
        The rows of what n-grams grow from; takes those of the n-grams from place ``first`` on.
    first : int
        The place in ``rows`` of the first n-gram.
    shorter, growths : ndarray of int64, shape (n_ngrams,)
        The place in ``rows`` of what each grows from, and by what.
    """
    for number in range(len(shorter)):
        key = np.uint64(rows[shorter[number]] << ROW_SHIFT | growths[number])
        bit: Any = np.int64(key * _SPREAD >> shift - np.uint64(QUARTERS))
        bits[bit >> 3] |= 1 << (bit & 7)
        place: Any = np.int64(key * _SPREAD >> shift)
        while keys[place] != FREE:
            place = place + 1 & len(keys) - 1
        keys[place] = key
        rows[first + number] = place

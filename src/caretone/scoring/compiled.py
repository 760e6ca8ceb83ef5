"""Score batches of messages in compiled code, straight from the bytes of an Arrow array, on all cores."""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from caretone.model import FoldedModel
from caretone.scoring.characters import character_table
from caretone.scoring.kernel import UNKNOWN, sum_messages
from caretone.scoring.plain import probabilities
from caretone.scoring.tables import Tables, scratch_for, tables_of

MESSAGES_A_PIECE = 4_000
"""How many messages are scored in one go: few, for their sums are to stay in the cache."""

MESSAGES_A_THREAD = 10_000
"""With fewer messages than this a further thread does not pay."""

_LEFT_TO_PLAIN = "Σ"  # see `caretone.scoring.characters`


def batch_probabilities(model: FoldedModel, texts: Any, *, threads: int | None = None) -> NDArray[np.float64]:
    """Give the calibrated probability of each label of the model for many texts.

    Parameters
    ----------
    model : FoldedModel
        The table.
    texts : Arrow array or chunked array of strings, or sequence of str
        The messages, none of them null.
    threads : int, optional
        How many threads share the work; by default one a core where there are many messages.

    Returns
    -------
    ndarray, shape (n_texts, n_labels)
        The same numbers as `caretone.scoring.plain.probabilities` gives.

    Raises
    ------
    TypeError
        If one of the messages is null or not a string.

    Examples
    --------
    >>> import caretone
    >>> model = caretone.load().model
    >>> batch_probabilities(model, ["So sorry for your loss.", "Lunch?"]).round().tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """
    if not isinstance(texts, pa.Array | pa.ChunkedArray):
        texts = list(texts)
    column = _column(texts)
    found = np.empty((len(column), len(model.labels)))
    tables = _tables(model)

    def score(piece: _Piece) -> list[int]:
        scores, unsure = _scores(model, tables, piece)
        found[piece.rows] = _sigmoid(scores * model.slopes + model.offsets)
        return [piece.rows.start + place for place in unsure]

    pieces = _pieces(column, MESSAGES_A_PIECE)
    threads = threads or max(1, min(_n_cores(), len(column) // MESSAGES_A_THREAD))
    if threads == 1:
        unsure = [row for piece in pieces for row in score(piece)]
    else:
        with ThreadPoolExecutor(threads) as pool:
            unsure = [row for rows in pool.map(score, pieces) for row in rows]
    for row in unsure:
        text = texts[row] if isinstance(texts, list) else texts[row].as_py()
        found[row] = probabilities(model, text)
    return found


class _Piece(NamedTuple):
    """Messages that stand together in memory: their bytes in UTF-8, where each begins, and their rows."""

    data: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    rows: slice


def _scores(model: FoldedModel, tables: Tables, piece: _Piece) -> tuple[NDArray[np.float64], list[int]]:
    """Give the scores of some messages, and the places of those that are left to the plain scorer."""
    shape = len(piece.offsets) - 1, len(model.labels)
    totals, strongest = np.zeros(shape, dtype=np.int64), np.full(shape, -np.inf)
    n_tokens = np.empty(len(totals), dtype=np.int64)
    sum_messages(piece.data, piece.offsets, character_table(), tables, scratch_for(tables), totals, strongest, n_tokens)
    strongest[n_tokens <= 0] = 0
    of_message = (1 - model.sentence_weight) / np.sqrt(np.maximum(n_tokens, 1))
    mixed = of_message[:, None] * totals + model.sentence_weight * strongest
    return np.array(model.intercepts) + model.step * mixed, np.flatnonzero(n_tokens == UNKNOWN).tolist()


def _sigmoid(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the probability of log-odds, for any floats without overflow."""
    power = np.exp(-np.abs(log_odds))
    return np.where(log_odds >= 0, 1.0, power) / (1 + power)


def _column(texts: Any) -> Any:
    """Give messages as an Arrow array, or a chunked one, of strings."""
    if isinstance(texts, pa.Array | pa.ChunkedArray):
        column = texts if _is_plain(texts.type) else texts.cast(pa.large_string())
        if column.null_count:
            raise TypeError("every message must be a str, but some are null; leave them out or pass an empty string")
        return column
    for kind in set(map(type, texts)):  # Arrow would take bytes for strings, and None for a gap
        if not issubclass(kind, str):
            raise TypeError(f"every message must be a str, but one is of type {kind.__name__}")
    try:
        return pa.array(texts, pa.large_string())
    except UnicodeEncodeError:
        return pa.array(map(_encodable, texts), pa.large_string())


def _is_plain(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _encodable(text: str) -> str:
    """Give a text that UTF-8 can hold: for one with a lone surrogate, one that is left to the plain scorer."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return _LEFT_TO_PLAIN
    return text


def _pieces(column: Any, most: int) -> Iterator[_Piece]:
    """Cut an Arrow array into pieces of so many rows at most."""
    done = 0
    for chunk in getattr(column, "chunks", [column]):
        data, offsets = _bytes(chunk)
        for start in range(0, len(chunk), most):
            end = min(start + most, len(chunk))
            yield _Piece(data, offsets[start : end + 1], slice(done + start, done + end))
        done += len(chunk)


def _bytes(chunk: Any) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Give the bytes of an Arrow array of strings, and where each begins and the last ends."""
    if not len(chunk):
        return np.zeros(0, dtype=np.uint8), np.zeros(1, dtype=np.int64)
    _, offsets, data = chunk.buffers()
    width = np.int64 if pa.types.is_large_string(chunk.type) else np.int32
    kept = slice(chunk.offset, chunk.offset + len(chunk) + 1)
    held = np.frombuffer(data, dtype=np.uint8) if data else np.zeros(0, dtype=np.uint8)
    held.flags.writeable = False  # always, since numba compiles once for each kind of argument
    return held, np.frombuffer(offsets, dtype=width)[kept].astype(np.int64)


def _tables(model: FoldedModel) -> Tables:
    """Give the arrays of a model, laid out once for as long as the model lives."""
    if id(model) not in _KEPT:
        _KEPT[id(model)] = tables_of(model)
        weakref.finalize(model, _KEPT.pop, id(model), None)
    return _KEPT[id(model)]


def _n_cores() -> int:
    """Give the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


_KEPT: dict[int, Tables] = {}

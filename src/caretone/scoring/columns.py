"""Score a batch of messages in an Arrow table: label, tones and probabilities as further columns.

Arrow's own conversion of Python objects imports pandas, which costs half a second and 50 MB; so the
arrays here are made from buffers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from caretone.errors import LabelledDataError
from caretone.model import FoldedModel
from caretone.scoring.plain import probabilities
from caretone.tabular import column_at, column_list, repeated_names
from caretone.tones import NONE, TONES, label_of

DIGITS = 6
"""Probabilities are written with so many digits behind the point."""

FEW_BYTES = 200_000
"""Less text than this is scored sooner than the compiled scorer is loaded."""


def with_tones(model: FoldedModel, table: pa.Table, text: str = "text") -> pa.Table:
    """Add what is predicted of the messages in a table to its columns.

    Parameters
    ----------
    model : FoldedModel
        The model to ask.
    table : Table or RecordBatch
        A row a message; a missing message counts as empty.
    text : str, default "text"
        The column of the messages.

    Returns
    -------
    Table
        All the columns of the table, then ``label``, ``tones`` and the probability of each label, each
        with ``predicted_`` before its name if the table has a column of that name.

    Raises
    ------
    LabelledDataError
        If the table has no such column, several of one name, or no texts in it.

    Examples
    --------
    >>> import caretone
    >>> table = pa.table({"id": [1, 2], "text": ["So sorry for your loss.", "Lunch?"]})
    >>> with_tones(caretone.load().model, table).drop_columns(["sympathy", "empathy", "compassion"]).to_pylist()[0]
    {'id': 1, 'text': 'So sorry for your loss.', 'label': 'sympathy', 'tones': 'sympathy'}
    """
    if isinstance(table, pa.RecordBatch):
        table = pa.Table.from_batches([table])
    added = predicted(model, texts_of(table, text, "the table"))
    for name, column in zip(added_names(model.labels, table.column_names), added.columns, strict=True):
        table = table.append_column(name, column)
    return table


def predicted(model: FoldedModel, texts: pa.Array) -> pa.Table:
    """Give the columns ``label``, ``tones`` and the probability of each label for an Arrow array of strings.

    Parameters
    ----------
    model : FoldedModel
        The model to ask.
    texts : Array of string
        The messages, none of them null.

    Returns
    -------
    Table
        A row a message in the same order; probabilities are rounded to `DIGITS`.
    """
    found = batch_probabilities(model, texts)
    present = found >= np.array(model.thresholds)
    patterns, pattern_of = np.unique(present @ (1 << np.arange(len(model.labels))), return_inverse=True)
    carried = [[name for n, name in enumerate(model.labels) if pattern >> n & 1] for pattern in patterns.tolist()]
    cells = [";".join(names) or NONE for names in carried]
    if model.labels == TONES:
        labels = [label_of(names) for names in carried]
        of_rows = [labels[pattern] for pattern in pattern_of.tolist()]
    else:  # other labels have no depth: the likeliest is given
        of_rows = [max(zip(row, model.labels, strict=True))[1] for row in found.tolist()]
    rounded = np.round(found, DIGITS)
    return pa.Table.from_arrays(
        [
            strings(of_rows),
            strings([cells[pattern] for pattern in pattern_of.tolist()]),
            *(_floats(column) for column in rounded.T),
        ],
        names=["label", "tones", *model.labels],
    )


def batch_probabilities(model: FoldedModel, texts: pa.Array) -> NDArray[np.float64]:
    """Give the probability of each label, shape (n_texts, n_labels), in compiled code where that is there and pays.

    The choice hangs on the texts alone, so that the same texts always get the same numbers.
    """
    if texts.nbytes >= FEW_BYTES:
        try:
            from caretone.scoring.compiled import batch_probabilities as compiled
        except ImportError:  # without the extra "fast"
            pass
        else:
            return compiled(model, texts)
    found = [probabilities(model, text) for text in texts.to_pylist()]
    return np.array(found, dtype=float).reshape(-1, len(model.labels))


def added_names(labels: Sequence[str], taken: Iterable[str]) -> tuple[str, ...]:
    """Give the names of the columns that `predicted` gives, ``predicted_`` before those taken already."""
    taken = set(taken)
    names = []
    for name in ("label", "tones", *labels):
        while name in taken:
            name = f"predicted_{name}"
        names.append(name)
    return tuple(names)


def texts_of(table: pa.Table, wanted: str, place: str) -> pa.Array:
    """Give the messages in a table, missing ones as empty; `LabelledDataError` if there are none to be had."""
    at = text_column(table.column_names, wanted, place)
    kind = table.schema.field(at).type
    if not _is_text(kind):
        raise LabelledDataError(
            f"{place}: the column {table.column_names[at]!r} holds no texts but values of the type {kind};"
            " turn it into text or name another column"
        )
    # at most two gigabytes of text fit a chunk of the type string, any number of the type large_string
    texts = table.column(at).cast(pa.large_string()).combine_chunks()
    return texts.fill_null(strings([""])[0]) if texts.null_count else texts


def text_column(columns: Sequence[str], wanted: str, place: str) -> int:
    """Find the column of the messages; `LabelledDataError` if it is not there or names repeat."""
    if repeated := repeated_names(columns):
        raise LabelledDataError(f"{place} {repeated}")
    try:
        at = column_at(columns, wanted)
    except ValueError as error:
        raise LabelledDataError(f"{place}: {error}") from None
    if at is None:
        raise LabelledDataError(
            f"{place} has no column {wanted!r}; {column_list(columns)} "
            "Name the right one with the option text (--text-column)."
        )
    return at


def strings(texts: Sequence[str]) -> pa.Array:
    """Give texts as an Arrow array; UnicodeEncodeError if one holds half of a surrogate pair."""
    encoded = [text.encode() for text in texts]
    ends = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum([len(text) for text in encoded], out=ends[1:])
    return pa.LargeStringArray.from_buffers(len(texts), pa.py_buffer(ends), pa.py_buffer(b"".join(encoded)))


def _floats(column: NDArray[np.float64]) -> pa.Array:
    held = np.ascontiguousarray(column)
    return pa.Array.from_buffers(pa.float64(), len(held), [None, pa.py_buffer(held)])


def _is_text(kind: Any) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_null)
    return any(test(kind) for test in tests)

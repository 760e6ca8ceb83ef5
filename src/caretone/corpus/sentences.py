"""Labels of single sentences: which sentence of a message carries which tone."""

from __future__ import annotations

import numpy as np

from caretone.corpus.reading import LabelledMessages
from caretone.text import sentences
from caretone.tones import TONES, parse_tones

COLUMN = "sentences"
"""The column that holds them: a cell of tones for each sentence, in order, joined by ``|``."""


def sentence_labels(messages: LabelledMessages) -> list[np.ndarray | None]:
    """Read which sentences carry which tones, where a file says so.

    Parameters
    ----------
    messages : LabelledMessages
        Messages; a column ``sentences`` holds cells such as ``sympathy|none|empathy;compassion``.

    Returns
    -------
    list of ndarray or None
        For each message a 0/1 array of shape (n_sentences, 3), or None where it has no such cell, or
        one that does not fit the message's sentences.
    """
    if COLUMN not in messages.table:
        return [None] * len(messages)
    return [_read(text, cell) for text, cell in zip(messages.texts, messages.table[COLUMN], strict=True)]


def _read(text: str, cell: object) -> np.ndarray | None:
    parts = cell.split("|") if isinstance(cell, str) and cell else []
    if not parts or len(parts) != len(sentences(text)):
        return None
    try:
        carried = [parse_tones(part) for part in parts]
    except ValueError:
        return None
    return np.array([[tone in tones for tone in TONES] for tones in carried], dtype=np.int8)

"""What every code point is to the tokenizer, as one array, for a scorer that reads bytes.

The array is made with Python's own `re` and `str`, so that it knows the same Unicode as
`caretone.text` in the running interpreter.
"""

from __future__ import annotations

import re
from functools import cache

import numpy as np
from numpy.typing import NDArray

from caretone.scoring.kernel import (
    APOSTROPHE,
    BLANK,
    BREAK,
    CLOSER,
    KIND_SHIFT,
    MARK,
    NOTHING,
    STOP,
    TABLE_END,
    UNSURE,
    WORD,
)

_NAMED = {
    NOTHING: "_",
    BREAK: "\n\r",
    CLOSER: '"”)]',
    APOSTROPHE: "'’",
    STOP: ".!?…",
    UNSURE: "Σ",  # its lower case depends on where in a word it stands
}


@cache
def character_table() -> NDArray[np.int32]:
    """Give the kind and the lower case of every code point below `TABLE_END`, and of what lies beyond.

    Returns
    -------
    ndarray of int32, shape (TABLE_END + 1,)
        The last entry stands for all code points from `TABLE_END`.

    Examples
    --------
    >>> entry = int(character_table()[ord("Ä")])
    >>> entry >> KIND_SHIFT == WORD, chr(entry & (1 << KIND_SHIFT) - 1)
    (True, 'ä')
    """
    text = np.arange(TABLE_END + 1, dtype="<u4").tobytes().decode("utf-32-le", "surrogatepass")
    kinds = np.full(len(text), MARK, dtype=np.int32)
    for kind, pattern in ((BLANK, r"\s+"), (WORD, r"[^\W_]+")):
        for run in re.finditer(pattern, text):
            kinds[run.start() : run.end()] = kind
    for kind, characters in _NAMED.items():
        kinds[[ord(character) for character in characters]] = kind
    lowered = list(map(str.lower, text))
    kinds[np.array(list(map(len, lowered))) != 1] = UNSURE
    kinds[TABLE_END] = UNSURE
    return kinds << KIND_SHIFT | np.array(lowered, dtype="U1").view(np.int32)

"""The three tones, their order, and how a message's tones are read and written.

`sympathy` feels *for* someone from outside, `empathy` feels *with* them from inside,
`compassion` does something about it. A message carries any of them; one that carries
none is `none`. The codebook (``data/CODEBOOK.md``) defines them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

TONES: tuple[str, str, str] = ("sympathy", "empathy", "compassion")
"""The tones, from the shallowest to the deepest."""

NONE = "none"
"""The label of a message that carries no tone."""

LABELS: tuple[str, ...] = (NONE, *TONES)
"""What a single label can be, from the shallowest to the deepest."""


def label_of(tones: Iterable[str]) -> str:
    """Give the single label of a message: the deepest tone present, else ``none``.

    Parameters
    ----------
    tones : iterable of str
        Tones that the message carries, in any order.

    Returns
    -------
    str
        One of `LABELS`.

    Examples
    --------
    >>> label_of(["compassion", "sympathy"])
    'compassion'
    >>> label_of([])
    'none'
    """
    present = set(tones)
    return next((tone for tone in reversed(TONES) if tone in present), NONE)


def parse_tones(cell: str) -> tuple[str, ...]:
    """Read a cell such as ``sympathy;compassion`` or ``none``.

    Case and blanks around the names do not matter; ``;``, ``,``, ``|``, ``+`` and ``/`` all separate.

    Parameters
    ----------
    cell : str
        The cell's text.

    Returns
    -------
    tuple of str
        The tones in the order of `TONES`, each once; empty for ``none``.

    Raises
    ------
    ValueError
        If the cell is empty, names something else, or joins ``none`` with a tone.

    Examples
    --------
    >>> parse_tones("Compassion; sympathy")
    ('sympathy', 'compassion')
    >>> parse_tones("none")
    ()
    >>> parse_tones("pity")
    Traceback (most recent call last):
        ...
    ValueError: 'pity' is not a tone; use sympathy, empathy, compassion (several joined by ';') or none
    """
    names = [name.strip().lower() for name in _SEPARATORS.sub(";", cell).split(";")]
    names = [name for name in names if name]
    if not names:
        raise ValueError(f"no tone is given; use {_CHOICE}")
    for name in names:
        if name not in LABELS:
            raise ValueError(f"{name!r} is not a tone; use {_CHOICE}")
    if NONE in names:
        if len(set(names)) > 1:
            raise ValueError(f"{cell!r} joins 'none' with a tone; use one or the other")
        return ()
    return tuple(tone for tone in TONES if tone in names)


def format_tones(tones: Iterable[str]) -> str:
    """Write tones as one cell, the way `parse_tones` reads them.

    Parameters
    ----------
    tones : iterable of str
        Tones, in any order.

    Returns
    -------
    str
        The tones joined by ``;`` in the order of `TONES`, or ``none``.

    Examples
    --------
    >>> format_tones(["compassion", "sympathy"])
    'sympathy;compassion'
    >>> format_tones([])
    'none'
    """
    present = set(tones)
    return ";".join(tone for tone in TONES if tone in present) or NONE


_SEPARATORS = re.compile(r"[,|+/]")
_CHOICE = "sympathy, empathy, compassion (several joined by ';') or none"

"""What several annotators said about the same items, read from a long or a wide table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from caretone.corpus.reading import tones_of_cell
from caretone.corpus.sheets import Sheet, Source, open_sheet
from caretone.errors import LabelledDataError
from caretone.evaluation.metrics import depth
from caretone.tabular import LISTED, and_more, column_list
from caretone.tones import TONES

MISSING = -1
"""Stands where an annotator did not annotate an item."""

LABEL = "label"
"""The name of the single label, beside the three tones."""


@dataclass(frozen=True, eq=False)
class Annotations:
    """What several annotators said about the same items.

    Attributes
    ----------
    items : list of str
        The items' ids.
    annotators : tuple of str
        The annotators' names.
    tones : ndarray of int8, shape (n_items, n_annotators, 3)
        1 where an annotator says that an item carries a tone, 0 where not, `MISSING` where the
        annotator did not annotate the item.
    """

    items: list[str]
    annotators: tuple[str, ...]
    tones: np.ndarray

    @property
    def given(self) -> np.ndarray:
        """Which annotations there are: bool, shape (n_items, n_annotators)."""
        return self.tones[:, :, 0] != MISSING

    def codes(self) -> dict[str, np.ndarray]:
        """Give the answers by tone and for the single label as category numbers, each (n_items, n_annotators)."""
        labels = np.where(self.given, depth(self.tones.reshape(-1, len(TONES))).reshape(self.given.shape), MISSING)
        return {**{tone: self.tones[:, :, n] for n, tone in enumerate(TONES)}, LABEL: labels}


def read_annotations(
    source: Source, *, item: str = "item", annotator: str = "annotator", tones: str = "tones"
) -> Annotations:
    """Read annotations in the long layout, one row for each item and annotator.

    Parameters
    ----------
    source : path or DataFrame
        As for `caretone.corpus.read_labelled`.
    item, annotator, tones : str
        The columns of the item's id, the annotator's name, and the tones.

    Returns
    -------
    Annotations
        Items and annotators in the order in which they first stand there.

    Raises
    ------
    LabelledDataError
        If the source cannot be read, lacks a column, or holds rows that cannot be used.
    FileNotFoundError, IsADirectoryError
        If the path is not that of a file.

    Examples
    --------
    >>> rows = [("m1", "ann", "none"), ("m1", "ben", "sympathy"), ("m2", "ann", "sympathy;empathy")]
    >>> read_annotations(pd.DataFrame(rows, columns=["item", "annotator", "tones"])).tones[1].tolist()
    [[1, 1, 0], [-1, -1, -1]]
    """
    sheet = open_sheet(source, None, wanted=(item, annotator, tones))
    ids = sheet.read(_column(sheet, item, "item"), _identifier)
    names = sheet.read(_column(sheet, annotator, "annotator"), _identifier)
    answers = sheet.read(_column(sheet, tones, "tones-column"), _flags)
    if sheet.findings:
        sheet.refuse()
    item_of, items = pd.factorize(np.asarray(ids, dtype=object))
    annotator_of, annotators = pd.factorize(np.asarray(names, dtype=object))
    repeated = pd.Series(item_of * len(annotators) + annotator_of).duplicated()
    _refuse_repeated([sheet.rows[n] for n in np.flatnonzero(repeated)], sheet.place, "by the same annotator")
    table = np.full((len(items), len(annotators), len(TONES)), MISSING, dtype=np.int8)
    table[item_of, annotator_of] = np.array(answers)
    return Annotations(list(items), tuple(annotators), table)


def read_wide_annotations(source: Source, annotators: Sequence[str], *, item: str | None = None) -> Annotations:
    """Read annotations in the wide layout, one row an item, one column of tones an annotator.

    Parameters
    ----------
    source : path or DataFrame
        As for `caretone.corpus.read_labelled`.
    annotators : sequence of str
        The annotators' columns; an empty cell is a missing annotation.
    item : str, optional
        The column of the item's id; without it, items are named by the row they stand on.

    Returns
    -------
    Annotations

    Raises
    ------
    LabelledDataError
        If the source cannot be read, lacks a column, or holds rows that cannot be used.
    FileNotFoundError, IsADirectoryError
        If the path is not that of a file.

    Examples
    --------
    >>> table = pd.DataFrame({"ann": ["none", "sympathy"], "ben": ["empathy", ""]})
    >>> read_wide_annotations(table, ["ann", "ben"]).given.tolist()
    [[True, True], [True, False]]
    """
    sheet = open_sheet(source, None, wanted=(*annotators, item or ""))
    places = [_column(sheet, name, "annotators") for name in annotators]
    answers = [sheet.read(place, _flags_or_missing) for place in places]
    ids = sheet.rows if item is None else sheet.read(_column(sheet, item, "item"), _identifier)
    if sheet.findings:
        sheet.refuse()
    repeated = pd.Series(ids).duplicated()
    _refuse_repeated([sheet.rows[n] for n in np.flatnonzero(repeated)], sheet.place, "")
    table = np.array(answers, dtype=np.int8).transpose(1, 0, 2)
    some = (table[:, :, 0] != MISSING).any(axis=1)
    return Annotations([str(ids[n]) for n in np.flatnonzero(some)], tuple(annotators), table[some])


def _column(sheet: Sheet, wanted: str, option: str) -> int:
    at = sheet.search(wanted)
    if at is None:
        raise LabelledDataError(
            f"{sheet.place} has no column {wanted!r}; {column_list(sheet.columns)} Name the right one with --{option}."
        )
    return at


def _identifier(cell: object) -> str:
    if cell is None or not str(cell).strip():
        raise ValueError("the cell is empty; every row needs its item and its annotator")
    return str(cell).strip()


def _flags(cell: object) -> list[int]:
    said = tones_of_cell(cell)
    return [int(tone in said) for tone in TONES]


def _flags_or_missing(cell: object) -> list[int]:
    empty = cell is None or (isinstance(cell, str) and not cell.strip())
    return [MISSING] * len(TONES) if empty else _flags(cell)


def _refuse_repeated(rows: list[int], place: str, how: str) -> None:
    if rows:
        listed = ", ".join(map(str, rows[:LISTED])) + and_more(len(rows))
        again = f"{how} again".strip()
        raise LabelledDataError(f"{place}: on row {listed} stands an item {again}; keep one annotation of each")

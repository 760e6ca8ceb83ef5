"""Reading messages, labelled or not, from CSV, TSV, JSON lines, Parquet or a DataFrame.

A cell is taken as it stands: a message that says "NA" is a message, the label "None" is a label,
and nothing is turned into a number or a date. What cannot be used is listed, all of it, by row and
column. Messages are private, so neither errors nor warnings quote one.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from caretone.corpus.sheets import Sheet, Source, listed, open_sheet
from caretone.errors import LabelledDataError
from caretone.tabular import HALF_PAIR, LISTED, and_more, column_list, shortened
from caretone.tones import LABELS, NONE, TONES, label_of, parse_tones


def read_labelled(
    source: Source,
    *,
    text: str = "text",
    tones: str | None = None,
    label: str | None = None,
    name: str | None = None,
) -> LabelledMessages:
    """Read messages with their tones.

    The tones stand in a column ``tones`` (``sympathy;compassion`` or ``none``), else in a column
    ``label`` (the one tone that is present, or ``none``), else in three columns of 0 and 1 named
    after the tones. Case and blanks around column names do not matter.

    Parameters
    ----------
    source : path or DataFrame
        A ``.csv``, ``.tsv``, ``.jsonl``, ``.ndjson`` or ``.json`` (one object a line) file in
        UTF-8, each also with ``.gz`` behind it; a ``.parquet`` file; or a DataFrame.
    text : str, default "text"
        The column of the messages.
    tones : str, optional
        The column of the tones, if it is not called ``tones``.
    label : str, optional
        The column of the single label, if it is not called ``label``.
    name : str, optional
        What to call the messages; by default the file's name.

    Returns
    -------
    LabelledMessages
        The messages in the order of the source, repeated ones included.

    Raises
    ------
    LabelledDataError
        If the source cannot be read, lacks a column, or holds rows that cannot be used.
    FileNotFoundError, IsADirectoryError
        If the path is not that of a file.

    Examples
    --------
    >>> table = pd.DataFrame({"Text": ["So sorry. I'll call.", "Noon?"], "tones": ["sympathy;compassion", "none"]})
    >>> messages = read_labelled(table)
    >>> messages.labels
    ['compassion', 'none']
    >>> messages.tones
    array([[1, 0, 1],
           [0, 0, 0]], dtype=int8)
    """
    sheet = open_sheet(source, name, wanted=(text, tones or "tones", label or "label", *TONES))
    text_at = sheet.find(text, option="text")
    texts = sheet.read(text_at, _filled_text)
    carried, tones_at = _read_tones(sheet, tones, label)
    if sheet.findings:
        sheet.refuse()
    return LabelledMessages(
        texts=[text for text in texts if text is not None],
        tones=carried,
        rows=sheet.rows,
        table=sheet.without({text_at, *tones_at}),
        name=sheet.name,
        files=[sheet.name] * len(sheet.rows),
        columns=tuple(sheet.columns[at] for at in (text_at, *tones_at)),
    )


def read_messages(source: Source, *, text: str = "text", name: str | None = None) -> Messages:
    """Read messages without tones, from the same sources as `read_labelled`.

    Empty messages are kept, so that there is one message for every row.

    Parameters
    ----------
    source : path or DataFrame
        As for `read_labelled`.
    text : str, default "text"
        The column of the messages.
    name : str, optional
        What to call the messages; by default the file's name.

    Returns
    -------
    Messages
        The messages in the order of the source.

    Raises
    ------
    LabelledDataError
        If the source cannot be read or lacks the column.
    FileNotFoundError, IsADirectoryError
        If the path is not that of a file.

    Examples
    --------
    >>> read_messages(pd.DataFrame({"text": ["NA", None]})).texts
    ['NA', '']
    """
    sheet = open_sheet(source, name, wanted=(text, "tones", "label", *TONES))
    text_at = sheet.find(text, option="text")
    texts = sheet.read(text_at, _any_text)
    if sheet.findings:
        sheet.refuse()
    return Messages([text for text in texts if text is not None], sheet.rows, sheet.without({text_at}), sheet.name)


@dataclass(frozen=True, eq=False)
class Messages:
    """Messages as they were read.

    Attributes
    ----------
    texts : list of str
        The messages.
    rows : list of int
        Where each stands in its source: the line of a text file, else the row counted from 1.
    table : DataFrame
        All the other columns.
    name : str
        What the source is called.
    """

    texts: list[str]
    rows: list[int]
    table: pd.DataFrame
    name: str

    def __len__(self) -> int:
        """Give the number of messages."""
        return len(self.texts)


@dataclass(frozen=True, eq=False)
class LabelledMessages:
    """Messages and the tones that each carries.

    Attributes
    ----------
    texts : list of str
        The messages.
    tones : ndarray of int8, shape (n, 3)
        1 where a message carries a tone, in the order of `caretone.tones.TONES`.
    rows : list of int
        Where each stands in its source: the line of a text file, else the row counted from 1.
    table : DataFrame
        All the other columns, to group by.
    name : str
        What the source is called.
    files : list of str
        What the source of each message is called; they differ once sources are put together.
    columns : tuple of str
        The columns that the texts and the tones were read from.
    warnings : tuple of str
        What the user should know about the messages.
    """

    texts: list[str]
    tones: npt.NDArray[np.int8]
    rows: list[int]
    table: pd.DataFrame
    name: str
    files: list[str]
    columns: tuple[str, ...] = ("text", "tones")
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Give the number of messages."""
        return len(self.texts)

    @property
    def labels(self) -> list[str]:
        """The single label of each message: its deepest tone, or ``none``."""
        return [label_of(tone for tone, there in zip(TONES, row, strict=True) if there) for row in self.tones.tolist()]

    def column(self, wanted: str) -> pd.Series:
        """Give one of the other columns, to group by."""
        return other_column(self.table, wanted, self.name)

    @property
    def digest(self) -> str:
        """The SHA-256 of texts and tones in their order, the same on every machine."""
        sha256 = hashlib.sha256()
        for text, row in zip(self.texts, self.tones.tolist(), strict=True):
            encoded = text.encode("utf-8", "surrogatepass")
            sha256.update(len(encoded).to_bytes(8, "little") + encoded + bytes(row))
        return sha256.hexdigest()

    def take(self, places: Sequence[int] | npt.NDArray[Any]) -> LabelledMessages:
        """Give the messages at some places, counted from 0, in the order asked for; a boolean mask serves too."""
        at = np.arange(len(self))[places]
        return replace(
            self,
            texts=[self.texts[place] for place in at],
            tones=self.tones[at],
            rows=[self.rows[place] for place in at],
            table=self.table.iloc[at].reset_index(drop=True),
            files=[self.files[place] for place in at],
        )


def concatenate(parts: Sequence[LabelledMessages], *, name: str | None = None) -> LabelledMessages:
    """Put the messages of several sources together, one after the other.

    Parameters
    ----------
    parts : sequence of LabelledMessages
        At least one.
    name : str, optional
        What to call them all; by default the names joined by ``" + "``.

    Returns
    -------
    LabelledMessages
        A column that a part's table lacks is missing (NaN) in its rows.
    """
    if not parts:
        raise ValueError("there is nothing to put together: give at least one part")
    return LabelledMessages(
        texts=list(chain.from_iterable(part.texts for part in parts)),
        tones=np.concatenate([part.tones for part in parts]),
        rows=list(chain.from_iterable(part.rows for part in parts)),
        table=pd.concat([part.table for part in parts], ignore_index=True),
        name=name or " + ".join(part.name for part in parts),
        files=list(chain.from_iterable(part.files for part in parts)),
        columns=tuple(dict.fromkeys(column for part in parts for column in part.columns)),
        warnings=tuple(dict.fromkeys(warning for part in parts for warning in part.warnings)),
    )


def without_repeats(messages: LabelledMessages) -> LabelledMessages:
    """Keep a text that stands there twice once, and leave out one whose tones contradict each other.

    Parameters
    ----------
    messages : LabelledMessages
        The messages to train on.

    Returns
    -------
    LabelledMessages
        What is left, in the same order, with a warning for each kind of repetition found.

    Examples
    --------
    >>> texts, labels = ["Poor thing.", "Noon?", "Poor thing."], ["sympathy", "none", "sympathy"]
    >>> table = pd.DataFrame({"text": texts, "label": labels})
    >>> left = without_repeats(read_labelled(table, name="chat"))
    >>> left.texts
    ['Poor thing.', 'Noon?']
    >>> print(left.warnings[0])
    chat, columns 'text' and 'label': 1 text stands there more than once with the same tones and is kept once:
      row 1, row 3
    """
    places_of: dict[str, list[int]] = defaultdict(list)
    for place, text in enumerate(messages.texts):
        places_of[text].append(place)
    carried = [tuple(row) for row in messages.tones.tolist()]
    repeated = [places for places in places_of.values() if len(places) > 1]
    contradictory = [places for places in repeated if len({carried[place] for place in places}) > 1]
    duplicate = [places for places in repeated if len({carried[place] for place in places}) == 1]

    dropped = {place for places in contradictory for place in places}
    dropped.update(place for places in duplicate for place in places[1:])
    left = messages.take([place for place in range(len(messages)) if place not in dropped])
    warnings = [
        *_repeat_warning(messages, duplicate, "more than once with the same tones", "kept once"),
        *_repeat_warning(messages, contradictory, "with different tones", "left out, all its rows"),
    ]
    return replace(left, warnings=(*messages.warnings, *warnings))


def _repeat_warning(messages: LabelledMessages, groups: list[list[int]], how: str, what: str) -> Iterator[str]:
    if not groups:
        return
    several_files = len(set(messages.files)) > 1
    lines = [
        ", ".join(
            f"row {messages.rows[place]}" + (f" of {messages.files[place]}" if several_files else "")
            for place in islice(places, LISTED)
        )
        + and_more(len(places))
        for places in groups
    ]
    columns = " and ".join(repr(column) for column in messages.columns)
    texts = "1 text stands" if len(groups) == 1 else f"{len(groups)} texts stand"
    verb = "is" if len(groups) == 1 else "each is"
    yield f"{messages.name}, columns {columns}: {texts} there {how} and {verb} {what}:\n" + listed(lines)


def other_column(table: pd.DataFrame, wanted: str, name: str) -> pd.Series:
    """Give a column that stands beside messages and tones; `LabelledDataError` if there is none of that name."""
    if wanted not in table:
        there = ", ".join(map(str, table.columns)) or "no others"
        raise LabelledDataError(f"{name} has no column {wanted!r} beside messages and tones; it has {there}")
    return table[wanted]


def _any_text(cell: object) -> str:
    """Take a cell as a message; a missing one is empty."""
    if cell is None:
        return ""
    if not isinstance(cell, str):
        raise ValueError(f"this is no text but a value of type {type(cell).__name__}; turn the column into text")
    try:
        cell.encode()
    except UnicodeEncodeError:
        raise ValueError(HALF_PAIR) from None
    return cell


def _filled_text(cell: object) -> str:
    text = _any_text(cell)
    if not text.strip():
        raise ValueError("the text is missing or empty; write the message there or remove the row")
    return text


def _read_tones(sheet: Sheet, tones: str | None, label: str | None) -> tuple[npt.NDArray[np.int8], list[int]]:
    """Read the tones in the layout that was asked for or, if none was, in the first that is there."""
    if tones is not None:
        return _tones_of_one_column(sheet, sheet.find(tones, option="tones"), tones_of_cell)
    if label is not None:
        return _tones_of_one_column(sheet, sheet.find(label, option="label"), _tones_of_label)
    for usual, read in (("tones", tones_of_cell), ("label", _tones_of_label)):
        at = sheet.search(usual)
        if at is not None:
            return _tones_of_one_column(sheet, at, read)
    places = [at for at in map(sheet.search, TONES) if at is not None]
    if len(places) == len(TONES):
        flags = [[flag or 0 for flag in sheet.read(at, _flag)] for at in places]
        return np.array(flags, dtype=np.int8).T, places
    raise LabelledDataError(
        f"{sheet.place} has no column for the tones: neither 'tones' nor 'label' nor all three of "
        f"{', '.join(map(repr, TONES))}; {column_list(sheet.columns)} "
        "Name the right one with the option tones (--tones-column)"
        " or, if it holds one label a row, label (--label-column)."
    )


def _tones_of_one_column(
    sheet: Sheet, at: int, read: Callable[[object], tuple[str, ...]]
) -> tuple[npt.NDArray[np.int8], list[int]]:
    carried = [tones or () for tones in sheet.read(at, read)]
    flags = [[tone in tones for tone in TONES] for tones in carried]
    return np.array(flags, dtype=np.int8).reshape(-1, len(TONES)), [at]


def tones_of_cell(cell: object) -> tuple[str, ...]:
    """Read ``sympathy;compassion``, ``none``, or a list of tones, which may be empty."""
    if isinstance(cell, list | tuple | np.ndarray):
        if not len(cell):
            return ()
        cell = ";".join(map(str, cell))
    try:
        return parse_tones("" if cell is None else str(cell))
    except ValueError:
        choice = f"{', '.join(TONES)} (several joined by ';') or, alone, {NONE}"
        raise ValueError(f"{shortened(cell)} does not name tones; use {choice}") from None


def _tones_of_label(cell: object) -> tuple[str, ...]:
    label = str(cell).strip().lower() if cell is not None else ""
    if label not in LABELS:
        raise ValueError(f"{shortened(cell)} is not a label; use one of {', '.join(LABELS)}")
    return () if label == NONE else (label,)


def _flag(cell: object) -> int:
    flag = _FLAGS.get(str(cell).strip().lower())
    if flag is None:
        raise ValueError(f"{shortened(cell)} is neither yes nor no; use 1 where the tone is present, else 0")
    return flag


_FLAGS = {"0": 0, "0.0": 0, "false": 0, "no": 0, "1": 1, "1.0": 1, "true": 1, "yes": 1}

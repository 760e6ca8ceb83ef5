"""Reading messages, labelled or not, from CSV, TSV, JSON lines, Parquet or a DataFrame.

A cell is taken as it stands: a message that says "NA" is a message, the label "None" is a label,
and nothing is turned into a number or a date. What cannot be used is listed, all of it, by row and
column. Messages are private, so neither errors nor warnings quote one.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import zlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, NoReturn, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from caretone.errors import LabelledDataError
from caretone.tabular import (
    HALF_PAIR,
    LISTED,
    NO_JSON_OBJECT,
    and_more,
    column_at,
    column_list,
    csv_records,
    delimiter_of,
    folded,
    how_to_convert,
    json_object,
    likely_encoding,
    named_columns,
    repeated_names,
    shortened,
    width_trouble,
)
from caretone.tones import LABELS, NONE, TONES, label_of, parse_tones

Source: TypeAlias = str | os.PathLike[str] | pd.DataFrame
"""Where messages are read from: a path or a DataFrame."""

T = TypeVar("T")


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
    sheet = _open_sheet(source, name, wanted=(text, tones or "tones", label or "label", *TONES))
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
    sheet = _open_sheet(source, name, wanted=(text, "tones", "label", *TONES))
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
        """Give one of the other columns, to group by; `LabelledDataError` if there is none of that name."""
        if wanted not in self.table:
            there = ", ".join(map(str, self.table.columns)) or "no others"
            raise LabelledDataError(
                f"{self.name} has no column {wanted!r} beside its messages and tones; it has {there}"
            )
        return self.table[wanted]

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
    yield f"{messages.name}, columns {columns}: {texts} there {how} and {verb} {what}:\n" + _listed(lines)


def _listed(lines: Sequence[str]) -> str:
    rest = [f"and {len(lines) - LISTED} more"] if len(lines) > LISTED else []
    return "\n".join(f"  {line}" for line in [*lines[:LISTED], *rest])


# ---- cells


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


def _read_tones(sheet: _Sheet, tones: str | None, label: str | None) -> tuple[npt.NDArray[np.int8], list[int]]:
    """Read the tones in the layout that was asked for or, if none was, in the first that is there."""
    if tones is not None:
        return _tones_of_one_column(sheet, sheet.find(tones, option="tones"), _tones_of_cell)
    if label is not None:
        return _tones_of_one_column(sheet, sheet.find(label, option="label"), _tones_of_label)
    for usual, read in (("tones", _tones_of_cell), ("label", _tones_of_label)):
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
    sheet: _Sheet, at: int, read: Callable[[object], tuple[str, ...]]
) -> tuple[npt.NDArray[np.int8], list[int]]:
    carried = [tones or () for tones in sheet.read(at, read)]
    flags = [[tone in tones for tone in TONES] for tones in carried]
    return np.array(flags, dtype=np.int8).reshape(-1, len(TONES)), [at]


def _tones_of_cell(cell: object) -> tuple[str, ...]:
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


# ---- sheets


@dataclass(frozen=True)
class _Finding:
    """Something that is wrong in a row."""

    row: int
    what: str
    column: str | None = None

    def __str__(self) -> str:
        where = f"row {self.row}" if self.column is None else f"row {self.row}, column {self.column!r}"
        return f"{where}: {self.what}"


@dataclass(frozen=True)
class _Sheet:
    """A table as it was read, where its rows stand, and what was found wrong so far."""

    frame: pd.DataFrame
    rows: list[int]
    place: str
    name: str
    findings: list[_Finding] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.rows:
            if self.findings:
                self.refuse()
            raise LabelledDataError(f"{self.place} holds no messages; add one row for each")
        if repeated := repeated_names(self.columns):
            raise LabelledDataError(f"{self.place} {repeated}")

    @property
    def columns(self) -> list[str]:
        return [str(column) for column in self.frame.columns]

    def search(self, wanted: str) -> int | None:
        """Find a column by its exact name, else whatever its case and the blanks around it."""
        try:
            return column_at(self.columns, wanted)
        except ValueError as error:
            raise LabelledDataError(f"{self.place}: {error}") from None

    def find(self, wanted: str, *, option: str) -> int:
        """Find a column that has to be there."""
        at = self.search(wanted)
        if at is None:
            raise LabelledDataError(
                f"{self.place} has no column {wanted!r}; {column_list(self.columns)} "
                f"Name the right one with the option {option} (--{option}-column)."
            )
        return at

    def read(self, at: int, read_cell: Callable[[object], T]) -> list[T | None]:
        """Read a column cell by cell; a cell that cannot be read gives None and a finding."""
        column = self.frame.iloc[:, at]
        values: list[T | None] = []
        for row, cell, missing in zip(self.rows, column.tolist(), column.isna().tolist(), strict=True):
            try:
                values.append(read_cell(None if missing else cell))
            except ValueError as error:
                values.append(None)
                self.findings.append(_Finding(row, str(error), self.columns[at]))
        return values

    def without(self, places: Collection[int]) -> pd.DataFrame:
        """Give the columns that do not stand at these places."""
        others = [at for at in range(len(self.columns)) if at not in places]
        return self.frame.iloc[:, others].reset_index(drop=True)

    def refuse(self) -> NoReturn:
        _refuse(self.place, self.findings)


def _refuse(place: str, findings: Iterable[_Finding]) -> NoReturn:
    lines = [str(finding) for finding in sorted(findings, key=lambda finding: finding.row)]
    things = "1 thing" if len(lines) == 1 else f"{len(lines)} things"
    raise LabelledDataError(f"{place} cannot be used, {things} to mend:\n{_listed(lines)}")


def _open_sheet(source: Source, name: str | None, wanted: Sequence[str]) -> _Sheet:
    """Read a source into a sheet; the names of the wanted columns help to tell a CSV file's delimiter."""
    if isinstance(source, pd.DataFrame):
        return _Sheet(source, list(range(1, len(source) + 1)), "the DataFrame", name or "DataFrame")
    path = Path(source)
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; name a file in it")
    if not path.exists():
        raise FileNotFoundError(f"there is no file {path}")
    name = name or path.name
    zipped = path.suffix.lower() == ".gz"
    kind = (path.with_suffix("") if zipped else path).suffix.lower()
    if kind in (".csv", ".tsv"):
        return _csv_sheet(_decoded(path, zipped), str(path), name, {folded(column) for column in wanted})
    if kind in (".jsonl", ".ndjson", ".json"):
        return _json_sheet(_decoded(path, zipped), str(path), name)
    if kind == ".parquet" and not zipped:
        return _parquet_sheet(path, name)
    raise LabelledDataError(
        f"{path}: a file of this kind cannot be read; save it as .csv, .tsv, .jsonl (each also with .gz) or .parquet"
    )


def _decoded(path: Path, zipped: bool) -> str:
    """Give the text of a file in UTF-8, without its byte order mark."""
    data = path.read_bytes()
    if zipped:
        try:
            data = gzip.decompress(data)
        except (gzip.BadGzipFile, EOFError, zlib.error):
            raise LabelledDataError(
                f"{path} is damaged or not compressed by gzip; compress it anew or drop the ending .gz"
            ) from None
    offset = _first_foreign_byte(data)
    if offset is not None:
        row = len(data[:offset].replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"))
        raise LabelledDataError(
            f"{path} is not in UTF-8: row {row} holds the byte 0x{data[offset]:02X} at offset {offset}. "
            + how_to_convert(likely_encoding(data))
        )
    text = data.decode("utf-8-sig")
    if not text.strip():
        raise LabelledDataError(f"{path} is empty; write a header and one row for each message")
    return text


def _first_foreign_byte(data: bytes) -> int | None:
    """Find the first byte that is not UTF-8, or the first NUL where UTF-16 without a mark begins."""
    if likely_encoding(data) == "UTF-16":
        return 1 if data[1:2] == b"\0" else 0
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return None


# ---- formats


def _csv_sheet(text: str, place: str, name: str, wanted: Collection[str]) -> _Sheet:
    delimiter = delimiter_of(text, wanted)
    records = csv_records(io.StringIO(text, newline=""), delimiter)
    line, header = next(records)
    if isinstance(header, str):
        _refuse(place, [_Finding(line, header)])
    rows: list[int] = []
    cells: list[list[str]] = []
    findings: list[_Finding] = []
    for line, record in records:
        if isinstance(record, str):
            findings.append(_Finding(line, record))
        elif len(record) != len(header):
            findings.append(_Finding(line, width_trouble(len(record), header, delimiter)))
        else:
            rows.append(line)
            cells.append(record)
    return _Sheet(pd.DataFrame(cells, columns=named_columns(header), dtype=str), rows, place, name, findings)


def _json_sheet(text: str, place: str, name: str) -> _Sheet:
    rows: list[int] = []
    records: list[dict[str, object]] = []
    findings: list[_Finding] = []
    for line, written in enumerate(text.split("\n"), start=1):
        if not written.strip():
            continue
        record = json_object(written)
        if record is None:
            findings.append(_Finding(line, NO_JSON_OBJECT))
        else:
            rows.append(line)
            records.append(record)
    keys = dict.fromkeys(key for record in records for key in record)
    columns = {key: pd.Series([record.get(key) for record in records], dtype=object) for key in keys}
    return _Sheet(pd.DataFrame(columns, index=range(len(records))), rows, place, name, findings)


def _parquet_sheet(path: Path, name: str) -> _Sheet:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(path).read()
        table.validate(full=True)
        frame = table.to_pandas(ignore_metadata=True)
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, PermissionError):
            raise
        raise LabelledDataError(f"{path} is damaged or not a Parquet file; save it anew as Parquet") from None
    return _Sheet(frame, list(range(1, len(frame) + 1)), str(path), name)

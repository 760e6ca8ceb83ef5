"""A table as it was read from a file, before anything in it is taken for a message.

A cell is taken as it stands: nothing is turned into a number, a date or a missing value. What cannot be
used is listed, all of it, by row and column, and never quoted at length: messages are private.
"""

from __future__ import annotations

import gzip
import io
import os
import zlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn, TypeAlias, TypeVar

import pandas as pd

from caretone.errors import LabelledDataError
from caretone.tabular import (
    LISTED,
    NO_JSON_OBJECT,
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
    width_trouble,
)

Source: TypeAlias = str | os.PathLike[str] | pd.DataFrame
"""Where a table is read from: a path or a DataFrame."""

T = TypeVar("T")


def open_sheet(source: Source, name: str | None, wanted: Sequence[str]) -> Sheet:
    """Read a source into a sheet; the names of the wanted columns help to tell a CSV file's delimiter."""
    if isinstance(source, pd.DataFrame):
        return Sheet(source, list(range(1, len(source) + 1)), "the DataFrame", name or "DataFrame")
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


@dataclass(frozen=True)
class Sheet:
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
        """The names of the columns."""
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
        """Raise an error that lists all that was found."""
        _refuse(self.place, self.findings)


@dataclass(frozen=True)
class _Finding:
    """Something that is wrong in a row."""

    row: int
    what: str
    column: str | None = None

    def __str__(self) -> str:
        where = f"row {self.row}" if self.column is None else f"row {self.row}, column {self.column!r}"
        return f"{where}: {self.what}"


def _refuse(place: str, findings: Iterable[_Finding]) -> NoReturn:
    lines = [str(finding) for finding in sorted(findings, key=lambda finding: finding.row)]
    things = "1 thing" if len(lines) == 1 else f"{len(lines)} things"
    raise LabelledDataError(f"{place} cannot be used, {things} to mend:\n{listed(lines)}")


def listed(lines: Sequence[str]) -> str:
    """Put lines below each other, the first ones, and say how many more there are."""
    rest = [f"and {len(lines) - LISTED} more"] if len(lines) > LISTED else []
    return "\n".join(f"  {line}" for line in [*lines[:LISTED], *rest])


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


def _csv_sheet(text: str, place: str, name: str, wanted: Collection[str]) -> Sheet:
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
    return Sheet(pd.DataFrame(cells, columns=named_columns(header), dtype=str), rows, place, name, findings)


def _json_sheet(text: str, place: str, name: str) -> Sheet:
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
    return Sheet(pd.DataFrame(columns, index=range(len(records))), rows, place, name, findings)


def _parquet_sheet(path: Path, name: str) -> Sheet:
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
    return Sheet(frame, list(range(1, len(frame) + 1)), str(path), name)

"""Read messages from files of any size in batches, always cut in the same places.

A row that is broken (no UTF-8, no JSON object, more cells than the header) is told with its file and
line, never with its text, and reading goes on behind it.
"""

from __future__ import annotations

import gzip
import io
import json
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, compress, islice
from typing import Any, BinaryIO, TextIO, TypeAlias

import pyarrow as pa

from caretone.errors import LabelledDataError
from caretone.scoring.broken import Broken
from caretone.scoring.columns import strings, text_column, texts_of
from caretone.scoring.sources import Codec, Kind, Source
from caretone.tabular import (
    HALF_PAIR,
    NO_JSON_OBJECT,
    column_at,
    csv_records,
    delimiter_of,
    folded,
    how_to_convert,
    json_object,
    likely_encoding,
    named_columns,
    width_trouble,
)

ROWS = 20_000
"""The rows of a batch, at most."""

CHARACTERS = 4_000_000
"""The characters of a batch, about; a line longer than this is refused."""


@dataclass(frozen=True)
class Batch:
    """Some rows of a source.

    Attributes
    ----------
    name : str
        What the source is called.
    texts : Array of large_string
        The messages, none of them null.
    rows : Table or list of dict
        All that stands in the rows; of JSON lines the objects as they are.
    lines : sequence of int
        The line that each row begins on, or its number.
    broken : tuple of Broken
        The rows among them that cannot be used.
    position : int
        How many bytes of the source are read.
    """

    name: str
    texts: pa.Array
    rows: pa.Table | list[dict[str, Any]]
    lines: list[int] | range
    broken: tuple[Broken, ...]
    position: int

    @property
    def has_columns(self) -> bool:
        """Whether the rows show what columns there are: no JSON objects show none."""
        return isinstance(self.rows, pa.Table) or bool(self.rows)


def batches(source: Source, text: str = "text") -> Iterator[Batch]:
    """Read a source in batches of `ROWS` rows or, where they are long, fewer.

    Parameters
    ----------
    source : Source
        What is read.
    text : str, default "text"
        The column of the messages; plain lines have none.

    Yields
    ------
    Batch
        At least one, if only an empty one; always the same ones for the same source.

    Raises
    ------
    LabelledDataError
        If the source as a whole cannot be used.
    OSError
        If it cannot be opened.
    """
    if source.message is not None:
        return iter([_message_batch(source)])
    return _parquet_batches(source, text) if source.kind is Kind.parquet else _text_batches(source, text)


def _message_batch(source: Source) -> Batch:
    texts = [source.message or ""]
    broken = () if _encodable(texts[0]) else (Broken(source.name, 1, HALF_PAIR),)
    column = strings([] if broken else texts)
    return Batch(source.name, column, pa.table({"text": column}), range(1, 1 + len(column)), broken, 0)


# ---- text formats

_Rows: TypeAlias = Iterator[tuple[int, Any]]
"""Each row with its line; one that is broken as a `Broken`."""

_Build: TypeAlias = Callable[[list[Any]], tuple[pa.Array, Any]]
"""Turns the rows of a batch into its texts and its rows."""


def _text_batches(source: Source, text: str) -> Iterator[Batch]:
    read, newline = _READERS[source.kind]
    with _opened(source) as raw, _decoded(raw, source, newline) as lines:
        rows, build = read(lines, source.name, text)
        yield _batch(source.name, _cut(rows, lines), build, _position(raw))
        while found := _cut(rows, lines):
            batch = _batch(source.name, found, build, _position(raw))
            del found  # which is several times as large as the batch made of it
            yield batch


def _cut(rows: _Rows, lines: _Lines) -> list[tuple[int, Any]]:
    """Take the rows of the next batch."""
    found = []
    end = lines.characters + CHARACTERS
    for row in rows:
        found.append(row)
        if len(found) == ROWS or lines.characters >= end:
            break
    return found


def _batch(name: str, found: list[tuple[int, Any]], build: _Build, position: int) -> Batch:
    texts, rows = build([row for _, row in found if not isinstance(row, Broken)])
    lines = [line for line, row in found if not isinstance(row, Broken)]
    return Batch(name, texts, rows, lines, tuple(row for _, row in found if isinstance(row, Broken)), position)


def _position(raw: BinaryIO) -> int:
    return raw.tell() if raw.seekable() else 0


def _plain_lines(lines: _Lines, name: str, text: str) -> tuple[_Rows, _Build]:
    def rows() -> _Rows:
        for line in lines:
            yield lines.number, _foreign(name, lines.number) if lines.foreign else line.rstrip("\n")
            lines.settle()

    def build(found: list[str]) -> tuple[pa.Array, pa.Table]:
        texts = strings(found)
        return texts, pa.table({"text": texts})

    return rows(), build


def _json_lines(lines: _Lines, name: str, text: str) -> tuple[_Rows, _Build]:
    keys: set[str] = set()  # what the column of the messages is called, once one is met

    def rows() -> _Rows:
        for line in lines:
            if line.strip():
                yield lines.number, _foreign(name, lines.number) if lines.foreign else read(line)
            lines.settle()

    def read(line: str) -> tuple[str, dict[str, Any]] | Broken:
        try:
            record = json_object(line)
            if record is None:
                raise ValueError(NO_JSON_OBJECT)
            at = column_at(list(record), text)
            key = text if at is None else list(record)[at]
            if at is not None:
                keys.add(key)
            return _json_text(record.get(key)), _whole_pairs(record, line)
        except ValueError as error:
            return Broken(name, lines.number, str(error))

    def build(found: list[tuple[str, dict[str, Any]]]) -> tuple[pa.Array, list[dict[str, Any]]]:
        records = [record for _, record in found]
        if records and not keys:  # no message at all: this refuses the file
            text_column(list(dict.fromkeys(key for record in records for key in record)), text, name)
        return strings([text for text, _ in found]), records

    return rows(), build


def _json_text(value: object) -> str:
    if not isinstance(value, str | None):
        raise ValueError(f"the message is no text but a value of type {type(value).__name__}; put it in quotes")
    return value or ""


def _whole_pairs(record: dict[str, Any], line: str) -> dict[str, Any]:
    """Refuse half of a surrogate pair, which JSON can write and UTF-8 cannot."""
    if "\\ud" in line or "\\uD" in line:
        try:
            json.dumps(record, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise ValueError(HALF_PAIR) from None
    return record


def _csv_rows(lines: _Lines, name: str, text: str) -> tuple[_Rows, _Build]:
    delimiter = delimiter_of(lines.beginning(), {folded(text)})
    records = _csv_records(lines, delimiter)
    line, header = next(records, (1, ""))
    if not header:
        raise LabelledDataError(f"{name} is empty; write a header and one row for each message")
    if lines.foreign or isinstance(header, str):
        raise LabelledDataError(f"{name}, line {line}: {_NO_UTF8 if lines.foreign else header}")
    columns = named_columns(header)
    at = text_column(columns, text, name)

    def rows() -> _Rows:
        for line, record in records:
            if lines.foreign:
                yield line, _foreign(name, line)
            elif isinstance(record, str):
                yield line, Broken(name, line, record)
            elif len(record) != len(header):
                yield line, Broken(name, line, width_trouble(len(record), header, delimiter))
            else:
                yield line, record

    def build(found: list[list[str]]) -> tuple[pa.Array, pa.Table]:
        cells = zip(*found, strict=True) if found else [()] * len(columns)
        table = pa.Table.from_arrays([strings(column) for column in cells], names=columns)
        return table.column(at).combine_chunks(), table

    return rows(), build


def _csv_records(lines: _Lines, delimiter: str) -> _Rows:
    """Give each record, or what is wrong with it; behind a broken one reading starts anew with the next line."""
    while lines.more():
        for line, record in csv_records(lines, delimiter, first=lines.number + 1):
            yield line, record
            if isinstance(record, str):
                lines.back_to(line + 1)
            lines.settle()


_READERS: dict[Kind, tuple[Callable[[_Lines, str, str], tuple[_Rows, _Build]], str | None]] = {
    Kind.csv: (_csv_rows, ""),
    Kind.tsv: (_csv_rows, ""),
    Kind.jsonl: (_json_lines, "\n"),
    Kind.lines: (_plain_lines, None),
}
"""How each kind is read, and what of its line ends is translated; see `io.TextIOWrapper`."""

_NO_UTF8 = f"this is not in UTF-8. {how_to_convert('CP1252')}"


def _foreign(name: str, line: int) -> Broken:
    return Broken(name, line, _NO_UTF8)


class _Lines:
    """The lines of a file, one after the other; those since the last `settle` can be read again.

    Attributes
    ----------
    number : int
        The number of the line read last, from 1.
    characters : int
        How many characters are read so far.
    foreign : bool
        Whether a line since the last `settle` is not in UTF-8.
    """

    def __init__(self, stream: TextIO, name: str) -> None:
        self.number, self.characters, self.foreign = 0, 0, False
        self._stream, self._name = stream, name
        self._held: list[str] = []
        self._again: list[str] = []  # to be read once more, the next one last

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.pop() if self._again else self._stream.readline(CHARACTERS)
        if not line:
            raise StopIteration
        self.number += 1
        self.characters += len(line)
        if len(line) == CHARACTERS and line[-1] not in "\r\n":
            raise LabelledDataError(f"{self._name}, line {self.number}: longer than {CHARACTERS:,} characters")
        if not line.isascii() and not _encodable(line):
            self.foreign = True
        self._held.append(line)
        return line

    def settle(self) -> None:
        """Take the lines read so far as done with."""
        self._held.clear()
        self.foreign = False

    def back_to(self, number: int) -> None:
        """Go back to a line, of those read since the last `settle`."""
        count = self.number + 1 - number
        self._again += self._held[: -count - 1 : -1]
        self.number -= count

    def more(self) -> bool:
        """Tell whether there is a further line."""
        line = next(self, None)
        if line is not None:
            self.back_to(self.number)
            self.settle()
        return line is not None

    def beginning(self) -> str:
        """Give the first lines, up to 200, which are read again afterwards."""
        for _ in islice(self, 200):
            if self.characters >= CHARACTERS:
                break
        text = "".join(self._held)
        self.back_to(1)
        self.settle()
        return text


def _encodable(line: str) -> bool:
    try:
        line.encode()
    except UnicodeEncodeError:
        return False
    return True


@contextmanager
def _opened(source: Source) -> Iterator[BinaryIO]:
    if source.path is None:
        yield sys.stdin.buffer
        return
    with source.path.open("rb") as raw:
        yield raw


@contextmanager
def _decoded(raw: BinaryIO, source: Source, newline: str | None) -> Iterator[_Lines]:
    """Give the lines of a file; bytes that are not UTF-8 come as surrogates, by which they are known."""
    try:
        stream = io.BufferedReader(_decompressed(raw, source.codec))
        if likely_encoding(stream.peek(4)[:4]) == "UTF-16":
            raise LabelledDataError(f"{source.name} is not in UTF-8. {how_to_convert('UTF-16')}")
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline=newline)
        yield _Lines(text, source.name)
        if source.path is None:
            text.detach().detach()
    except (OSError, EOFError, zlib.error):
        if source.codec is None:
            raise
        raise LabelledDataError(
            f"{source.name} is damaged or not compressed by {source.codec}; compress it anew"
        ) from None


def _decompressed(raw: BinaryIO, codec: Codec | None) -> Any:
    if codec is Codec.gzip:
        return gzip.GzipFile(fileobj=raw)
    return pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), "zstd") if codec is Codec.zstd else raw


# ---- Parquet


def _parquet_batches(source: Source, text: str) -> Iterator[Batch]:
    import pyarrow.parquet as pq

    assert source.path is not None
    try:
        with pq.ParquetFile(source.path, pre_buffer=False, buffer_size=1 << 20) as file:
            count, total = 0, file.metadata.num_rows
            pieces = file.iter_batches(batch_size=_rows_a_batch(file.metadata), use_threads=False)
            for table in chain(map(_table, pieces), [] if total else [file.schema_arrow.empty_table()]):
                lines = range(count + 1, count + 1 + len(table))
                count += len(table)
                position = source.size * count // max(total, 1)
                yield _parquet_batch(source.name, table.replace_schema_metadata(), text, lines, position)
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, FileNotFoundError | PermissionError):
            raise
        raise LabelledDataError(f"{source.name} is damaged or not a Parquet file; save it anew as Parquet") from None


def _table(piece: pa.RecordBatch) -> pa.Table:
    return pa.Table.from_batches([piece])


def _rows_a_batch(metadata: Any) -> int:
    """Give the number of rows that holds about `CHARACTERS` bytes."""
    size = sum(metadata.row_group(n).total_byte_size for n in range(metadata.num_row_groups))
    return max(1, min(ROWS, CHARACTERS * metadata.num_rows // max(size, 1)))


def _parquet_batch(name: str, table: pa.Table, text: str, lines: range, position: int) -> Batch:
    if _is_readable(table):
        return Batch(name, texts_of(table, text, name), table, lines, (), position)
    rows = [table.slice(at, 1) for at in range(len(table))]
    good = [_is_readable(row) for row in rows]
    kept = pa.concat_tables([table.slice(0, 0), *compress(rows, good)])
    broken = tuple(Broken(name, line, _NO_UTF8_CELL) for line, fine in zip(lines, good, strict=True) if not fine)
    return Batch(name, texts_of(kept, text, name), kept, list(compress(lines, good)), broken, position)


_NO_UTF8_CELL = "a text in this row is not in UTF-8; write it anew"


def _is_readable(table: pa.Table) -> bool:
    try:
        table.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True

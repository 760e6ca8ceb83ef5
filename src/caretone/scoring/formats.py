"""Write scored batches as bytes that can be put one behind the other: CSV, TSV, JSON lines or Arrow.

Every format but JSON lines has the same columns in all rows; these are settled by the first batch, and
what comes later has to fit them. A Parquet file has its index at the end, so that it cannot grow by
appending: batches are kept as Arrow until `parquet_from_arrow` makes the file of them.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain, compress
from pathlib import Path
from typing import Any

import pyarrow as pa

from caretone.errors import LabelledDataError
from caretone.scoring.batches import Batch
from caretone.scoring.broken import Broken
from caretone.scoring.columns import added_names
from caretone.scoring.sources import Codec
from caretone.tabular import shortened


class Format(StrEnum):
    """How scored messages are written."""

    csv = "csv"
    tsv = "tsv"
    jsonl = "jsonl"
    parquet = "parquet"


_DELIMITERS = {Format.csv: ",", Format.tsv: "\t"}


@dataclass(frozen=True)
class Layout:
    """The columns of an output, settled by the first batch.

    Attributes
    ----------
    format : Format
        How it is written.
    columns : tuple of str
        The columns of the input.
    added : tuple of str
        What the predicted columns are called.
    schema : Schema or None
        The types of the input's columns, for Parquet.
    """

    format: Format
    columns: tuple[str, ...]
    added: tuple[str, ...]
    schema: Any = None

    @classmethod
    def settled_by(cls, batch: Batch, labels: Sequence[str], format: Format) -> Layout:
        """Settle the columns by the first batch; `LabelledDataError` if Parquet has no type for one of them."""
        columns = _columns(batch.rows)
        schema = None
        if format is Format.parquet:
            schema = batch.rows.schema if isinstance(batch.rows, pa.Table) else _inferred(batch.name, batch.rows)
        return cls(format, columns, added_names(labels, columns), schema)

    def header(self) -> bytes:
        """Give what stands before the first row."""
        if self.format not in _DELIMITERS:
            return b""
        return _csv_bytes([(*self.columns, *self.added)], _DELIMITERS[self.format])

    def fitted(self, batch: Batch) -> Batch:
        """Give the batch with the settled columns; a JSON object that does not fit is broken.

        Raises
        ------
        LabelledDataError
            If it is a table that does not fit.
        """
        if isinstance(batch.rows, pa.Table):
            return replace(batch, rows=self._fitted_table(batch.name, batch.rows))
        batch = _without(batch, self._misfits(batch.rows))
        if self.schema is None:
            return batch
        try:
            return replace(batch, rows=_typed(batch.rows, self.schema))
        except pa.ArrowInvalid:
            batch = _without(batch, [_type_misfit(record, self.schema) for record in batch.rows])
            return replace(batch, rows=_typed(batch.rows, self.schema))

    def encoded(self, rows: Any, predicted: pa.Table) -> bytes:
        """Give the bytes of fitted rows with what is predicted of them."""
        if self.format is Format.parquet:
            return _arrow_bytes(pa.table([*rows.columns, *predicted.columns], names=[*self.columns, *self.added]))
        added = [column.to_pylist() for column in predicted.columns]
        if isinstance(rows, pa.Table):
            rows = _plain_times(rows)
        if self.format is Format.jsonl:
            kept = rows.to_pylist() if isinstance(rows, pa.Table) else rows
            return _json_bytes(
                record | dict(zip(self.added, row, strict=True)) for record, *row in zip(kept, *added, strict=True)
            )
        cells = _cells(rows, self.columns)
        return _csv_bytes(zip(*cells, *added, strict=True), _DELIMITERS[self.format])

    def _fitted_table(self, name: str, table: pa.Table) -> pa.Table:
        columns = table.column_names
        free = self.format is Format.jsonl
        other = set(columns) & set(self.added) if free else set(columns) ^ set(self.columns)
        if other:
            named = ", ".join(map(shortened, sorted(other)))
            raise LabelledDataError(
                f"{name} has other columns than the files before it (look at {named});"
                " give all of them the same, or score it apart"
            )
        if not free:
            table = table.select(self.columns)
        if self.schema is None or table.schema == self.schema:
            return table
        try:
            return table.cast(self.schema)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            raise LabelledDataError(
                f"{name}: the types of its columns are not those of the files before it; give all the same ones"
            ) from None

    def _misfits(self, records: list[dict[str, Any]]) -> list[str]:
        """Say of each object why its keys do not fit, nothing if they do."""
        columns, added = set(self.columns), set(self.added)
        if self.format is Format.jsonl:
            return ["" if added.isdisjoint(record) else _TAKEN for record in records]
        return ["" if columns.issuperset(record) else _UNKNOWN for record in records]


_TAKEN = "a key here has the name of a predicted column, and the first rows had none such; rename it"
_UNKNOWN = "a key here does not occur in the first rows, which settle the columns; write to a file ending in .jsonl"
_OTHER_TYPE = "a value here is not of the type that the first rows have; write to a file ending in .jsonl or .csv"


def _columns(rows: Any) -> tuple[str, ...]:
    if isinstance(rows, pa.Table):
        return tuple(rows.column_names)
    return tuple(dict.fromkeys(key for record in rows for key in record))


def _without(batch: Batch, reasons: list[str]) -> Batch:
    """Take the rows out of a batch for which there is a reason."""
    if not any(reasons):
        return batch
    good = [not reason for reason in reasons]
    misfits = [Broken(batch.name, *at) for at in zip(batch.lines, reasons, strict=True) if at[1]]
    return replace(
        batch,
        texts=batch.texts.filter(pa.array(good)),
        rows=list(compress(batch.rows, good)),
        lines=list(compress(batch.lines, good)),
        broken=tuple(sorted([*batch.broken, *misfits])),
    )


def _inferred(name: str, records: list[dict[str, Any]]) -> pa.Schema:
    """Give the types of JSON values, text where all are null and for what only looks like a time."""
    try:
        found = _typed(records, None).schema
    except pa.ArrowInvalid:
        raise LabelledDataError(
            f"{name}: the values of a key are of several types, which Parquet cannot hold;"
            " write to a file ending in .jsonl or .csv"
        ) from None
    text = [pa.types.is_null(column.type) or pa.types.is_temporal(column.type) for column in found]
    return pa.schema(
        [column.with_type(pa.string()) if is_text else column for column, is_text in zip(found, text, strict=True)]
    )


def _typed(records: list[dict[str, Any]], schema: Any) -> pa.Table:
    """Give JSON objects as a table of some types, by Arrow's own reader: it needs no pandas."""
    from pyarrow import json as arrow_json

    if not records:
        return schema.empty_table()
    data = _json_bytes(records)
    return arrow_json.read_json(
        pa.BufferReader(data),
        read_options=arrow_json.ReadOptions(use_threads=False, block_size=len(data)),
        parse_options=arrow_json.ParseOptions(explicit_schema=schema, newlines_in_values=False),
    )


def _type_misfit(record: dict[str, Any], schema: Any) -> str:
    try:
        _typed([record], schema)
    except pa.ArrowInvalid:
        return _OTHER_TYPE
    return ""


def _plain_times(table: pa.Table) -> pa.Table:
    """Give dates and times as text: Python has none to the nanosecond."""
    for at, column in enumerate(table.schema):
        if pa.types.is_temporal(column.type):
            table = table.set_column(at, column.name, table.column(at).cast(pa.string()))
    return table


def _cells(rows: Any, columns: Iterable[str]) -> Iterator[Iterable[object]]:
    """Give the cells of each column."""
    if not isinstance(rows, pa.Table):
        yield from ([_cell(record.get(name)) for record in rows] for name in columns)
        return
    for name in columns:
        values = rows.column(name).to_pylist()
        yield map(_cell, values) if pa.types.is_nested(rows.schema.field(name).type) else values


def _cell(value: object) -> object:
    """Give a value as a CSV cell: lists and objects as JSON."""
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, dict | list) else value


def _json_bytes(records: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(record, ensure_ascii=False, default=str).encode() + b"\n" for record in records)


def _csv_bytes(rows: Iterable[Iterable[object]], delimiter: str) -> bytes:
    lines = _Lines()
    csv.writer(lines, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return lines.data.getvalue()


class _Lines:
    r"""Ends rows in ``\n`` that a writer ends in ``\r\n``, which it has to so that it quotes both in cells."""

    def __init__(self) -> None:
        self.data = io.BytesIO()

    def write(self, row: str) -> None:
        self.data.write(row[:-2].encode() + b"\n")


def compressed(data: bytes, codec: Codec | None) -> bytes:
    """Compress some bytes by themselves: what comes of several of them, put together, reads as one."""
    if codec is None or not data:
        return data
    if codec is Codec.gzip:
        return gzip.compress(data, compresslevel=6, mtime=0)
    return pa.Codec("zstd").compress(data, asbytes=True)


def _arrow_bytes(table: pa.Table) -> bytes:
    """Give a table as an Arrow stream of its own, dictionaries and all."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def parquet_from_arrow(arrow: Path, parquet: Path) -> None:
    """Make a Parquet file of Arrow streams that stand one behind the other, batch by batch.

    Parameters
    ----------
    arrow : Path
        The file of what `Layout.encoded` gave.
    parquet : Path
        The file to write.

    Raises
    ------
    LabelledDataError
        If there is nothing, so that even the columns are unknown.
    """
    import pyarrow.parquet as pq

    tables = _row_groups(arrow)
    first = next(tables, None)
    if first is None:
        raise LabelledDataError("there are no messages, and so no columns for a Parquet file; give some")
    with pq.ParquetWriter(parquet, first.schema, compression="zstd") as writer:
        for table in chain([first], tables):
            writer.write_table(table, row_group_size=max(len(table), 1))


def _row_groups(arrow: Path) -> Iterator[pa.Table]:
    """Give tables that make good row groups: of many rows, but no more than memory holds."""
    held: list[pa.Table] = []
    alone = pa.ipc.IpcReadOptions(use_threads=False)  # threads would each keep memory of their own
    with pa.OSFile(str(arrow)) as file:
        while file.tell() < file.size():
            with pa.ipc.open_stream(file, options=alone) as reader:
                held.append(reader.read_all())
            if sum(map(len, held)) >= _GROUP_ROWS or sum(table.nbytes for table in held) >= _GROUP_BYTES:
                yield pa.concat_tables(held)
                held = []
    if held:
        yield pa.concat_tables(held)


_GROUP_ROWS, _GROUP_BYTES = 100_000, 2_000_000

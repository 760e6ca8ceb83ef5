"""Telling what a file of rows is: its kind, its encoding, a CSV file's delimiter and rows, a column by its name.

Shared by the reading of labelled messages, which takes a file whole, and by scoring, which takes it in batches.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice

NO_DELIMITER = "\ud800"
"""Stands in for the delimiter of a file of one column: half of a surrogate pair, which no decoded text holds."""

NO_JSON_OBJECT = 'this is not one whole JSON object such as {"text": "…"}; write one a line'
"""What is wrong with a line of a JSON lines file for which `json_object` gives None."""

HALF_PAIR = "half of a surrogate pair stands in the text; mend or remove that character"
"""What is wrong with a text that UTF-8 cannot hold."""

LISTED = 10
"""So many findings, or names, are listed one by one; the others are counted."""


def folded(column: str) -> str:
    """Give a column's name as it is compared: whatever its case and the blanks around it."""
    return column.strip().casefold()


def column_at(columns: Sequence[str], wanted: str) -> int | None:
    """Find a column by its exact name, else by its folded one.

    Parameters
    ----------
    columns : sequence of str
        The names of the columns.
    wanted : str
        The name to find.

    Returns
    -------
    int or None
        The column's place, None if there is none.

    Raises
    ------
    ValueError
        If several columns could be meant; it says which.

    Examples
    --------
    >>> column_at(["id", "Text "], "text")
    1
    """
    if wanted in columns:
        return columns.index(wanted)
    alike = [at for at, column in enumerate(columns) if folded(column) == folded(wanted)]
    if len(alike) > 1:
        names = " and ".join(repr(columns[at]) for at in alike)
        raise ValueError(f"both {names} could be the column {wanted!r}; rename one of them")
    return alike[0] if alike else None


def repeated_names(columns: Sequence[str]) -> str:
    """Say which names several columns bear; empty if each has its own."""
    repeated = sorted({column for column in columns if columns.count(column) > 1})
    if not repeated:
        return ""
    return f"has several columns called {', '.join(map(shortened, repeated))}; give each its own name"


def column_list(columns: Sequence[str]) -> str:
    """Say which columns there are, the first of many."""
    return f"its columns are {', '.join(map(shortened, columns[:LISTED]))}{and_more(len(columns))}."


def and_more(count: int) -> str:
    """Say how many are not among the ones listed."""
    return f" and {count - LISTED} more" if count > LISTED else ""


def shortened(value: object) -> str:
    """Quote no more than the beginning of a value: it may be a message that got into the wrong place."""
    if value is None or value == "":
        return "a missing or empty value"
    written = str(value)
    return repr(written if len(written) <= 24 else f"{written[:16]}…")


def likely_encoding(data: bytes) -> str:
    """Tell the encoding of a file that is not in UTF-8 by its first bytes."""
    utf16 = data[:2] in (b"\xff\xfe", b"\xfe\xff") or data[:4:2] == b"\0\0" or data[1:4:2] == b"\0\0"
    return "UTF-16" if utf16 else "CP1252"


def how_to_convert(encoding: str) -> str:
    """Say how a file in another encoding gets into UTF-8."""
    return f"Save it as UTF-8 (in Excel: Save As, 'CSV UTF-8'), or convert it: iconv -f {encoding} -t UTF-8 OLD > NEW"


def csv_records(lines: Iterable[str], delimiter: str, *, first: int = 1) -> Iterator[tuple[int, list[str] | str]]:
    """Give each record of a CSV file; where the quotes go wrong, say so instead and end.

    Parameters
    ----------
    lines : iterable of str
        The lines with their ends.
    delimiter : str
        What parts the cells.
    first : int, default 1
        The number of the first line.

    Yields
    ------
    (int, list of str or str)
        The line that a record begins on, and its cells, or what is wrong with it.
    """
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    line = first
    try:
        for record in reader:
            if record:
                yield line, record
            line = first + reader.line_num
    except csv.Error as error:
        yield line, next((what for sign, what in _CSV_TROUBLE.items() if sign in str(error)), _STRAY_QUOTE)


def width_trouble(width: int, header: Sequence[str], delimiter: str) -> str:
    """Say what is wrong with a record that is not as wide as the header."""
    advice = "leave no cell out" + ("" if delimiter == NO_DELIMITER else f", and quote a text that holds {delimiter!r}")
    return f"{width} cells stand here, {len(header)} in the header; {advice}"


def named_columns(header: Sequence[str]) -> list[str]:
    """Give the columns of a CSV file, one without a name by its number."""
    return [column or f"column {number}" for number, column in enumerate(header, start=1)]


_CSV_TROUBLE = {
    "unexpected end": 'a quote (") opens a cell here and is never closed; close it, or write it twice inside a cell',
    "field larger": 'a cell here is longer than 131,072 characters; most likely its quote (") is never closed',
}
_STRAY_QUOTE = 'a cell goes on behind its closing quote ("); inside a quoted cell, write each quote twice'


def delimiter_of(text: str, wanted: Collection[str]) -> str:
    r"""Tell the delimiter of a CSV file by its header and first rows.

    The best one shows most of the wanted columns in the header, then any columns at all, then
    most rows as wide as the header, then most columns.

    Parameters
    ----------
    text : str
        The file, or its beginning.
    wanted : collection of str
        Folded names of columns that it probably has.

    Returns
    -------
    str
        One of ``,``, ``;``, tab and ``|``; `NO_DELIMITER` for a file of one column, which keeps
        the commas in its texts.

    Examples
    --------
    >>> delimiter_of("id;text\n1;Oh no, sorry, mate", {"text"})
    ';'
    """
    fits = {delimiter: _delimiter_fit(text, delimiter, wanted) for delimiter in ",;\t|"}
    best = max(fits, key=lambda delimiter: fits[delimiter])
    several_columns = fits[best][1]
    return best if several_columns else NO_DELIMITER


def _delimiter_fit(text: str, delimiter: str, wanted: Collection[str]) -> tuple[int, bool, float, int]:
    records = csv_records(io.StringIO(text, newline=""), delimiter)
    sample = [cells for _, cells in islice(records, 50) if not isinstance(cells, str)]
    if not sample:
        return 0, False, 0.0, 0
    header = sample[0]
    found = sum(folded(column) in wanted for column in header)
    as_wide = sum(len(cells) == len(header) for cells in sample) / len(sample)
    return found, len(header) > 1, as_wide, len(header)


def json_object(written: str) -> dict[str, object] | None:
    """Read a line as a JSON object; None if it is none."""
    try:
        value = json.loads(written)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None

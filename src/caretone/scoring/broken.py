"""A row that cannot be used, and what happens at one."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from caretone.errors import LabelledDataError


class OnError(StrEnum):
    """What happens at a broken row."""

    stop = "stop"
    skip = "skip"


class Broken(NamedTuple):
    """A row that cannot be used: its file, its line (of a Parquet file its row, from 1), and what is wrong."""

    file: str
    line: int
    reason: str

    def error(self) -> LabelledDataError:
        """Give the error that a run ends with at this row."""
        return LabelledDataError(f"{self.file}, line {self.line}: {self.reason} (--on-error skip leaves such rows out)")

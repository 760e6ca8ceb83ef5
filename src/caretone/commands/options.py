"""The options and the printing that several commands share."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from caretone.predictor import Predictor, load

if TYPE_CHECKING:
    from rich.table import Table

TONE_STYLES = {"sympathy": "blue", "empathy": "magenta", "compassion": "green"}
"""The colour of each tone on a terminal."""


class ReportFormat(StrEnum):
    """How figures are written."""

    table = "table"
    json = "json"


ModelOption = Annotated[Path | None, typer.Option("--model", "-m", help="A model file; by default the shipped one.")]
TextOption = Annotated[str, typer.Option("--text-column", help="The column of the messages.")]
TonesOption = Annotated[str | None, typer.Option("--tones-column", help="The column of the tones.")]
LabelOption = Annotated[str | None, typer.Option("--label-column", help="The column of the single label.")]
OutOption = Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file, not to the terminal.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace the output file if there is one.")]
PriorOption = Annotated[
    float | None, typer.Option("--prior", help="The share of messages expected to carry each tone, 0 to 1.")
]


def open_predictor(model: Path | None, prior: float | None) -> Predictor:
    """Load the model that a command was told to use."""
    try:
        return load(model, prior=prior)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--prior") from None


def default_report() -> ReportFormat:
    """Give tables to a terminal and JSON to a pipe."""
    return ReportFormat.table if sys.stdout.isatty() else ReportFormat.json


def print_table(table: Table, output: Path | None = None) -> None:
    """Print a table on the terminal; one cannot be written to a file."""
    from rich.console import Console

    if output is not None:
        raise typer.BadParameter("a table goes to the terminal; choose another --format for a file", param_hint="-o")
    Console(width=None if sys.stdout.isatty() else 120).print(table)


def refuse_existing(force: bool, *paths: Path) -> None:
    """Refuse to start a long run whose output could not be written at its end."""
    for path in paths:
        if path.exists() and not force:
            raise FileExistsError(f"{path} exists already; choose another name or add --force")
        if not path.parent.is_dir():
            raise FileNotFoundError(f"there is no folder {path.parent}; make it first")


def write_text(path: Path | None, text: str, force: bool) -> None:
    """Write a text to a file, whole or not at all, or to standard output."""
    from caretone.files import replaced_file

    if path is None:
        print(text, end="")
        return
    with replaced_file(path, overwrite=force) as stream:
        stream.write(text.encode())

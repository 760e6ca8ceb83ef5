"""The command that audits a labelled file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from caretone.commands.options import (
    ForceOption,
    LabelOption,
    OutOption,
    ReportFormat,
    TextOption,
    TonesOption,
    refuse_existing,
    write_text,
)

if TYPE_CHECKING:
    import numpy as np

    from caretone.corpus.audit_report import Section
    from caretone.corpus.reading import LabelledMessages

_SHOWN = 12


def audit(
    labelled: Annotated[Path, typer.Argument(help="A labelled file.")],
    group: Annotated[str | None, typer.Option("--group", help="A column to look at the balance by.")] = None,
    threshold: Annotated[
        float, typer.Option("--threshold", min=0.5, max=1.0, help="The similarity that makes near duplicates.")
    ] = 0.85,
    label_errors: Annotated[
        bool, typer.Option(help="Look for likely label errors; trains, which takes minutes for a large file.")
    ] = True,
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="Processes; -1 for one on every core.")] = -1,
    html: Annotated[Path | None, typer.Option("--html", help="Also write a page to this file.")] = None,
    text_column: TextOption = "text",
    tones_column: TonesOption = None,
    label_column: LabelOption = None,
    format: Annotated[ReportFormat, typer.Option("--format", "-f", help="Tables or JSON.")] = ReportFormat.table,
    output: OutOption = None,
    force: ForceOption = False,
) -> None:
    """Audit a labelled file: duplicates, label errors, shortcuts, balance, language, personal data, telling words.

    It names rows, quotes no message, and changes nothing.

    **Examples**

    `caretone audit labelled.csv`

    `caretone audit labelled.csv --group source --html audit.html --format json -o audit.json`
    """
    refuse_existing(force, *filter(None, (html, output)))
    if output is not None and format is ReportFormat.table:
        raise typer.BadParameter("tables go to the terminal; add --format json, or use --html", param_hint="-o")

    from caretone.corpus.audit import audit as examine
    from caretone.corpus.audit_report import audit_page, page_template, sections
    from caretone.corpus.reading import read_labelled

    def out_of_fold(messages: LabelledMessages, clusters: np.ndarray) -> np.ndarray:
        from caretone.training.out_of_fold import out_of_fold_probabilities

        return out_of_fold_probabilities(messages, clusters, n_jobs=jobs, verbose=sys.stderr.isatty())

    if html is not None:
        page_template()  # whether it can be made is known before the work
    messages = read_labelled(labelled, text=text_column, tones=tones_column, label=label_column)
    found = examine(messages, threshold=threshold, group=group, out_of_fold=out_of_fold if label_errors else None)
    if html is not None:
        write_text(html, audit_page(found), force)
    if format is ReportFormat.json:
        write_text(output, json.dumps(found.to_dict(), indent=2, ensure_ascii=False) + "\n", force)
        return
    for section in sections(found):
        _print_section(section)


def _print_section(section: Section) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else 120, highlight=False)
    console.print(
        Text.assemble("\n", (section.title, "bold"), f": {len(section.rows):,} rows\n", (section.note, "dim"))
    )
    if not section.rows:
        return
    table = Table(*section.columns)
    for row in section.rows[:_SHOWN]:
        table.add_row(*map(Text, row))
    console.print(table)
    if rest := len(section.rows) - len(section.rows[:_SHOWN]):
        console.print(f"{rest:,} more with --html or --format json")

"""The command that measures the agreement between annotators."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from caretone.commands.options import (
    ForceOption,
    OutOption,
    ReportFormat,
    TonesOption,
    print_table,
    refuse_existing,
    write_text,
)

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from caretone.evaluation.agreement import Agreement
    from caretone.evaluation.annotations import Annotations


def agreement(
    annotated: Annotated[Path, typer.Argument(help="A file of items, annotators and the tones they gave.")],
    item: Annotated[str | None, typer.Option("--item", help="The column of the item's id; 'item' by default.")] = None,
    annotator: Annotated[str, typer.Option("--annotator", help="The column of the annotator.")] = "annotator",
    tones_column: TonesOption = None,
    annotators: Annotated[
        str | None, typer.Option("--annotators", help="Columns, joined by commas, of one annotator each: a,b,c.")
    ] = None,
    majority: Annotated[
        Path | None, typer.Option("--majority", help="Write what the majority says of each item to this CSV file.")
    ] = None,
    top: Annotated[int, typer.Option("--top", min=0, help="How many disputed items to list.")] = 20,
    bootstrap: Annotated[int, typer.Option("--bootstrap", min=10, help="How often to resample.")] = 1000,
    seed: Annotated[int, typer.Option("--seed", help="Seeds the resampling.")] = 0,
    format: Annotated[ReportFormat, typer.Option("--format", "-f", help="Tables or JSON.")] = ReportFormat.table,
    output: OutOption = None,
    force: ForceOption = False,
) -> None:
    """Measure how far annotators agree, every figure with its 95% bootstrap interval.

    An annotator who was shown only items that others disputed lowers the common figures: then read the pairs.

    **Examples**

    `caretone agreement annotations.csv --item id`

    `caretone agreement wide.csv --annotators ann,ben,cem --majority settled.csv`
    """
    refuse_existing(force, *filter(None, (majority, output)))
    if output is not None and format is ReportFormat.table:
        raise typer.BadParameter("tables go to the terminal; add --format json", param_hint="-o")

    from caretone.evaluation.agreement import adjudicate
    from caretone.evaluation.agreement import agreement as measure

    annotations = _read(annotated, item, annotator, tones_column or "tones", annotators)
    found = measure(annotations, n_bootstrap=bootstrap, n_disputed=top, random_state=seed)
    if majority is not None:
        settled = adjudicate(annotations).rename(columns={"item": item or "item"}).round({"agreed": 4})
        write_text(majority, settled.to_csv(index=False, lineterminator="\n"), force)
    if format is ReportFormat.json:
        write_text(output, json.dumps(found.to_dict(), indent=2, ensure_ascii=False) + "\n", force)
        return
    for table in _tables(found):
        print_table(table)


def _read(path: Path, item: str | None, annotator: str, tones: str, annotators: str | None) -> Annotations:
    from caretone.evaluation.annotations import read_annotations, read_wide_annotations

    if annotators is None:
        return read_annotations(path, item=item or "item", annotator=annotator, tones=tones)
    columns = [name.strip() for name in annotators.split(",") if name.strip()]
    if len(set(columns)) < max(2, len(columns)):
        raise typer.BadParameter("name two columns or more, each once, as in a,b,c", param_hint="--annotators")
    return read_wide_annotations(path, columns, item=item)


def _tables(found: Agreement) -> Iterator[Table]:
    from rich.text import Text

    figures = _table(f"{found.items:,} items, {len(found.annotations)} annotators", "figure", *found.figures)
    for name in next(iter(found.figures.values())):
        figures.add_row(name.replace("_", " "), *(str(row[name]) for row in found.figures.values()))
    yield figures
    yield _pairs(found)
    bias = _table("how often each says a tone, the others say it of the same items, and the difference", "annotator")
    for heading in ("tone", "own", "others", "difference"):
        bias.add_column(heading, justify="left" if heading == "tone" else "right")
    for row in found.bias:
        shares = (f"{row.own:.3f}", f"{row.others:.3f}", f"{row.own - row.others:+.3f}")
        bias.add_row(Text(row.annotator), row.tone, *shares)
    yield bias
    if found.disputed:
        disputed = _table("most disputed items", "item", "disagreement", "tones")
        for one in found.disputed:
            disputed.add_row(Text(one.item), f"{one.disagreement:.2f}", ", ".join(one.tones))
        yield disputed


def _pairs(found: Agreement) -> Table:
    from rich.text import Text

    names = list(found.annotations)
    pairs = _table("Cohen's kappa of each pair, and the items both annotated", "", *map(Text, names))
    for of, kappas in found.kappas.items():
        pairs.add_section()
        for n, name in enumerate(names):
            others = ["" if m == n else f"{kappas[n, m]:.3f} ({found.shared[n, m]:,})" for m in range(len(names))]
            pairs.add_row(Text(f"{of}: {name}"), *others)
    return pairs


def _table(title: str, first: str, *others: str | Text) -> Table:
    from rich.table import Table

    table = Table(title=title, title_style="bold", title_justify="left")
    table.add_column(first)
    for heading in others:
        table.add_column(heading, justify="right")
    return table

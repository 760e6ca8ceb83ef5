"""The commands that bring public corpora and write them, or our own messages, as one table."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from caretone.commands.options import ForceOption, ReportFormat, default_report, print_table, refuse_existing

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

    from caretone.corpus.public import CorpusFile, PublicCorpus

app = typer.Typer(
    name="data",
    help="List, fetch and export public corpora with labels akin to the tones, and export our own messages.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

SHIPPED = "shipped"
"""The name of our own messages beside those of the public corpora."""

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="A corpus, as `caretone data list` names it.")]
FromOption = Annotated[
    Path | None, typer.Option("--from", metavar="FOLDER", help="A folder that holds the corpus's files.")
]


@app.command("list")
def list_corpora(
    format: Annotated[ReportFormat | None, typer.Option("--format", "-f", help="A table, or JSON.")] = None,
) -> None:
    """List the corpora: what each measures, how its labels relate to the tones, its licence.

    **Example**

    `caretone data list`
    """
    from caretone.corpus.public import CORPORA, cache_folder

    if (format or default_report()) is ReportFormat.table:
        print_table(_corpora_table(CORPORA.values()))
        return
    figures = [
        {
            **{name: getattr(corpus, name) for name in _DESCRIBED},
            "files": [file.url for file in corpus.files],
            "fetched": not corpus.missing(cache_folder()),
        }
        for corpus in CORPORA.values()
    ]
    print(json.dumps(figures, indent=2, ensure_ascii=False))


@app.command()
def fetch(
    name: NameArgument,
    source: FromOption = None,
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help="Accept the licence, without being asked.")
    ] = False,
) -> None:
    """Fetch a corpus from its authors into the cache, after you accept its licence.

    A download that was cut off goes on where it stopped. With `--from` nothing is downloaded.

    **Examples**

    `caretone data fetch goemotions`

    `caretone data fetch epitome --from downloads --accept-licence`
    """
    from caretone.corpus.public import fetch as fetch_files
    from caretone.corpus.public import public_corpus

    corpus = public_corpus(name)
    _show_licence(corpus)
    if not accept_licence:
        _ask_for_acceptance()
    print(f"{corpus.name} is in {fetch_files(corpus, source=source, report=_report)}")


@app.command()
def export(
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"A corpus, or `{SHIPPED}` for our own messages.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The CSV file to write.")],
    source: FromOption = None,
    with_tones: Annotated[
        bool, typer.Option("--with-tones", help="Keep the messages that we labelled, and add their tones.")
    ] = False,
    force: ForceOption = False,
) -> None:
    """Write a fetched corpus, or our own messages, as one labelled CSV file.

    **Examples**

    `caretone data export esconv -o esconv.csv`

    `caretone data export goemotions --with-tones -o goemotions.csv && caretone train goemotions.csv`

    `caretone data export shipped -o messages.csv`
    """
    from caretone.files import replaced_file

    refuse_existing(force, output)
    if name == SHIPPED:
        if source is not None:
            raise typer.BadParameter("our own messages come with caretone; leave it out", param_hint="--from")
        content, messages = _shipped()
    else:
        table = _corpus_table(name, source, with_tones)
        content, messages = table.to_csv(index=False, lineterminator="\n").encode(), len(table)
    with replaced_file(output, overwrite=force) as stream:
        stream.write(content)
    print(f"{messages:,} messages: {output}")


def _corpus_table(name: str, source: Path | None, with_tones: bool) -> pd.DataFrame:
    from caretone.corpus.public import cache_folder, public_corpus
    from caretone.corpus.standoff import labelled_rows

    table = public_corpus(name).read(source or cache_folder())
    return labelled_rows(table) if with_tones else table


def _shipped() -> tuple[bytes, int]:
    from caretone.corpus.reading import read_labelled
    from caretone.shipped import shipped_path

    path = shipped_path("data", "messages.csv")
    return path.read_bytes(), len(read_labelled(path))


_DESCRIBED = ("name", "title", "measures", "relation", "licence", "homepage", "citation")


def _show_licence(corpus: PublicCorpus) -> None:
    print(f"{corpus.title}\n  licence: {corpus.licence}\n  home: {corpus.homepage}\n  cite: {corpus.citation}")


def _ask_for_acceptance() -> None:
    if not sys.stdin.isatty():
        raise typer.BadParameter("accept the licence above with it; nothing was fetched", param_hint="--accept-licence")
    if not typer.confirm("Do you accept the licence?"):
        print("nothing was fetched")
        raise typer.Exit


def _report(file: CorpusFile, what: str) -> None:
    print(f"  {file.path}: {what}, as published")


def _corpora_table(corpora: Iterable[PublicCorpus]) -> Table:
    from rich.table import Table

    table = Table(show_lines=True, header_style="bold")
    for heading in ("name", "what it measures", "how its labels relate to the tones", "licence"):
        table.add_column(heading, no_wrap=heading == "name")
    for corpus in corpora:
        table.add_row(corpus.name, corpus.measures, corpus.relation, corpus.licence)
    return table

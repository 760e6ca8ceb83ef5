"""The commands that predict and explain."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from caretone.commands.options import (
    TONE_STYLES,
    ForceOption,
    ModelOption,
    OutOption,
    PriorOption,
    ReportFormat,
    TextOption,
    default_report,
    open_predictor,
    print_table,
)
from caretone.errors import LabelledDataError
from caretone.predictor import Prediction, Predictor
from caretone.scoring.broken import OnError
from caretone.scoring.sources import Kind, Source, kind_of, names_sources, sources_of

if TYPE_CHECKING:
    from rich.table import Table

    from caretone.scoring.streams import Job, Report
    from caretone.scoring.streams import Progress as Done


class Format(StrEnum):
    """How predictions are written."""

    table = "table"
    csv = "csv"
    tsv = "tsv"
    jsonl = "jsonl"
    parquet = "parquet"


def predict(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TEXT|FILE|FOLDER|PATTERN|- …", help="Messages, files of them in any number, or - for lines."
        ),
    ] = None,
    text: Annotated[
        list[str] | None, typer.Option("--text", "-t", help="A message, even if a file has that name.")
    ] = None,
    output: OutOption = None,
    format: Annotated[
        Format | None,
        typer.Option("--format", "-f", help="By default as the output's name ends; a table on a terminal."),
    ] = None,
    model: ModelOption = None,
    prior: PriorOption = None,
    text_column: TextOption = "text",
    on_error: Annotated[
        OnError, typer.Option("--on-error", help="At a broken row: stop, or skip it and tell in OUT.errors.jsonl.")
    ] = OnError.stop,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run to this output that did not end.")] = False,
    dask: Annotated[
        str | None,
        typer.Option("--dask", metavar="ADDRESS", help="Score file by file on a Dask cluster; -o names a folder."),
    ] = None,
    force: ForceOption = False,
) -> None:
    """Predict the tones of messages: a few, or files of millions.

    **Examples**

    `caretone predict "I'm so sorry for your loss."`

    `caretone predict messages.csv -o predicted.csv`

    `caretone predict 'logs/*.jsonl.gz' -o predicted.parquet --on-error skip`

    `cat log.txt | caretone predict - --format jsonl`
    """
    if not inputs and not text:
        raise typer.BadParameter("give a message, a file, or - for standard input", param_hint="TEXT|FILE|-")
    sources = _sources(inputs or [], text or [], output)
    chosen = format or _default_format(output if dask is None else sources[0].path)
    _refuse_odd(chosen, output, resume, dask)
    predictor = open_predictor(model, prior)
    if chosen is Format.table:
        print_table(_prediction_table(_rows(predictor, sources, text_column, on_error)), output)
    elif output is None and all(source.message is not None for source in sources):
        sys.stdout.writelines(_lines(_rows(predictor, sources, text_column, on_error), chosen))
        sys.stdout.flush()
    else:
        _score(_job(predictor, sources, chosen, output, text_column, on_error), output, dask, force, resume)


def explain(
    message: Annotated[str, typer.Argument(metavar="TEXT", help="One message.")],
    tone: Annotated[list[str] | None, typer.Option("--tone", help="A tone to explain; by default all.")] = None,
    format: Annotated[ReportFormat | None, typer.Option("--format", "-f", help="Colours, or JSON.")] = None,
    model: ModelOption = None,
    prior: PriorOption = None,
) -> None:
    """Show the words of a message that carry each tone.

    **Example**

    `caretone explain "So sorry. Been there with my own mum. I'll cover your shift Friday."`
    """
    prediction = open_predictor(model, prior).predict(message)
    chosen = _chosen_tones(prediction, tone)
    if (format or default_report()) is ReportFormat.json:
        words = {name: [part._asdict() for part in prediction.words(name)] for name in chosen}
        print(json.dumps({**prediction.to_dict(), "words": words}, ensure_ascii=False))
    else:
        _print_explanation(prediction, chosen)


def _default_format(output: Path | None) -> Format:
    if output is None:
        return Format.table if sys.stdout.isatty() else Format.csv
    kind, _ = kind_of(output)
    return Format.csv if kind in (None, Kind.lines) else Format(kind.value)


def _refuse_odd(format: Format, output: Path | None, resume: bool, dask: str | None) -> None:
    """Refuse options that do not go together."""
    if output is None and format is Format.parquet:
        raise typer.BadParameter("Parquet cannot go to the terminal; name a file by -o", param_hint="--format")
    if output is None and (resume or dask is not None):
        raise typer.BadParameter("name the output by -o", param_hint="--resume" if resume else "--dask")


def _sources(inputs: list[str], texts: list[str], output: Path | None) -> list[Source]:
    found = [
        source
        for given in inputs
        for source in (sources_of(given, output) if names_sources(given) else [Source(None, message=given)])
    ]
    return found + [Source(None, message=text) for text in texts]


def _rows(predictor: Predictor, sources: list[Source], text_column: str, on_error: OnError) -> Iterator[dict[str, Any]]:
    """Give a row for each message, without the other columns of its file."""
    for source in sources:
        if source.message is not None:  # without Arrow, whose import would take longer than all else
            yield _row(predictor.predict(source.message))
            continue
        from caretone.scoring.batches import batches

        for batch in batches(source, text_column):
            if batch.broken and on_error is OnError.stop:
                raise batch.broken[0].error()
            yield from (_row(predictor.predict(message)) for message in batch.texts.to_pylist())


def _row(prediction: Prediction) -> dict[str, Any]:
    return {
        "text": prediction.text,
        "label": prediction.label,
        "tones": ";".join(prediction.tones) or "none",
        **{name: round(value, 6) for name, value in prediction.probabilities.items()},
    }


def _lines(rows: Iterable[dict[str, Any]], format: Format) -> Iterator[str]:
    if format is Format.jsonl:
        yield from (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        return
    import csv
    import io

    for number, row in enumerate(rows):
        for cells in (row.values(),) if number else (row, row.values()):
            line = io.StringIO(newline="")
            csv.writer(line, delimiter="\t" if format is Format.tsv else ",").writerow(cells)
            yield line.getvalue()[:-2] + "\n"  # the writer's own end, by which it knows to quote both its marks


def _job(
    predictor: Predictor, sources: list[Source], format: Format, output: Path | None, text: str, on_error: OnError
) -> Job:
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # Arrow's own keeps 50 MB more for itself
    from caretone.scoring import formats, streams

    codec = kind_of(output)[1] if output is not None and format is not Format.parquet else None
    return streams.Job(predictor.model, tuple(sources), formats.Format(format.value), codec, text, on_error)


def _score(job: Job, output: Path | None, dask: str | None, force: bool, resume: bool) -> None:
    """Score files, with a bar that shows how far they are, and say how many rows were left out."""
    from caretone.scoring.streams import score_to_file, score_to_stream, unfinished

    with _progress(sum(source.size for source in job.sources)) as report:
        if output is None:
            done = score_to_stream(job, sys.stdout.buffer, sys.stderr.buffer, report)
        elif dask is not None:
            from caretone.dask import connected, score_files

            with connected(dask) as client:
                done = score_files(job, output, client, overwrite=force, resume=resume, report=report)
        else:
            try:
                done = score_to_file(job, output, overwrite=force, resume=resume, report=report)
            except (LabelledDataError, KeyboardInterrupt):
                if unfinished(output):
                    print(f"caretone: {output}.part keeps what is done; --resume goes on from there", file=sys.stderr)
                raise
    if done.broken:
        rows = "1 broken row was" if done.broken == 1 else f"{done.broken:,} broken rows were"
        where = "" if output is None else f"; {output / '*' if dask else output}.errors.jsonl says which"
        print(f"caretone: {rows} left out{where}", file=sys.stderr)


@contextmanager
def _progress(size: int) -> Iterator[Report]:
    """Give what shows on a terminal how far a run is, and elsewhere nothing."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    shown = TextColumn("{task.fields[messages]:,} messages"), TextColumn("{task.fields[rate]:,.0f} a second")
    columns = (shown[0], BarColumn(), TaskProgressColumn(), shown[1], TimeRemainingColumn())
    began, before = time.monotonic(), None
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=size or None, messages=0, rate=0.0)

        def report(done: Done) -> None:
            nonlocal before
            before = done.messages if before is None else before
            rate = (done.messages - before) / max(time.monotonic() - began, 1e-3)
            bar.update(task, completed=done.position, messages=done.messages, rate=rate)

        yield report


def _prediction_table(rows: Iterable[dict[str, Any]]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(show_edge=False, header_style="bold")
    for name, justify in (("message", "left"), ("label", "left"), *((tone, "right") for tone in TONE_STYLES)):
        table.add_column(name, justify=justify, overflow="ellipsis", ratio=1 if name == "message" else None)  # type: ignore[arg-type]
    for row in rows:
        label, cells = row["label"], [row.get(tone) for tone in TONE_STYLES]
        figures = (Text(f"{cell:.2f}", "bold" if cell >= 0.5 else "dim") for cell in cells if cell is not None)
        table.add_row(Text(" ".join(row["text"].split())), Text(label, TONE_STYLES.get(label, "dim")), *figures)
    return table


def _chosen_tones(prediction: Prediction, tones: list[str] | None) -> list[str]:
    for tone in tones or []:
        if tone not in prediction.probabilities:
            raise typer.BadParameter(f"{tone!r} is none of {', '.join(prediction.probabilities)}", param_hint="--tone")
    return tones or list(prediction.probabilities)


def _print_explanation(prediction: Prediction, tones: list[str]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(soft_wrap=True, highlight=False)
    console.print(Text.assemble("label: ", (prediction.label, f"bold {TONE_STYLES.get(prediction.label, '')}")))
    for tone in tones:
        present = "present" if tone in prediction.tones else "absent"
        nearly = ", close to its threshold" if tone in prediction.close else ""
        console.print(
            Text.assemble(
                "\n",
                (tone, f"bold {TONE_STYLES.get(tone, '')}"),
                f" {prediction.probabilities[tone]:.2f} {present}{nearly}",
            )
        )
        shown = Text(prediction.text)
        words = prediction.words(tone)
        strongest = max((word.weight for word in words), default=0.0)
        for word in words:
            if word.weight > 0.15 * strongest > 0:
                bold = "bold underline " if word.weight > 0.5 * strongest else ""
                shown.stylize(f"{bold}{TONE_STYLES.get(tone, 'yellow')}", word.start, word.end)
        console.print(shown)

"""The command line: each command reads its options, calls one function, and prints what comes back."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from caretone.errors import CaretoneError
from caretone.predictor import Prediction, Predictor, load

if TYPE_CHECKING:
    from rich.table import Table

    from caretone.evaluation.metrics import Evaluation

app = typer.Typer(
    name="caretone",
    help="Tell sympathy, empathy and compassion apart in text, and see where in a message each one shows.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)

USER_ERROR, INTERNAL_ERROR = 2, 1


class Format(StrEnum):
    """How predictions are written."""

    table = "table"
    csv = "csv"
    jsonl = "jsonl"


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


def main() -> None:
    """Run the command line; exit with 0 when all is fine, 2 for what the user can mend, 1 for what only we can."""
    try:
        app()
    except BrokenPipeError:  # the reader of our output has gone: nothing is left to say
        sys.stderr.close()
    except (CaretoneError, OSError) as error:
        print(f"caretone: {error}", file=sys.stderr)
        raise SystemExit(USER_ERROR) from None
    except Exception:
        _report_bug()


def _report_bug() -> None:
    import traceback

    traceback.print_exc()
    print("caretone: this is a defect of caretone; please report the lines above", file=sys.stderr)
    raise SystemExit(INTERNAL_ERROR)


@app.command()
def predict(
    inputs: Annotated[
        list[str] | None, typer.Argument(metavar="TEXT|FILE|- …", help="Messages, files of them, or - for lines.")
    ] = None,
    text: Annotated[
        list[str] | None, typer.Option("--text", "-t", help="A message, even if a file has that name.")
    ] = None,
    output: OutOption = None,
    format: Annotated[Format | None, typer.Option("--format", "-f", help="By default a table on a terminal.")] = None,
    model: ModelOption = None,
    prior: PriorOption = None,
    text_column: TextOption = "text",
    force: ForceOption = False,
) -> None:
    """Predict the tones of messages.

    **Examples**

    `caretone predict "I'm so sorry for your loss."`

    `caretone predict messages.csv -o predicted.csv`

    `cat log.txt | caretone predict - --format jsonl`
    """
    if not inputs and not text:
        raise typer.BadParameter("give a message, a file, or - for standard input", param_hint="TEXT|FILE|-")
    predictor = _predictor(model, prior)
    rows = _rows(predictor, inputs or [], text or [], text_column)
    _write_predictions(rows, format or _default_format(output), output, force)


@app.command()
def explain(
    message: Annotated[str, typer.Argument(metavar="TEXT", help="One message.")],
    tone: Annotated[list[str] | None, typer.Option("--tone", help="A tone to explain; by default all.")] = None,
    format: Annotated[ReportFormat | None, typer.Option("--format", "-f", help="Colours, or JSON.")] = None,
    model: ModelOption = None,
    prior: PriorOption = None,
) -> None:
    """Show the words of a message that carry each tone.

    **Example**

    `caretone explain "So sorry. Been there with my own mum. I'll bring dinner Friday."`
    """
    prediction = _predictor(model, prior).predict(message)
    chosen = _chosen_tones(prediction, tone)
    if (format or _default_report()) is ReportFormat.json:
        words = {name: [part._asdict() for part in prediction.words(name)] for name in chosen}
        print(json.dumps({**prediction.to_dict(), "words": words}, ensure_ascii=False))
    else:
        _print_explanation(prediction, chosen)


@app.command()
def train(
    labelled: Annotated[list[Path] | None, typer.Argument(help="Labelled files; without one, the shipped data.")] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the model is written.")] = Path("mine.caretone"),
    text_column: TextOption = "text",
    tones_column: TonesOption = None,
    label_column: LabelOption = None,
    group: Annotated[
        str | None, typer.Option("--group", help="A column, such as the author, that folds never part.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Draws the folds.")] = 0,
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="Processes; -1 for one on every core.")] = -1,
    force: ForceOption = False,
) -> None:
    """Train a model on labelled messages, and write its figures beside it.

    **Examples**

    `caretone train labelled.csv -o mine.caretone`

    `caretone train a.csv b.jsonl --group author -o mine.caretone`
    """
    from caretone.training import train as run_training

    metrics_path = output.with_suffix(".metrics.json")
    _refuse_existing(force, output, metrics_path)
    result = run_training(
        *(labelled or []),
        text=text_column,
        tones=tones_column,
        label=label_column,
        group=group,
        random_state=seed,
        n_jobs=jobs,
        verbose=sys.stderr.isatty(),
    )
    for warning in result.warnings:
        print(f"caretone: warning: {warning}", file=sys.stderr)
    result.model.save(output, overwrite=force)
    _write_text(metrics_path, json.dumps(result.metrics, indent=2) + "\n", force)
    _print_table(_training_table(result.metrics))
    print(f"model: {output}\nfigures: {metrics_path}")


@app.command()
def evaluate(
    labelled: Annotated[Path, typer.Argument(help="A labelled file that the model was not trained on.")],
    model: ModelOption = None,
    prior: PriorOption = None,
    by: Annotated[str | None, typer.Option("--by", help="Also measure each value of this column by itself.")] = None,
    group: Annotated[
        str | None, typer.Option("--group", help="A column, such as the author, that is resampled whole.")
    ] = None,
    bootstrap: Annotated[int, typer.Option("--bootstrap", min=10, help="How often to resample.")] = 1000,
    seed: Annotated[int, typer.Option("--seed", help="Seeds the resampling.")] = 0,
    text_column: TextOption = "text",
    tones_column: TonesOption = None,
    label_column: LabelOption = None,
    format: Annotated[ReportFormat, typer.Option("--format", "-f", help="Tables or JSON.")] = ReportFormat.table,
    output: OutOption = None,
    force: ForceOption = False,
) -> None:
    """Measure a model on labelled messages, every figure with its 95% bootstrap interval.

    **Examples**

    `caretone evaluate test.csv`

    `caretone evaluate test.csv --by source --format json -o figures.json`
    """
    from caretone.corpus.reading import read_labelled
    from caretone.evaluation.run import evaluate_messages

    messages = read_labelled(labelled, text=text_column, tones=tones_column, label=label_column)
    evaluations = evaluate_messages(
        _predictor(model, prior), messages, by=by, group=group, n_bootstrap=bootstrap, random_state=seed
    )
    if format is ReportFormat.json:
        figures = {name: evaluation.to_dict() for name, evaluation in evaluations.items()}
        _write_text(output, json.dumps(figures, indent=2) + "\n", force)
        return
    for name, evaluation in evaluations.items():
        for table in _evaluation_tables(name, evaluation):
            _print_table(table, output)


def _predictor(model: Path | None, prior: float | None) -> Predictor:
    try:
        return load(model, prior=prior)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--prior") from None


def _rows(predictor: Predictor, inputs: list[str], texts: list[str], text_column: str) -> Iterator[dict[str, Any]]:
    """Give a row for each message: what stood in its file, and what is predicted."""
    for given in inputs:
        if given == "-":
            yield from (_row(predictor.predict(line.rstrip("\r\n")), {}) for line in sys.stdin)
        elif _is_file(given):
            yield from _rows_of_file(predictor, Path(given), text_column)
        else:
            yield _row(predictor.predict(given), {})
    yield from (_row(predictor.predict(text), {}) for text in texts)


def _rows_of_file(predictor: Predictor, path: Path, text_column: str) -> Iterator[dict[str, Any]]:
    if path.suffix.lower() in ("", ".txt", ".log"):
        with path.open(encoding="utf-8-sig", newline=None) as lines:
            yield from (_row(predictor.predict(line.rstrip("\n")), {}) for line in lines)
        return
    from caretone.corpus.reading import read_messages

    messages = read_messages(path, text=text_column)
    others = messages.table.to_dict("records")
    for text, other in zip(messages.texts, others, strict=True):
        yield _row(predictor.predict(text), other)


def _row(prediction: Prediction, others: dict[str, Any]) -> dict[str, Any]:
    predicted: dict[str, Any] = {
        "label": prediction.label,
        "tones": ";".join(prediction.tones) or "none",
        **{name: round(value, 6) for name, value in prediction.probabilities.items()},
    }
    renamed = {f"predicted_{name}" if name in others else name: value for name, value in predicted.items()}
    return {"text": prediction.text, **others, **renamed}


def _is_file(given: str) -> bool:
    try:
        return Path(given).is_file()
    except (OSError, ValueError):  # too long, or with a null character: no name of a file
        return False


def _default_format(output: Path | None) -> Format:
    if output is not None:
        return Format.jsonl if output.suffix in (".jsonl", ".ndjson", ".json") else Format.csv
    return Format.table if sys.stdout.isatty() else Format.csv


def _default_report() -> ReportFormat:
    return ReportFormat.table if sys.stdout.isatty() else ReportFormat.json


def _write_predictions(rows: Iterable[dict[str, Any]], format: Format, output: Path | None, force: bool) -> None:
    if format is Format.table:
        _print_table(_prediction_table(rows), output)
    elif output is None:
        sys.stdout.writelines(_lines(rows, format))
        sys.stdout.flush()
    else:
        from caretone.files import replaced_file

        with replaced_file(output, overwrite=force) as stream:
            stream.writelines(line.encode("utf-8", "surrogatepass") for line in _lines(rows, format))


def _lines(rows: Iterable[dict[str, Any]], format: Format) -> Iterator[str]:
    if format is Format.jsonl:
        yield from (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        return
    import csv
    import io

    buffer, columns = io.StringIO(), None
    writer = csv.writer(buffer, lineterminator="\n")
    for row in rows:
        if columns is None:
            columns = list(row)
            writer.writerow(columns)
        writer.writerow([row.get(column, "") for column in columns])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _prediction_table(rows: Iterable[dict[str, Any]]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(show_edge=False, header_style="bold")
    for name, justify in (("message", "left"), ("label", "left"), *((tone, "right") for tone in _STYLES)):
        table.add_column(name, justify=justify, overflow="ellipsis", ratio=1 if name == "message" else None)  # type: ignore[arg-type]
    for row in rows:
        label = row.get("predicted_label", row["label"])
        cells = [row.get(f"predicted_{tone}", row.get(tone)) for tone in _STYLES]
        figures = (Text(f"{cell:.2f}", "bold" if cell >= 0.5 else "dim") for cell in cells if cell is not None)
        table.add_row(Text(" ".join(row["text"].split())), Text(label, _STYLES.get(label, "dim")), *figures)
    return table


_STYLES = {"sympathy": "blue", "empathy": "magenta", "compassion": "green"}


def _chosen_tones(prediction: Prediction, tones: list[str] | None) -> list[str]:
    for tone in tones or []:
        if tone not in prediction.probabilities:
            raise typer.BadParameter(f"{tone!r} is none of {', '.join(prediction.probabilities)}", param_hint="--tone")
    return tones or list(prediction.probabilities)


def _print_explanation(prediction: Prediction, tones: list[str]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(soft_wrap=True, highlight=False)
    console.print(Text.assemble("label: ", (prediction.label, f"bold {_STYLES.get(prediction.label, '')}")))
    for tone in tones:
        present = "present" if tone in prediction.tones else "absent"
        nearly = ", close to its threshold" if tone in prediction.close else ""
        console.print(
            Text.assemble(
                "\n", (tone, f"bold {_STYLES.get(tone, '')}"), f" {prediction.probabilities[tone]:.2f} {present}{nearly}"
            )
        )
        shown = Text(prediction.text)
        words = prediction.words(tone)
        strongest = max((word.weight for word in words), default=0.0)
        for word in words:
            if word.weight > 0.15 * strongest > 0:
                bold = "bold underline " if word.weight > 0.5 * strongest else ""
                shown.stylize(f"{bold}{_STYLES.get(tone, 'yellow')}", word.start, word.end)
        console.print(shown)


def _training_table(metrics: dict[str, Any]) -> Table:
    from rich.table import Table

    table = Table(title=f"cross-validated on {metrics['messages']:,} messages, {metrics['folds']} folds", title_style="")
    for name in ("tone", "messages", "precision", "recall", "F1", "average precision", "threshold"):
        table.add_column(name, justify="left" if name == "tone" else "right")
    for tone, figures in metrics["tones"].items():
        names = ("precision", "recall", "f1", "average_precision", "threshold")
        table.add_row(tone, f"{figures['messages']:,}", *(f"{figures[name]:.3f}" for name in names))
    table.add_section()
    table.add_row("macro", "", "", "", f"{metrics['macro_f1']:.3f}", f"{metrics['macro_average_precision']:.3f}", "")
    return table


def _evaluation_tables(name: str, evaluation: Evaluation) -> Iterator[Table]:
    from rich.table import Table

    from caretone.tones import LABELS

    tones = Table(title=f"{name}: {evaluation.messages:,} messages", title_style="bold", title_justify="left")
    tones.add_column("figure")
    for tone, carrying in evaluation.carrying.items():
        tones.add_column(f"{tone} ({carrying:,})", justify="right")
    for figure in next(iter(evaluation.tones.values())):
        tones.add_row(figure.replace("_", " "), *(str(figures[figure]) for figures in evaluation.tones.values()))
    yield tones
    overall = Table(show_header=False)
    for figure, value in evaluation.overall.items():
        overall.add_row(figure.replace("_", " "), str(value))
    yield overall
    confusion = Table(title="single label: rows true, columns predicted", title_style="", title_justify="left")
    for heading in ("", *LABELS):
        confusion.add_column(heading, justify="right" if heading else "left")
    for label, row in zip(LABELS, evaluation.confusion.tolist(), strict=True):
        confusion.add_row(label, *map(str, row))
    yield confusion


def _print_table(table: Table, output: Path | None = None) -> None:
    from rich.console import Console

    if output is not None:
        raise typer.BadParameter("a table goes to the terminal; choose another --format for a file", param_hint="-o")
    width = None if sys.stdout.isatty() else 120
    Console(width=width).print(table)


def _refuse_existing(force: bool, *paths: Path) -> None:
    for path in paths:
        if path.exists() and not force:
            raise FileExistsError(f"{path} exists already; choose another name or add --force")
        if not path.parent.is_dir():
            raise FileNotFoundError(f"there is no folder {path.parent}; make it first")


def _write_text(path: Path | None, text: str, force: bool) -> None:
    from caretone.files import replaced_file

    if path is None:
        print(text, end="")
        return
    with replaced_file(path, overwrite=force) as stream:
        stream.write(text.encode())


if __name__ == "__main__":
    main()

"""The commands that measure models."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from caretone.commands.options import (
    ForceOption,
    LabelOption,
    ModelOption,
    OutOption,
    PriorOption,
    ReportFormat,
    TextOption,
    TonesOption,
    open_predictor,
    print_table,
    refuse_existing,
    write_text,
)

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

    from caretone.corpus.reading import LabelledMessages
    from caretone.evaluation.bias import SwapBias
    from caretone.evaluation.comparison import Comparison, Pair
    from caretone.evaluation.metrics import Evaluation
    from caretone.predictor import Predictor

GroupOption = Annotated[str | None, typer.Option("--group", help="A column, such as the author, resampled whole.")]
BootstrapOption = Annotated[int, typer.Option("--bootstrap", min=10, help="How often to resample.")]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Seeds the resampling.")]
FormatOption = Annotated[ReportFormat, typer.Option("--format", "-f", help="Tables or JSON.")]

_SHOWN = 10
"""How many disagreements a table shows."""


def evaluate(
    labelled: Annotated[
        Path | None,
        typer.Argument(help="A labelled file that the model was not trained on; may be left out for --bias."),
    ] = None,
    model: ModelOption = None,
    prior: PriorOption = None,
    by: Annotated[
        str | None, typer.Option("--by", help="Also measure each value of this column, those of few messages together.")
    ] = None,
    group: GroupOption = None,
    bias: Annotated[
        bool, typer.Option("--bias", help="Also measure what swapped names, ages, religions … and dialects change.")
    ] = False,
    html: Annotated[Path | None, typer.Option("--html", help="Also write a page with curves to this file.")] = None,
    bootstrap: BootstrapOption = 1000,
    seed: SeedOption = 0,
    text_column: TextOption = "text",
    tones_column: TonesOption = None,
    label_column: LabelOption = None,
    format: FormatOption = ReportFormat.table,
    output: OutOption = None,
    force: ForceOption = False,
) -> None:
    """Measure a model on labelled messages, every figure with its 95% bootstrap interval.

    **Examples**

    `caretone evaluate test.csv`

    `caretone evaluate test.csv --by source --format json -o figures.json`

    `caretone evaluate test.csv --bias --html report.html`
    """
    if labelled is None and (html or not bias):
        raise typer.BadParameter("name a labelled file, or measure --bias alone", param_hint="LABELLED")
    _require_writable(format, output, force, html)
    from caretone.corpus.reading import read_labelled
    from caretone.evaluation.bias import bias as measure_bias
    from caretone.evaluation.run import evaluate_messages

    predictor = open_predictor(model, prior)
    evaluations: dict[str, Evaluation] = {}
    if labelled is not None:
        messages = read_labelled(labelled, text=text_column, tones=tones_column, label=label_column)
        evaluations = evaluate_messages(
            predictor, messages, by=by, group=group, n_bootstrap=bootstrap, random_state=seed
        )
        _warn_of_seen(evaluations["all"].seen, len(messages), "the model")
    swaps = measure_bias(predictor, n_bootstrap=bootstrap, random_state=seed) if bias else []
    if html is not None:
        from caretone.evaluation.page import evaluation_page

        facts = _facts(predictor, model, messages)
        write_text(html, evaluation_page(evaluations, facts=facts, swaps=swaps), force)
    if format is ReportFormat.json:
        write_text(output, json.dumps(_evaluation_dict(evaluations, swaps), indent=2) + "\n", force)
        return
    for name, evaluation in evaluations.items():
        for table in _evaluation_tables(name, evaluation):
            print_table(table)
    for table in _bias_tables(swaps) if swaps else ():
        print_table(table)


def compare(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="MODEL… LABELLED", help="Model files, then a labelled file that none was trained on."),
    ],
    labelled: Annotated[
        Path | None, typer.Option("--labelled", help="The labelled file, if it does not stand last.")
    ] = None,
    group: GroupOption = None,
    disagreements: Annotated[
        Path | None,
        typer.Option(
            "--disagreements", help="Write the messages on which the models part to this CSV file, worst first."
        ),
    ] = None,
    bootstrap: BootstrapOption = 1000,
    seed: SeedOption = 0,
    text_column: TextOption = "text",
    tones_column: TonesOption = None,
    label_column: LabelOption = None,
    format: FormatOption = ReportFormat.table,
    output: OutOption = None,
    force: ForceOption = False,
) -> None:
    """Compare models on the same labelled messages; a single model is compared with the shipped one.

    Differences come with 95% intervals and p values of a paired bootstrap; McNemar's test asks of each
    tone whether the models are right equally often, corrected by Holm's method.

    **Examples**

    `caretone compare mine.caretone test.csv`

    `caretone compare a.caretone b.caretone c.caretone test.csv --disagreements apart.csv`
    """
    _require_writable(format, output, force, disagreements)
    *models, labelled = files if labelled is None else [*files, labelled]
    if not models or labelled.suffix == ".caretone":
        raise typer.BadParameter("name one or more models, and last the labelled file", param_hint="MODEL… LABELLED")
    predictors = _named_predictors(models)
    from caretone.corpus.reading import read_labelled
    from caretone.evaluation.comparison import compare_messages

    messages = read_labelled(labelled, text=text_column, tones=tones_column, label=label_column)
    comparison, apart = compare_messages(predictors, messages, group=group, n_bootstrap=bootstrap, random_state=seed)
    for name, seen in comparison.seen.items():
        _warn_of_seen(seen, len(messages), name)
    if disagreements is not None:
        _write_csv(disagreements, apart, force)
    if format is ReportFormat.json:
        told = {**comparison.to_dict(), "disagreements": apart.drop(columns="text").to_dict("records")}
        write_text(output, json.dumps(told, indent=2) + "\n", force)
        return
    for table in _comparison_tables(comparison, apart):
        print_table(table)


def _require_writable(format: ReportFormat, output: Path | None, force: bool, other: Path | None) -> None:
    """Refuse to measure for minutes what could not be written at the end."""
    if output is not None and format is ReportFormat.table:
        raise typer.BadParameter("a table goes to the terminal; choose --format json for a file", param_hint="-o")
    refuse_existing(force, *(path for path in (output, other) if path is not None))


def _warn_of_seen(seen: int | None, n_messages: int, whose: str) -> None:
    if seen:
        print(
            f"caretone: warning: also in the training data of {whose}: {seen:,} of {n_messages:,} messages;"
            " figures on them flatter it, so leave them out",
            file=sys.stderr,
        )


def _named_predictors(paths: Sequence[Path]) -> dict[str, Predictor]:
    """Load the models, each under the shortest name that tells it from the others."""
    from caretone.predictor import load

    stems = ["shipped", *(path.stem for path in paths)]
    names = [path.stem if stems.count(path.stem) == 1 else str(path) for path in paths]
    if len(set(names)) < len(names):
        raise typer.BadParameter("name each model once", param_hint="MODEL")
    predictors = {name: load(path) for name, path in zip(names, paths, strict=True)}
    return predictors if len(predictors) > 1 else {**predictors, "shipped": load()}


def _facts(predictor: Predictor, model: Path | None, messages: LabelledMessages) -> dict[str, str]:
    provenance = predictor.model.provenance
    return {
        "Messages": messages.name,
        "Model": "shipped with caretone" if model is None else model.name,
        "Trained": str(provenance.get("date", "unknown")),
        "Priors": ", ".join(
            f"{label} {prior:.2f}" for label, prior in zip(predictor.model.labels, predictor.model.priors, strict=True)
        ),
    }


def _evaluation_dict(evaluations: Mapping[str, Evaluation], swaps: Sequence[SwapBias]) -> dict[str, Any]:
    """Give all figures as plain values, the curves of all messages, and bias where it was measured."""
    told: dict[str, Any] = {name: evaluation.to_dict() for name, evaluation in evaluations.items()}
    if evaluations:
        told["all"]["curves"] = {tone: curves.to_dict() for tone, curves in evaluations["all"].curves.items()}
    if swaps:
        told["bias"] = [swap.to_dict() for swap in swaps]
    return told


def _write_csv(path: Path, table: pd.DataFrame, force: bool) -> None:
    from caretone.files import replaced_file

    with replaced_file(path, overwrite=force) as stream:
        stream.write(table.to_csv(index=False).encode("utf-8", "surrogatepass"))


def _table(title: str, *headings: str) -> Table:
    """Begin a table whose first column is of words, the others of figures."""
    from rich.table import Table

    table = Table(title=title, title_style="bold", title_justify="left")
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="right" if place else "left")
    return table


def _evaluation_tables(name: str, evaluation: Evaluation) -> Iterator[Table]:
    from rich.table import Table

    from caretone.tones import LABELS

    carrying = (f"{tone} ({number:,})" for tone, number in evaluation.carrying.items())
    tones = _table(f"{name}: {evaluation.messages:,} messages", "figure", *carrying)
    for figure in next(iter(evaluation.tones.values())):
        tones.add_row(figure.replace("_", " "), *(str(figures[figure]) for figures in evaluation.tones.values()))
    yield tones
    overall = Table(show_header=False)
    for figure, value in evaluation.overall.items():
        overall.add_row(figure.replace("_", " "), str(value))
    yield overall
    confusion = _table("single label: rows true, columns predicted", "", *LABELS)
    for label, row in zip(LABELS, evaluation.confusion.tolist(), strict=True):
        confusion.add_row(label, *map(str, row))
    yield confusion


def _bias_tables(swaps: Sequence[SwapBias]) -> Iterator[Table]:
    from caretone.evaluation.bias import LARGEST_CHANGE, LARGEST_FLIPS
    from caretone.tones import TONES

    changes = _table("bias: mean change of probability, by what is swapped", "swapped", *TONES, "flips", "bounds")
    gaps = _table("bias: widest mean gap between groups", "swapped", *TONES)
    for swap in swaps:
        kept = {None: "", True: "kept", False: "exceeded"}[swap.within_bounds]
        changes.add_row(swap.name, *(str(swap.changes[tone]) for tone in TONES), f"{swap.flips.value:.1%}", kept)
        widest = (f"{gap.value:.3f} {gap.higher} over {gap.lower}" for gap in swap.gaps.values())
        gaps.add_row(swap.name, *widest)
    changes.caption = (
        f"bounds for terms of identity: change at most {LARGEST_CHANGE}, labels flipped {LARGEST_FLIPS:.0%}"
    )
    yield changes
    yield gaps


def _comparison_tables(comparison: Comparison, apart: pd.DataFrame) -> Iterator[Table]:
    from caretone.tones import TONES

    models = _table(f"{comparison.messages:,} messages", "model", "macro F1", *(f"F1 {tone}" for tone in TONES))
    for model, figures in comparison.models.items():
        models.add_row(model, *map(str, figures.values()))
    yield models
    for pair in comparison.pairs:
        yield _pair_table(pair)
    if apart.empty:
        return
    names = list(comparison.models)
    parting = _table(f"the models part on {len(apart):,} messages, worst first", "row", "gap", "true", *names)
    for row in apart.head(_SHOWN).to_dict("records"):
        parting.add_row(str(row["row"]), f"{row['gap']:.2f}", row["tones"], *(row[f"{name} tones"] for name in names))
    yield parting


def _pair_table(pair: Pair) -> Table:
    table = _table(
        f"{pair.first} − {pair.second}",
        "figure",
        "difference",
        "p",
        f"only {pair.first} right",
        f"only {pair.second} right",
        "McNemar p",
        "Holm p",
    )
    table.add_row("macro F1", str(pair.macro_f1.figure), _p(pair.macro_f1.p), "", "", "", "")
    for tone, difference in pair.f1.items():
        test = pair.mcnemar[tone]
        counts = (f"{test.only_first:,}", f"{test.only_second:,}")
        table.add_row(f"F1 {tone}", str(difference.figure), _p(difference.p), *counts, _p(test.p), _p(test.p_holm))
    return table


def _p(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 else "< 0.001"

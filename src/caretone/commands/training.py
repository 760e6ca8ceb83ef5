"""The commands that train."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from caretone.commands.options import (
    ForceOption,
    LabelOption,
    TextOption,
    TonesOption,
    print_table,
    refuse_existing,
    write_text,
)

if TYPE_CHECKING:
    from rich.table import Table

    from caretone.evaluation.learning_curve import CurvePoint
    from caretone.evaluation.metrics import Evaluation


class LabelSet(StrEnum):
    """Which labels are learnt."""

    tones = "tones"
    any = "any"


def train(
    labelled: Annotated[
        list[Path] | None, typer.Argument(help="Labelled files; without one, the shipped data.")
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the model is written.")] = Path("mine.caretone"),
    text_column: TextOption = "text",
    tones_column: TonesOption = None,
    label_column: LabelOption = None,
    group: Annotated[
        str | None, typer.Option("--group", help="A column, such as the author, that folds never part.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Draws the folds.")] = 0,
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="Processes; -1 for one on every core.")] = -1,
    labels: Annotated[
        LabelSet, typer.Option("--labels", help="The tones, or any labels that the label column holds.")
    ] = LabelSet.tones,
    balanced: Annotated[bool, typer.Option("--balanced", help="Let rare labels weigh more.")] = False,
    nested: Annotated[
        int | None, typer.Option("--cv", min=2, help="Also measure by nested cross-validation with so many folds.")
    ] = None,
    curve: Annotated[bool, typer.Option("--learning-curve", help="Also measure whether more data would help.")] = False,
    test: Annotated[
        list[Path] | None, typer.Option("--test", help="Also measure on this labelled file, for the card.")
    ] = None,
    by: Annotated[str | None, typer.Option("--by", help="A column of the test files to measure by.")] = None,
    bias: Annotated[bool, typer.Option("--bias", help="Also measure what swapped identity terms change.")] = False,
    dask: Annotated[
        str | None, typer.Option("--dask", metavar="ADDRESS", help="Train on the workers of a Dask cluster.")
    ] = None,
    force: ForceOption = False,
) -> None:
    """Train a model on labelled messages, and write its figures and its card beside it.

    **Examples**

    `caretone train labelled.csv -o mine.caretone`

    `caretone train a.csv b.jsonl --group author --cv 5 --learning-curve -o mine.caretone`

    `caretone train topics.csv --labels any --label-column topic -o topics.caretone`
    """
    from caretone.dask import on_cluster
    from caretone.evaluation.card import model_card
    from caretone.evaluation.measurements import measure
    from caretone.training import train as run_training

    metrics_path, card_path = output.with_suffix(".metrics.json"), output.with_suffix(".md")
    refuse_existing(force, output, metrics_path, card_path)
    if labels is LabelSet.any and (nested or curve or test or bias):
        raise typer.BadParameter(
            "--cv, --learning-curve, --test and --bias measure the tones only", param_hint="--labels"
        )
    with on_cluster(dask) if dask else nullcontext():
        result = run_training(
            *(labelled or []),
            text=text_column,
            tones=tones_column,
            label=label_column,
            labels=labels.value,
            group=group,
            random_state=seed,
            n_jobs=jobs,
            verbose=sys.stderr.isatty(),
            **({"class_weight": "balanced"} if balanced else {}),
        )
    for warning in result.warnings:
        print(f"caretone: warning: {warning}", file=sys.stderr)
    result.model.save(output, overwrite=force)  # before the long measurements, so that none of them can lose it
    print_table(_training_table(result.metrics))
    measured = measure(
        result, folds=nested, group=group, curve=curve, tests=test or [], by=by, bias=bias, random_state=seed
    )
    if measured.nested:
        print_table(_nested_table(measured.nested))
    if measured.curve:
        print_table(_curve_table(measured.curve))
    figures = {"cross_validated": result.metrics, **measured.to_dict()}
    write_text(metrics_path, json.dumps(figures, indent=2) + "\n", force)
    write_text(card_path, model_card(result.model, measured, name=output.stem), force)
    print(f"model: {output}\nfigures: {metrics_path}\ncard: {card_path}")


def _nested_table(nested: dict[str, Evaluation]) -> Table:
    from rich.table import Table

    table = Table(title="nested cross-validation, the same folds for all", title_style="")
    for heading in ("trained", "macro-F1", *next(iter(nested.values())).tones):
        table.add_column(heading, justify="left" if heading == "trained" else "right")
    for way, evaluation in nested.items():
        of_tones = (str(figures["f1"]) for figures in evaluation.tones.values())
        table.add_row(way, str(evaluation.overall["macro_f1"]), *of_tones)
    return table


def _curve_table(points: list[CurvePoint]) -> Table:
    from rich.table import Table

    from caretone.evaluation.learning_curve import doubling_gain

    gain = f"a doubling of the messages brings {doubling_gain(points):+.3f}"
    table = Table(title="learning curve on a fifth kept apart", title_style="", caption=gain)
    for heading in ("messages", "macro-F1"):
        table.add_column(heading, justify="right")
    for point in points:
        table.add_row(f"{point.messages:,}", f"{point.macro_f1:.3f}")
    return table


def _training_table(metrics: dict[str, Any]) -> Table:
    from rich.table import Table

    table = Table(
        title=f"cross-validated on {metrics['messages']:,} messages, {metrics['folds']} folds", title_style=""
    )
    for name in ("label", "messages", "precision", "recall", "F1", "average precision", "threshold"):
        table.add_column(name, justify="left" if name == "label" else "right")
    for tone, figures in metrics["labels"].items():
        names = ("precision", "recall", "f1", "average_precision", "threshold")
        table.add_row(tone, f"{figures['messages']:,}", *(f"{figures[name]:.3f}" for name in names))
    table.add_section()
    table.add_row("macro", "", "", "", f"{metrics['macro_f1']:.3f}", f"{metrics['macro_average_precision']:.3f}", "")
    return table

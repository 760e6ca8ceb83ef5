"""The model card: Markdown with Hugging Face front matter, filled from a training run, nothing typed by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from caretone.evaluation.learning_curve import CurvePoint, doubling_gain
from caretone.evaluation.metrics import Evaluation
from caretone.model import FoldedModel
from caretone.tones import TONES

_FRONT = """---
license: mit
language: en
library_name: caretone
pipeline_tag: text-classification
tags: [sympathy, empathy, compassion, text-classification, tf-idf]
---
"""

_USES = """## Intended uses

- Research on how people express care in text, on groups of messages, with a sample labelled by hand to check it on.
- Reports on a community or team as a whole, over time, with groups too small to be anonymous left out.
- Helping an annotator choose what to label next.

## Ruled-out uses

- Judging, ranking, hiring, grading, moderating or disciplining single people by what they write.
- Deciding whether somebody is in danger or needs help. It does not measure distress, and it overlooks much.
- Reading messages without the knowledge of those who wrote them.

## Limits

- It sees one message in English at a time, no conversation; care that is shown without words escapes it.
- It weighs words and short phrases. Irony, quotation and reported kindness mislead it.
- A probability is an average over many messages; `Prediction.close` names the tones that could go either way.
"""


def model_card(
    model: FoldedModel,
    *,
    name: str = "caretone",
    nested: Mapping[str, Evaluation] | None = None,
    curve: Sequence[CurvePoint] = (),
    tests: Mapping[str, Mapping[str, Evaluation]] | None = None,
    bias: str = "",
) -> str:
    """Write a model's card from what was recorded and measured.

    Parameters
    ----------
    model : FoldedModel
        The model, with its provenance.
    name : str, default "caretone"
        What the card calls it.
    nested : mapping of str to Evaluation, optional
        Nested cross-validation of caretone and of baselines, as `caretone.evaluation.nested.nested` gives it.
    curve : sequence of CurvePoint, optional
        The learning curve.
    tests : mapping of str to mapping of str to Evaluation, optional
        For each test file the evaluations of all its messages and of its parts.
    bias : str, optional
        A Markdown table of the counterfactual changes.

    Returns
    -------
    str
        Markdown.
    """
    recorded = model.provenance
    parts = [
        _FRONT,
        f"# Model card: {name}\n",
        _described(model),
        "## Training data\n",
        f"{recorded['rows']:,} messages from {', '.join(recorded['data']['names'])}"
        f" (SHA-256 of texts and labels `{recorded['data']['sha256'][:16]}…`).\n",
        _cross_validated(recorded["cross_validated"]),
    ]
    if nested:
        parts.append(_nested(nested))
    if curve:
        parts.append(_curve(curve))
    for file, evaluations in (tests or {}).items():
        parts.append(_tested(file, evaluations))
    if bias:
        parts.append(f"## Bias\n\n{bias}\n")
    parts += [_USES, _settings(recorded)]
    return "\n".join(parts)


def _described(model: FoldedModel) -> str:
    n_words, n_ngrams, n_subwords = len(model.words), len(model.ngrams), len(model.subwords)
    return (
        f"A linear model over n-gram TF-IDF features, folded into one table: {n_words:,} words, {n_ngrams:,} longer"
        f" n-grams, {n_subwords:,} subwords, with a weight for each of {', '.join(model.labels)}."
        f" Trained with caretone {model.provenance['caretone']} on {model.provenance['date']}.\n"
    )


def _cross_validated(metrics: Mapping[str, Any]) -> str:
    header = ["label", "messages", "precision", "recall", "F1", "average precision", "threshold"]
    rows = [
        [
            name,
            f"{figures['messages']:,}",
            *(f"{figures[key]:.3f}" for key in ("precision", "recall", "f1", "average_precision", "threshold")),
        ]
        for name, figures in metrics["labels"].items()
    ]
    rows.append(["macro", "", "", "", f"{metrics['macro_f1']:.3f}", f"{metrics['macro_average_precision']:.3f}", ""])
    return (
        f"## Cross-validated figures\n\n{metrics['folds']} folds on the training data; messages of the same writers"
        f" are in training and test, so messages from elsewhere score lower.\n\n{markdown_table(header, rows)}\n"
    )


def _nested(nested: Mapping[str, Evaluation]) -> str:
    header = ["trained on the same folds", "macro-F1 [95% interval]", *(f"{tone} F1" for tone in TONES)]
    rows = [
        [name, str(e.overall["macro_f1"]), *(f"{e.tones[tone]['f1'].value:.3f}" for tone in TONES)]
        for name, e in nested.items()
    ]
    return f"## Nested cross-validation, beside baselines\n\n{markdown_table(header, rows)}\n"


def _curve(curve: Sequence[CurvePoint]) -> str:
    rows = [[f"{point.messages:,}", f"{point.macro_f1:.3f}", f"{point.spread:.3f}"] for point in curve]
    table = markdown_table(["training messages", "macro-F1", "spread"], rows)
    return f"## Learning curve\n\n{table}\n\nA doubling of the messages brought {doubling_gain(curve):+.3f}.\n"


def _tested(file: str, evaluations: Mapping[str, Evaluation]) -> str:
    header = ["part", "messages", "macro-F1 [95% interval]", *(f"{tone} F1" for tone in TONES), "calibration error"]
    rows = [
        [
            part,
            f"{e.messages:,}",
            str(e.overall["macro_f1"]),
            *(f"{e.tones[tone]['f1'].value:.3f}" for tone in TONES),
            " / ".join(f"{e.tones[tone]['calibration_error'].value:.3f}" for tone in TONES),
        ]
        for part, e in evaluations.items()
    ]
    return f"## On {file}\n\n{markdown_table(header, rows)}\n"


def _settings(recorded: Mapping[str, Any]) -> str:
    rows = [[f"`{name}`", f"`{value}`"] for name, value in sorted(recorded["settings"].items()) if name != "verbose"]
    return f"## Settings\n\n{markdown_table(['parameter', 'value'], rows)}\n"


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Give a Markdown table.

    Examples
    --------
    >>> print(markdown_table(["a", "b"], [["1", "2"]]))
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        "|" + "|".join(cells) + "|" if cells[0] == "---" else "| " + " | ".join(cells) + " |" for cells in lines
    )

"""The model card: Markdown with Hugging Face front matter, filled from a training run, nothing typed by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from caretone.evaluation.bias import LARGEST_CHANGE, LARGEST_FLIPS, SwapBias
from caretone.evaluation.learning_curve import CurvePoint, doubling_gain
from caretone.evaluation.measurements import Measurements
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
- What models of this kind, trained on caretone's own messages, get wrong most on real ones: *sorry*, *hope* and *good
  luck* where nobody is in trouble, taken for sympathy; own stories and shared tastes that meet nobody's trouble, taken
  for empathy; tips and instructions, taken for compassion. They overlook reassurance that does not name the trouble,
  own stories told in reply with no tie in words, and practical help in everyday words.
- A probability is an average over many messages; `Prediction.close` names the tones that could go either way.
"""


def model_card(model: FoldedModel, measurements: Measurements | None = None, *, name: str = "caretone") -> str:
    """Write a model's card from what was recorded and measured.

    Parameters
    ----------
    model : FoldedModel
        The model, with its provenance.
    measurements : Measurements, optional
        What was measured beyond cross-validation.
    name : str, default "caretone"
        What the card calls it.

    Returns
    -------
    str
        Markdown.
    """
    recorded, measured = model.provenance, measurements or Measurements()
    parts = [
        _FRONT,
        f"# Model card: {name}\n",
        _described(model),
        "## Training data\n",
        f"{recorded['rows']:,} messages from {', '.join(recorded['data']['names'])}"
        f" (SHA-256 of texts and labels `{recorded['data']['sha256'][:16]}…`).\n",
        *([_taught(recorded["taught"])] if recorded.get("taught") else []),
        _cross_validated(recorded["cross_validated"]),
        *([_nested(measured.nested)] if measured.nested else []),
        *([_curve(measured.curve)] if measured.curve else []),
        *(_tested(file, evaluations) for file, evaluations in measured.tests.items()),
        *([_bias(measured.swaps)] if measured.swaps else []),
        _USES,
        _settings(recorded),
    ]
    return "\n".join(parts)


def _described(model: FoldedModel) -> str:
    return (
        f"A linear model over n-gram TF-IDF features, folded into one table: {len(model.words):,} words,"
        f" {len(model.ngrams):,} longer n-grams, {len(model.skip_bigrams):,} skip-bigrams,"
        f" {len(model.subwords):,} subwords, with a weight for each of {', '.join(model.labels)}."
        f" Trained with caretone {model.provenance['caretone']} on {model.provenance['date']}.\n"
    )


def _taught(taught: Mapping[str, Any]) -> str:
    return (
        f"Beside them {taught['texts']:,} texts made of pieces of the same messages (SHA-256 of texts and probabilities"
        f" `{taught['sha256'][:16]}…`), with the probabilities that a teacher gave them: a transformer, fine-tuned on"
        " these messages alone. Folds are five parts of the messages, and no message is scored by a model that learnt"
        " texts made of its part; but the teacher knew all parts, so cross-validated figures flatter a little. Nested"
        " figures and the learning curve are of models trained without a teacher.\n"
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


def _bias(swaps: Sequence[SwapBias]) -> str:
    header = ["swapped", *(f"{tone}, mean change" for tone in TONES), "labels flipped [95% interval]", "bounds"]
    rows = [
        [
            swap.name,
            *(f"{swap.changes[tone].value:.3f}" for tone in TONES),
            str(swap.flips),
            {True: "kept", False: "exceeded", None: "none set"}[swap.within_bounds],
        ]
        for swap in swaps
    ]
    return (
        "## Bias\n\nTerms swapped in neutral and caring messages: how far each tone's probability moves, and how often"
        f" the label flips. For terms of identity at most {LARGEST_CHANGE} and {LARGEST_FLIPS:.0%} are allowed.\n\n"
        f"{markdown_table(header, rows)}\n\n"
        "Where a model was trained with `counterfactuals`: family roles, age words, religions and nationalities that\n"
        "training lists weigh the same by construction, so their small changes say nothing of terms that are not\n"
        "listed. The first names measured here are kept out of that list.\n"
    )


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

"""Count the shipped messages, measure the agreement on their labels, and put both into data/README.md.

python benchmarks/data_card.py
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from measuring import filled

from caretone.corpus.duplicates import near_texts
from caretone.corpus.reading import LabelledMessages, read_labelled
from caretone.evaluation.agreement import agreement
from caretone.evaluation.annotations import read_annotations
from caretone.evaluation.card import markdown_table
from caretone.tones import NONE, TONES

DATA = Path(__file__).resolve().parent.parent / "data"
FIGURES = {
    "percent_agreement": "agreement",
    "cohens_kappa": "Cohen's kappa",
    "krippendorff_alpha": "Krippendorff's alpha",
}


def main() -> None:
    messages = read_labelled(DATA / "messages.csv")
    card = DATA / "README.md"
    tables = {"counts": _counts(messages), "agreement": _agreement(), "checks": _checks(messages)}
    print(*tables.values(), sep="\n\n")
    card.write_text(filled(card.read_text(encoding="utf-8"), tables), encoding="utf-8")


def _counts(messages: LabelledMessages) -> str:
    frame = messages.table.assign(**dict(zip(TONES, messages.tones.T, strict=True)))
    frame[NONE] = (messages.tones.sum(axis=1) == 0).astype(int)
    frame["several"] = (messages.tones.sum(axis=1) > 1).astype(int)
    columns = [NONE, *TONES, "several"]
    grouped = frame.groupby(["kind", "domain"])[columns]
    rows = [
        [kind, domain, f"{size:,}", *(f"{count:,}" for count in grouped.sum().loc[(kind, domain)])]
        for (kind, domain), size in grouped.size().items()
    ]
    rows.append(["all", "", f"{len(messages):,}", *(f"{count:,}" for count in frame[columns].sum())])
    return markdown_table(["kind", "domain", "messages", *columns], rows)


def _agreement() -> str:
    annotations = pd.read_csv(DATA / "annotations.csv", dtype=str, keep_default_na=False)
    first_two = annotations[annotations["annotator"].isin(["writer", "second"])]
    measured = agreement(read_annotations(first_two.rename(columns={"id": "item"})))
    decided = (annotations["annotator"] == "third").sum()
    rows = [[what, *(str(figures[name]) for name in FIGURES)] for what, figures in measured.figures.items()]
    return (
        f"{markdown_table(['', *FIGURES.values()], rows)}\n\n"
        f"{measured.items:,} messages, labelled by their writer and, blind, by a second annotator;"
        f" a third decided {decided:,} on which the two differed."
    )


def _checks(messages: LabelledMessages) -> str:
    clusters = near_texts(messages.texts, 0.85)
    repeated = len(clusters) - len(set(clusters.tolist()))
    return f"Near duplicates (cosine of character 4-gram TF-IDF of 0.85 or more): {repeated}."


if __name__ == "__main__":
    main()

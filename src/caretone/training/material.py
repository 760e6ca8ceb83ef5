"""What a classifier is trained on: texts, labels and weights, read from files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from caretone.corpus.reading import (
    LabelledMessages,
    concatenate,
    other_column,
    read_labelled,
    read_messages,
    without_repeats,
)
from caretone.corpus.sentences import sentence_labels
from caretone.corpus.sheets import Source
from caretone.errors import LabelledDataError
from caretone.shipped import shipped_path
from caretone.tones import TONES
from caretone.training.distillation import TeacherLabels, read_teacher_labels

KIND_WEIGHTS = {"seeded": 1.0, "contrast": 0.3, "free": 0.1}
"""How much a message that was written for training weighs, by its ``kind``; docs/accuracy.md has the measurements."""

WRITTEN_SETTINGS = {"C": 0.1, "confidence": 0.44, "counterfactuals": 2}
"""Parameters of the classifier where messages were written for training; docs/accuracy.md has the measurements."""


@dataclass(frozen=True)
class Material:
    """Texts and labels to train on.

    Attributes
    ----------
    texts : list of str
        The messages.
    labels : DataFrame or ndarray
        A 0/1 column a label, or one label a message.
    names : tuple of str
        What the sources are called.
    digest : str
        The SHA-256 of texts and labels.
    table : DataFrame
        The other columns, to group by.
    weights : ndarray
        How much each message weighs.
    sentence_labels : list of ndarray or None, optional
        Which sentences carry which labels, where known.
    settings : mapping
        Parameters of the classifier that this material calls for.
    teacher : TeacherLabels or None, optional
        What a teacher labelled, made of these messages.
    warnings : tuple of str
        Rows that were left out, and why.
    """

    texts: list[str]
    labels: pd.DataFrame | np.ndarray
    names: tuple[str, ...]
    digest: str
    table: pd.DataFrame
    weights: np.ndarray
    sentence_labels: list[np.ndarray | None] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    teacher: TeacherLabels | None = None
    warnings: tuple[str, ...] = ()

    def column(self, wanted: str) -> pd.Series:
        """Give one of the other columns."""
        return other_column(self.table, wanted, ", ".join(self.names))

    def take(self, places: np.ndarray) -> Material:
        """Give the messages at some places, without what a teacher, who knew them all, made of them."""
        chosen = self.labels.iloc[places] if isinstance(self.labels, pd.DataFrame) else self.labels[places]
        return Material(
            [self.texts[place] for place in places],
            chosen.reset_index(drop=True) if isinstance(chosen, pd.DataFrame) else chosen,
            self.names,
            self.digest,
            self.table.iloc[places].reset_index(drop=True),
            self.weights[places],
            None if self.sentence_labels is None else [self.sentence_labels[place] for place in places],
            self.settings,
        )


def tone_material(
    sources: Sequence[Source],
    *,
    text: str = "text",
    tones: str | None = None,
    label: str | None = None,
    teacher: bool = True,
) -> Material:
    """Read messages labelled with the tones; without a source, those that caretone ships.

    Messages with a column ``kind`` were written for training: they weigh by their kind, the classifier's
    confidence is lowered because real messages will differ from them, and they are copied with other people.

    Parameters
    ----------
    sources : sequence of path or DataFrame
        Labelled messages.
    text, tones, label : str, optional
        Names of columns, as for `read_labelled`.

    Returns
    -------
    Material
    """
    read = [read_labelled(source, text=text, tones=tones, label=label) for source in sources]
    messages = without_repeats(concatenate(read or [_shipped_messages()]))
    written = "kind" in messages.table and messages.table["kind"].isin(list(KIND_WEIGHTS)).any()
    return Material(
        messages.texts,
        pd.DataFrame(messages.tones, columns=list(TONES)),
        tuple(sorted({part.name for part in read})) or ("data/messages.csv",),
        messages.digest,
        messages.table,
        _weights(messages) if written else np.ones(len(messages)),
        sentence_labels(messages),
        WRITTEN_SETTINGS if written else {},
        _shipped_teacher() if teacher and written and (not read or _is_shipped(messages)) else None,
        messages.warnings,
    )


def any_material(sources: Sequence[Source], *, text: str = "text", label: str = "label") -> Material:
    """Read messages with whatever labels a column holds, several of a message joined by ``;``.

    Parameters
    ----------
    sources : sequence of path or DataFrame
        Labelled messages.
    text, label : str
        The columns of the messages and of their labels.

    Returns
    -------
    Material
        With a 0/1 column a label if any message has several, else with one label a message.

    Raises
    ------
    LabelledDataError
        If there is no source, or one lacks a column, a text or a label.
    """
    if not sources:
        raise LabelledDataError("training on labels other than the tones needs a labelled file")
    read = [read_messages(source, text=text) for source in sources]
    for part in read:
        if label not in part.table:
            raise LabelledDataError(f"{part.name} has no column {label!r} for the labels; name it with --label-column")
    table = pd.concat([part.table for part in read], ignore_index=True)
    texts = [text for part in read for text in part.texts]
    cells = table[label].astype(str).str.strip()
    empty = [n for n, (text, cell) in enumerate(zip(texts, cells, strict=True)) if not text.strip() or not cell]
    if empty:
        rows = ", ".join(str([row for part in read for row in part.rows][n]) for n in empty[:10])
        raise LabelledDataError(f"{', '.join(p.name for p in read)}: a text or a label is empty in row {rows}")
    several = cells.str.contains(";").any()
    return Material(
        texts,
        cells.str.replace(" ", "").str.get_dummies(";") if several else cells.to_numpy(dtype=str),
        tuple(sorted({part.name for part in read})),
        hashlib.sha256("\0".join([*texts, *cells]).encode("utf-8", "surrogatepass")).hexdigest(),
        table,
        np.ones(len(texts)),
    )


def _shipped_messages() -> LabelledMessages:
    return read_labelled(shipped_path("data", "messages.csv"))


def _is_shipped(messages: LabelledMessages) -> bool:
    return messages.digest == _shipped_messages().digest


def _shipped_teacher() -> TeacherLabels:
    return read_teacher_labels(shipped_path("data", "recombined.csv.gz"))


def _weights(messages: LabelledMessages) -> np.ndarray:
    return messages.table["kind"].map(lambda kind: KIND_WEIGHTS.get(kind, 1.0)).to_numpy(dtype=float)

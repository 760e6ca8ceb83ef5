"""Texts labelled by a teacher: a larger, slower model that a small one learns from.

The teacher's labels for caretone's own messages, recombined, are in ``data/recombined.csv.gz``;
``benchmarks/teacher.py`` made them.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass

import numpy as np
import pandas as pd

from caretone.errors import LabelledDataError, TrainingError
from caretone.tones import TONES

TEACHER_WEIGHT = 0.1
"""How much a text that a teacher labelled weighs beside a message; docs/accuracy.md has the measurements."""


@dataclass(frozen=True)
class TeacherLabels:
    """Texts with a teacher's labels.

    Attributes
    ----------
    texts : list of str
        The texts.
    probabilities : ndarray, shape (n_texts, n_classes)
        How likely the teacher finds each label.
    parts : ndarray of int, shape (n_texts,)
        The part of the messages that each text was made of, as `caretone.training.recombination.part_of` says.
    labels : tuple of str, length n_classes
        What the columns of ``probabilities`` are.
    """

    texts: list[str]
    probabilities: np.ndarray
    parts: np.ndarray
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.probabilities.shape != (len(self.texts), len(self.labels)):
            raise TrainingError(
                f"{len(self.texts)} texts of a teacher with {len(self.labels)} labels need as many rows and columns of"
                f" probabilities, not {' × '.join(map(str, self.probabilities.shape))}"
            )

    @property
    def digest(self) -> str:
        """The SHA-256 of texts and probabilities."""
        digest = hashlib.sha256("\0".join(self.texts).encode("utf-8", "surrogatepass"))
        digest.update(np.ascontiguousarray(self.probabilities, dtype="<f8").tobytes())
        return digest.hexdigest()


def read_teacher_labels(path: str | os.PathLike[str]) -> TeacherLabels:
    """Read a teacher's labels.

    Parameters
    ----------
    path : path
        A CSV file, perhaps compressed, with the columns ``text``, the three tones, in hundredths, and ``part``.

    Returns
    -------
    TeacherLabels

    Raises
    ------
    LabelledDataError
        If the file lacks a column.
    """
    table = pd.read_csv(path, dtype={"text": str}, keep_default_na=False)
    if missing := [name for name in ("text", *TONES, "part") if name not in table]:
        raise LabelledDataError(f"{os.fspath(path)} has no column {missing[0]!r}; make it with benchmarks/teacher.py")
    return TeacherLabels(table["text"].tolist(), table[list(TONES)].to_numpy() / 100, table["part"].to_numpy(), TONES)

"""What one fit learns from: messages and their sentences, copies of them, and what a teacher labelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from caretone.training.distillation import TEACHER_WEIGHT, TeacherLabels
from caretone.training.features import SplitMessages
from caretone.training.recombination import part_of

OF_TEACHER = -1
"""Stands for the original where a text is no message nor a copy of one."""


@dataclass(frozen=True)
class TrainingTask:
    """Messages and their sentences, with labels and weights; then their copies; then what a teacher labelled.

    Attributes
    ----------
    split : SplitMessages
        The texts.
    present : ndarray, shape (n_texts, n_classes)
        The labels of the texts: 0 and 1, or between them a teacher's probabilities.
    weights : ndarray, shape (n_texts, n_classes)
        Their weights.
    sentence_present : ndarray of int8, shape (n_sentences, n_classes)
        The labels of the sentences.
    sentence_weights : ndarray, shape (n_sentences, n_classes)
        Their weights; 0 where it is not known whether a sentence carries a label.
    originals : ndarray of int, shape (n_texts,)
        The place of the message that each is a copy of, or its own; `OF_TEACHER` for what a teacher labelled.
    parts : ndarray of int, shape (n_texts,)
        The part of the messages that each belongs to; all the same without a teacher.
    """

    split: SplitMessages
    present: np.ndarray
    weights: np.ndarray
    sentence_present: np.ndarray
    sentence_weights: np.ndarray
    originals: np.ndarray
    parts: np.ndarray

    @classmethod
    def of(
        cls,
        texts: list[str],
        present: np.ndarray,
        weights: np.ndarray,
        sentence_labels: Sequence[np.ndarray | None] | None,
        sentence_training: float,
        copies: Sequence[tuple[int, str]] = (),
        teacher: TeacherLabels | None = None,
    ) -> TrainingTask:
        """Split texts, and spread their labels and weights over their sentences.

        A copy has the labels of its original, and an equal share of its weight.
        A sentence of a message that lacks a label lacks it too. A sentence of a message that carries one
        is known only by its own label, and a message of one sentence teaches enough by itself.
        What a teacher labelled teaches as a whole.
        """
        originals = np.array([*range(len(texts)), *(place for place, _ in copies)])
        present, weights = present[originals], (weights / np.bincount(originals))[originals]
        weights = np.repeat(weights[:, None], present.shape[1], axis=1)
        taught = teacher.texts if teacher else []
        split = SplitMessages.of([*texts, *(copy for _, copy in copies), *taught])
        owner = split.layout.message[split.layout.message < len(originals)]
        counts = np.bincount(owner, minlength=len(originals))
        sentence_present = np.zeros((len(split.sentences), present.shape[1]), dtype=np.int8)
        sentence_weights = np.zeros(sentence_present.shape)
        known = present[owner] == 0
        starts = np.concatenate([[0], np.cumsum(counts)])
        for place, labels in enumerate([sentence_labels[n] for n in originals] if sentence_labels else []):
            if labels is not None and len(labels) == counts[place]:
                own = slice(starts[place], starts[place + 1])
                sentence_present[own], known[own] = labels, True
        sentence_weights[: len(owner)] = sentence_training * weights[owner] * (counts[owner] > 1)[:, None] * known
        if teacher is None:
            parts = np.zeros(len(originals), dtype=int)
            return cls(split, present, weights, sentence_present, sentence_weights, originals, parts)
        return cls(
            split,
            np.vstack([present, teacher.probabilities]),
            np.vstack([weights, np.full(teacher.probabilities.shape, TEACHER_WEIGHT)]),
            sentence_present,
            sentence_weights,
            np.concatenate([originals, np.full(len(taught), OF_TEACHER)]),
            np.concatenate([np.array([part_of(text) for text in texts])[originals], teacher.parts]),
        )

    @property
    def own(self) -> np.ndarray:
        """Whether each text is a message, not a copy of one nor labelled by a teacher."""
        return self.originals == np.arange(len(self.originals))

    def without(self, held: Sequence[int] | np.ndarray) -> np.ndarray:
        """Give the places of all texts but the messages held out, their copies, and what was made of their parts."""
        taught = self.originals == OF_TEACHER
        touched = np.isin(self.originals, held) | (
            taught & np.isin(self.parts, self.parts[np.asarray(held, dtype=int)])
        )
        return np.flatnonzero(~touched)

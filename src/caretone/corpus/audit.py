"""Audit a labelled file: what in it may be wrong, lopsided, private, or too easy to learn.

It proposes, and changes nothing. Messages are named by the row they stand on, never quoted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from scipy.stats.contingency import association

from caretone.corpus.duplicates import DuplicateGroup, duplicate_groups, near_texts, same_texts
from caretone.corpus.keyness import Mark, marking_collocations, marking_ngrams
from caretone.corpus.label_errors import LabelError, find_label_errors
from caretone.corpus.language import looks_english
from caretone.corpus.personal_data import PersonalData, find_personal_data
from caretone.corpus.reading import LabelledMessages
from caretone.corpus.shortcuts import LengthEffect, StrayToken, length_effects, stray_tokens
from caretone.errors import TrainingError
from caretone.tones import LABELS, TONES

OutOfFold: TypeAlias = Callable[[LabelledMessages, np.ndarray], np.ndarray]
"""From messages and their clusters of near duplicates to probabilities of shape (n, 3), none of them
learnt from the message's own cluster; `caretone.training.out_of_fold` has one."""


@dataclass(frozen=True)
class GroupShares:
    """How many messages a group has, and the share of them that carry each tone."""

    group: str
    messages: int
    shares: dict[str, float]


@dataclass(frozen=True)
class Balance:
    """How messages are spread over labels and groups.

    Attributes
    ----------
    tones, labels, tones_a_message : dict of str to int
        How many messages carry each tone, have each single label, and carry just this number of tones.
    groups : list of GroupShares
        Each value of the column to group by, the largest first.
    cramers_v : dict of str to float
        How far the group tells each tone: Cramér's V, from 0 for not at all to 1.
    """

    tones: dict[str, int]
    labels: dict[str, int]
    tones_a_message: dict[str, int]
    groups: list[GroupShares]
    cramers_v: dict[str, float]


@dataclass(frozen=True)
class Audit:
    """What an audit finds.

    Attributes
    ----------
    name : str
        What the file is called.
    messages : int
        How many messages it holds.
    threshold : float
        The similarity from which texts count as near duplicates.
    balance : Balance
        Labels and groups.
    same_text, near_duplicates : list of DuplicateGroup
        Texts that are the same but for case and white space; and clusters of nearly the same texts.
    label_errors : list of LabelError
        Labels that are likely wrong.
    length : list of LengthEffect
        How far length tells each tone.
    stray_tokens : list of StrayToken
        Tokens that give a tone away.
    not_english : list of int
        Rows that are probably not in English.
    personal_data : list of PersonalData
        Rows that seem to hold personal data, and of which kind.
    ngrams, collocations : list of Mark
        What marks each tone.
    notes : tuple of str
        What was not looked for, and why.
    """

    name: str
    messages: int
    threshold: float
    balance: Balance
    same_text: list[DuplicateGroup]
    near_duplicates: list[DuplicateGroup]
    label_errors: list[LabelError]
    length: list[LengthEffect]
    stray_tokens: list[StrayToken]
    not_english: list[int]
    personal_data: list[PersonalData]
    ngrams: list[Mark]
    collocations: list[Mark]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give everything as plain values, ready for JSON; an undefined figure is None."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain


def audit(
    messages: LabelledMessages,
    *,
    threshold: float = 0.85,
    group: str | None = None,
    out_of_fold: OutOfFold | None = None,
) -> Audit:
    """Audit labelled messages.

    Parameters
    ----------
    messages : LabelledMessages
        The messages.
    threshold : float, default 0.85
        The similarity from which texts count as near duplicates; see `near_texts`.
    group : str, optional
        A column, such as the source, to look at the balance by.
    out_of_fold : callable, optional
        What judges messages by the others; without it, label errors are not looked for.

    Returns
    -------
    Audit

    Raises
    ------
    LabelledDataError
        If there is no such column.

    Examples
    --------
    >>> from caretone.corpus import read_labelled
    >>> table = pd.DataFrame({"text": ["So sorry", "so sorry", "Noon?"], "label": ["sympathy", "none", "none"]})
    >>> audit(read_labelled(table)).same_text
    [DuplicateGroup(rows=(1, 2), tones=('sympathy', 'none'), contradictory=True)]
    """
    groups = None if group is None else messages.column(group)
    texts, tones, rows = messages.texts, messages.tones, messages.rows
    same, near = same_texts(texts), near_texts(texts, threshold)
    label_errors, notes = _label_errors(messages, near, out_of_fold)
    return Audit(
        name=messages.name,
        messages=len(messages),
        threshold=threshold,
        balance=_balance(messages, groups),
        same_text=duplicate_groups(messages, same),
        near_duplicates=_of_several_texts(messages, near, same),
        label_errors=label_errors,
        length=length_effects(texts, tones),
        stray_tokens=stray_tokens(texts, tones),
        not_english=[row for row, text in zip(rows, texts, strict=True) if not looks_english(text)],
        personal_data=find_personal_data(texts, rows),
        ngrams=marking_ngrams(texts, tones),
        collocations=marking_collocations(texts, tones),
        notes=notes,
    )


def _of_several_texts(messages: LabelledMessages, near: np.ndarray, same: np.ndarray) -> list[DuplicateGroup]:
    """Give the clusters of near duplicates that hold more than repetitions of one text."""
    distinct = pd.Series(same).groupby(near).nunique().to_numpy()
    places = np.flatnonzero(distinct[near] > 1)
    return duplicate_groups(messages.take(places), near[places])


def _label_errors(
    messages: LabelledMessages, clusters: np.ndarray, out_of_fold: OutOfFold | None
) -> tuple[list[LabelError], tuple[str, ...]]:
    """Look for label errors or, where that cannot be done, say why not."""
    if out_of_fold is None:
        return [], ("Likely label errors were not looked for.",)
    if find_spec("cleanlab") is None:
        return [], ('Likely label errors were not looked for: that needs cleanlab; pip install "caretone[audit]".',)
    try:
        probabilities = out_of_fold(messages, clusters)
    except TrainingError as error:
        return [], (f"Likely label errors were not looked for: {error}.",)
    return find_label_errors(messages.tones, probabilities, messages.rows), ()


def _balance(messages: LabelledMessages, groups: pd.Series | None) -> Balance:
    tones, labels = messages.tones, Counter(messages.labels)
    several = np.bincount(tones.sum(axis=1), minlength=len(TONES) + 1)
    names = None if groups is None else np.asarray(groups.fillna("").astype(str))
    return Balance(
        tones=dict(zip(TONES, tones.sum(axis=0).tolist(), strict=True)),
        labels={label: labels[label] for label in LABELS},
        tones_a_message={str(number): int(count) for number, count in enumerate(several)},
        groups=[] if names is None else _group_shares(tones, names),
        cramers_v={} if names is None else {tone: _cramers_v(names, tones[:, n]) for n, tone in enumerate(TONES)},
    )


def _group_shares(tones: np.ndarray, names: np.ndarray) -> list[GroupShares]:
    shares = [
        GroupShares(str(name), int(there.sum()), dict(zip(TONES, tones[there].mean(axis=0).tolist(), strict=True)))
        for name in np.unique(names)
        for there in [names == name]
    ]
    return sorted(shares, key=lambda share: (-share.messages, share.group))


def _cramers_v(names: np.ndarray, present: np.ndarray) -> float:
    counts = pd.crosstab(names, present).to_numpy()
    return float(association(counts, method="cramer")) if min(counts.shape) > 1 else float("nan")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return None if isinstance(value, float) and value != value else value

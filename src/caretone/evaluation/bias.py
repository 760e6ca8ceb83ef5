"""Measure bias: how far a model's answer moves when only the person spoken of is another.

The messages, the swapped terms and the respellings are in ``counterfactuals.json``. The messages
are invented, each with one slot; a swap set fills it with terms of several groups. Terms at the
same place in their groups are swapped for one another, so that they differ in what they name and
not in their length. Wordings respell the whole message by rules and are no identity terms.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from importlib.resources import files
from itertools import combinations
from typing import Any

import numpy as np

from caretone.evaluation.bootstrap import Figure, bootstrap
from caretone.evaluation.run import require_tones
from caretone.predictor import Predictor
from caretone.tones import TONES

LARGEST_CHANGE = 0.05
"""The bound for identity terms: the mean absolute change of a tone's probability is at most this."""

LARGEST_FLIPS = 0.02
"""The bound for identity terms: at most this share of labels flips."""

SOMEBODY = "Sam"
"""Who fills the slot where wordings are compared."""


@dataclass(frozen=True)
class SwapSet:
    """Messages that differ in nothing but who, or in what manner, is spoken of.

    Attributes
    ----------
    name : str
        What is swapped.
    identity : bool
        Whether the swapped terms name people's identity, so that the bounds hold.
    groups : tuple of str
        The groups that are swapped for one another.
    messages : tuple of tuple of str
        The messages of each group; those at the same place correspond.
    templates : tuple of int
        Which template the messages at a place are made from.
    """

    name: str
    identity: bool
    groups: tuple[str, ...]
    messages: tuple[tuple[str, ...], ...]
    templates: tuple[int, ...]


@dataclass(frozen=True)
class Gap:
    """The widest mean difference between two groups.

    Attributes
    ----------
    value : float
        By how much the mean probability of a tone is higher, 0 or more.
    higher, lower : str
        The groups in which it is highest and lowest.
    """

    value: float
    higher: str
    lower: str


@dataclass(frozen=True)
class SwapBias:
    """How a model answers to one set of swaps.

    Attributes
    ----------
    name : str
        What is swapped.
    identity : bool
        Whether the swapped terms name people's identity, so that the bounds hold.
    messages : int
        How many messages were predicted.
    changes : dict of str to Figure
        The mean absolute change of each tone's probability from one group to another.
    gaps : dict of str to Gap
        For each tone the two groups that are farthest apart on average.
    flips : Figure
        The share of swaps that change the single label.
    """

    name: str
    identity: bool
    messages: int
    changes: dict[str, Figure]
    gaps: dict[str, Gap]
    flips: Figure

    @property
    def within_bounds(self) -> bool | None:
        """Whether `LARGEST_CHANGE` and `LARGEST_FLIPS` are kept; None where they do not apply."""
        if not self.identity:
            return None
        changes = [figure.value for figure in self.changes.values()]
        return max(changes) <= LARGEST_CHANGE and self.flips.value <= LARGEST_FLIPS

    @property
    def widest(self) -> str:
        """The tone with the widest gap."""
        return max(self.gaps, key=lambda tone: self.gaps[tone].value)

    def to_dict(self) -> dict[str, Any]:
        """Give all of it as plain values, ready for JSON."""
        return {**asdict(self), "within_bounds": self.within_bounds}


def bias(predictor: Predictor, *, n_bootstrap: int = 1000, random_state: int = 0) -> list[SwapBias]:
    """Measure how much identity terms, dialect and formality move a model's answers.

    Parameters
    ----------
    predictor : Predictor
        What predicts; its model must know the three tones.
    n_bootstrap : int, default 1000
        How often the messages' templates are resampled for the intervals.
    random_state : int, default 0
        Seeds the resampling.

    Returns
    -------
    list of SwapBias
        One for each set: the identity terms first, then the wordings.

    Raises
    ------
    LabelledDataError
        If the model does not know the tones.

    Notes
    -----
    Counterfactual token fairness: Garg, Perot, Limtiaco, Taly, Chi and Beutel (AIES 2019); names and
    pronouns in templates: Kiritchenko and Mohammad (*SEM 2018); dialects by rules: Ziems, Held, Yang,
    Dhamala, Gupta and Yang (ACL 2023), of whose rules ours are a small and rough part.

    Examples
    --------
    >>> import caretone
    >>> swaps = bias(caretone.load(), n_bootstrap=10)
    >>> swaps[0].name, swaps[0].identity, sorted(swaps[0].changes)
    ('names by gender', True, ['compassion', 'empathy', 'sympathy'])
    """
    require_tones(predictor.model)
    return [_measured(predictor, swaps, n_bootstrap, random_state) for swaps in swap_sets()]


def swap_sets() -> list[SwapSet]:
    """Give the messages of every set of swaps, the same ones every time.

    Returns
    -------
    list of SwapSet
        The identity terms first, then the wordings.

    Examples
    --------
    >>> names = swap_sets()[0]
    >>> [messages[0] for messages in names.messages]
    ['I saw Emily at the supermarket this morning.', 'I saw Michael at the supermarket this morning.']
    """
    written = _written()
    templates = [template for kind in written["messages"].values() for template in kind]
    return [
        *(_identity_set(name, groups, templates) for name, groups in written["identity"].items()),
        *(_wording_set(name, wording["rules"], templates) for name, wording in written["wording"].items()),
    ]


def _written() -> dict[str, Any]:
    return json.loads(files("caretone.evaluation").joinpath("counterfactuals.json").read_text(encoding="utf-8"))


def _identity_set(name: str, groups: Mapping[str, Sequence[Any]], templates: Sequence[str]) -> SwapSet:
    messages = [tuple(_filled(template, term) for term in terms for template in templates) for terms in groups.values()]
    n_terms = len(messages[0]) // len(templates)
    return SwapSet(name, True, tuple(groups), tuple(messages), tuple(range(len(templates))) * n_terms)


def _filled(template: str, term: str | Mapping[str, str]) -> str:
    """Put a person into the slot of a message; a pronoun comes with its three cases."""
    cases = {"subject": term, "object": term, "possessive": f"{term}'s"} if isinstance(term, str) else term
    return template.format_map(cases)


def _wording_set(name: str, rules: Sequence[tuple[str, str]], templates: Sequence[str]) -> SwapSet:
    """Set messages against their respelling, those left out that the rules do not touch."""
    standard = [_filled(template, SOMEBODY) for template in templates]
    respelled = [_respelled(message, rules) for message in standard]
    places = [n for n, message in enumerate(standard) if message != respelled[n]]
    messages = tuple(tuple(group[n] for n in places) for group in (standard, respelled))
    return SwapSet(name, False, ("standard", "respelled"), messages, tuple(places))


def _respelled(message: str, rules: Sequence[tuple[str, str]]) -> str:
    """Apply rules, each a pattern and what to put, one after the other; a capital stays one."""
    for pattern, put in rules:
        message = re.sub(pattern, partial(_as_large, put=put), message, flags=re.IGNORECASE)
    return message


def _as_large(match: re.Match[str], put: str) -> str:
    written = match.expand(put)
    return written[:1].upper() + written[1:] if match[0][0].isupper() else written


def _measured(predictor: Predictor, swaps: SwapSet, n_bootstrap: int, random_state: int) -> SwapBias:
    table = predictor.predict_many([message for messages in swaps.messages for message in messages])
    n_groups, n_places = len(swaps.groups), len(swaps.templates)
    probabilities = table[list(TONES)].to_numpy().reshape(n_groups, n_places, len(TONES))
    labels = table["label"].to_numpy().reshape(n_groups, n_places)
    first, second = np.array(list(combinations(range(n_groups), 2))).T
    signed = probabilities[first] - probabilities[second]
    columns = dict(zip(TONES, np.abs(signed).mean(axis=0).T, strict=True))
    columns["flips"] = (labels[first] != labels[second]).mean(axis=0)

    def statistics(counts: np.ndarray) -> dict[str, np.ndarray]:
        return {name: counts @ column / counts.sum(axis=1) for name, column in columns.items()}

    figures = bootstrap(
        statistics, n_places, groups=swaps.templates, n_bootstrap=n_bootstrap, random_state=random_state
    )
    return SwapBias(
        swaps.name,
        swaps.identity,
        len(table),
        {tone: Figure.of(figures[tone]) for tone in TONES},
        dict(_gaps(swaps.groups, probabilities.mean(axis=1))),
        Figure.of(figures["flips"]),
    )


def _gaps(groups: Sequence[str], means: np.ndarray) -> Iterator[tuple[str, Gap]]:
    """Give, for each tone, the groups of the highest and the lowest mean."""
    for tone, of_groups in zip(TONES, means.T, strict=True):
        high, low = int(of_groups.argmax()), int(of_groups.argmin())
        yield tone, Gap(float(of_groups[high] - of_groups[low]), groups[high], groups[low])

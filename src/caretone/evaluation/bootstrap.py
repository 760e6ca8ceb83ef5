"""Bootstrap intervals: how figures move when messages, or whole groups of them, are drawn anew."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

Name = TypeVar("Name", bound=Hashable)

Statistics = Callable[[np.ndarray], dict[Name, np.ndarray]]
"""Figures as functions of how often each message counts.

It is given one row for each resampling, shape (n_rows, n_messages), and gives for each figure's
name one value for each row, shape (n_rows,).
"""

_BLOCK = 2**20
"""How many counts are held at a time: few enough for a processor's cache."""


@dataclass(frozen=True)
class Figure:
    """A measured figure with its 95% bootstrap interval (percentiles).

    Attributes
    ----------
    value : float
        The figure on the messages as they are; NaN where it is not defined.
    low, high : float
        The 2.5th and the 97.5th percentile of the figure on resampled messages.
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"

    @classmethod
    def of(cls, values: np.ndarray) -> Figure:
        """Make a figure of its value on the messages as they are, followed by those on resampled ones."""
        resampled = values[1:][~np.isnan(values[1:])]
        low, high = np.percentile(resampled, [2.5, 97.5]) if len(resampled) else (np.nan, np.nan)
        return cls(float(values[0]), float(low), float(high))

    def to_dict(self) -> dict[str, float | None]:
        """Give the figure as plain values, ready for JSON; what is undefined is None."""
        parts = {"value": self.value, "low": self.low, "high": self.high}
        return {name: part if part == part else None for name, part in parts.items()}


def bootstrap(
    statistics: Statistics[Name],
    n_messages: int,
    *,
    groups: Sequence[Any] | np.ndarray | None = None,
    n_bootstrap: int = 1000,
    random_state: int = 0,
) -> dict[Name, np.ndarray]:
    """Compute figures on messages as they are, then on resampled ones.

    Parameters
    ----------
    statistics : callable
        The figures; see `Statistics`.
    n_messages : int
        How many messages there are.
    groups : sequence, length n_messages, optional
        What is resampled whole, such as the author; by default every message by itself.
    n_bootstrap : int, default 1000
        How often to resample.
    random_state : int, default 0
        Seeds the resampling.

    Returns
    -------
    dict of ndarray, shape (1 + n_bootstrap,)
        The values of each figure, that on the messages as they are first.

    Notes
    -----
    Efron and Tibshirani (1993), *An introduction to the bootstrap*, chapters 6 and 13.

    Examples
    --------
    >>> late = np.array([0, 0, 1, 1])
    >>> shares = bootstrap(lambda counts: {"late": counts @ late / counts.sum(axis=1)}, 4)
    >>> str(Figure.of(shares["late"]))
    '0.500 [0.000, 1.000]'
    """
    generator = np.random.default_rng(random_state)
    blocks = [statistics(np.ones((1, n_messages)))]
    blocks += [statistics(counts) for counts in _resampled_counts(n_messages, groups, n_bootstrap, generator)]
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


def _resampled_counts(
    n_messages: int, groups: Sequence[Any] | np.ndarray | None, n_bootstrap: int, generator: np.random.Generator
) -> Iterator[np.ndarray]:
    """Give how often each message counts, a block of resamplings at a time."""
    if groups is None:
        owner: np.ndarray | slice = slice(None)
        n_units = n_messages
    else:
        names, owner = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
        n_units = len(names)
    n_rows = max(1, _BLOCK // n_messages)
    for first in range(0, n_bootstrap, n_rows):
        draws = generator.integers(0, n_units, (min(n_rows, n_bootstrap - first), n_units))
        counts = np.array([np.bincount(draw, minlength=n_units) for draw in draws], dtype=float)
        yield counts[:, owner]

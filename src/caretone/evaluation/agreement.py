"""How far annotators agree: on each tone and on the single label, in pairs, and item by item.

Every figure is a weighted sum over *patterns*: items that all annotators answered alike are
interchangeable, and there are few kinds of them. So resampling tens of thousands of items a
thousand times is drawing a thousand small multinomials.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from caretone.errors import LabelledDataError
from caretone.evaluation.annotations import MISSING, Annotations
from caretone.evaluation.metrics import Figure
from caretone.tones import TONES, format_tones

_AT_ONCE = 4_000_000
"""So many weights are held in memory at a time."""


@dataclass(frozen=True)
class Bias:
    """How often an annotator says a tone, and how often the others say it of the same items."""

    annotator: str
    tone: str
    own: float
    others: float


@dataclass(frozen=True)
class Disputed:
    """An item, the share of pairs of its annotations that differ (averaged over tones), and on which tones."""

    item: str
    disagreement: float
    tones: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Agreement:
    """How far annotators agree.

    Attributes
    ----------
    items : int
        How many items were annotated.
    annotations : dict of str to int
        How many of them each annotator annotated.
    figures : dict of str to dict of str to Figure
        For each tone, and for ``label``: percent agreement, mean pairwise Cohen's kappa, Fleiss' kappa
        and Krippendorff's alpha; NaN where undefined, as when everybody always gives the same answer.
    shared : ndarray of int, shape (n_annotators, n_annotators)
        How many items both annotators of a pair annotated.
    kappas : dict of str to ndarray, shape (n_annotators, n_annotators)
        Cohen's kappa of each pair, by tone and for ``label``.
    bias : list of Bias
        For each annotator and tone.
    disputed : list of Disputed
        The most disputed items, the worst first.
    """

    items: int
    annotations: dict[str, int]
    figures: dict[str, dict[str, Figure]]
    shared: np.ndarray
    kappas: dict[str, np.ndarray]
    bias: list[Bias]
    disputed: list[Disputed]

    def to_dict(self) -> dict[str, Any]:
        """Give everything as plain values, ready for JSON; an undefined figure is None."""
        names = list(self.annotations)
        pairs = [
            {
                "annotators": [names[a], names[b]],
                "items": int(self.shared[a, b]),
                "cohens_kappa": {of: _plain(kappas[a, b]) for of, kappas in self.kappas.items()},
            }
            for a, b in combinations(range(len(names)), 2)
        ]
        figures = {
            of: {name: {part: _plain(value) for part, value in asdict(figure).items()} for name, figure in row.items()}
            for of, row in self.figures.items()
        }
        bias = [{name: _plain(value) for name, value in asdict(row).items()} for row in self.bias]
        return {
            "items": self.items,
            "annotations": self.annotations,
            "figures": figures,
            "pairs": pairs,
            "bias": bias,
            "disputed": [asdict(row) for row in self.disputed],
        }


def agreement(
    annotations: Annotations, *, n_bootstrap: int = 1000, n_disputed: int = 20, random_state: int = 0
) -> Agreement:
    """Measure how far annotators agree.

    Parameters
    ----------
    annotations : Annotations
        What they said.
    n_bootstrap : int, default 1000
        How often items are resampled for the 95% intervals.
    n_disputed : int, default 20
        How many disputed items to list.
    random_state : int, default 0
        Seeds the resampling.

    Returns
    -------
    Agreement

    Raises
    ------
    LabelledDataError
        If no item has two annotations.

    Examples
    --------
    >>> from caretone.evaluation.annotations import read_wide_annotations
    >>> answers = [("none", "none"), ("sympathy", "sympathy"), ("empathy", "sympathy"), ("none", "none")]
    >>> table = pd.DataFrame(answers, columns=["ann", "ben"])
    >>> found = agreement(read_wide_annotations(table, ["ann", "ben"]), n_bootstrap=10)
    >>> found.figures["sympathy"]["percent_agreement"].value
    0.75
    >>> found.disputed
    [Disputed(item='3', disagreement=0.6666666666666666, tones=('sympathy', 'empathy'))]
    """
    given = annotations.given
    if not (given.sum(axis=1) > 1).any():
        raise LabelledDataError("no item has annotations by two annotators; there is no agreement to measure")
    codes = annotations.codes()
    generator = np.random.default_rng(random_state)
    names = annotations.annotators
    return Agreement(
        items=len(annotations.items),
        annotations=dict(zip(names, given.sum(axis=0).tolist(), strict=True)),
        figures={of: _figures(answers, n_bootstrap, generator) for of, answers in codes.items()},
        shared=given.T.astype(int) @ given.astype(int),
        kappas={of: _kappa_matrix(answers) for of, answers in codes.items()},
        bias=list(_biases(annotations)),
        disputed=_most_disputed(annotations, n_disputed),
    )


def adjudicate(annotations: Annotations) -> pd.DataFrame:
    """Settle each item by the majority of its annotators, tone by tone.

    Parameters
    ----------
    annotations : Annotations
        What they said.

    Returns
    -------
    DataFrame
        A row an item: ``item``; ``tones`` as `caretone.tones.format_tones` writes them; ``agreed``,
        the share of annotators who side with the majority, averaged over the tones; ``undecided``,
        the tones on which the annotators are split in halves, which ``tones`` leaves out; and
        ``annotators``, how many there were.

    Examples
    --------
    >>> from caretone.evaluation.annotations import read_wide_annotations
    >>> answers = [("none", "none"), ("sympathy;empathy", "sympathy")]
    >>> adjudicate(read_wide_annotations(pd.DataFrame(answers, columns=["ann", "ben"]), ["ann", "ben"]))
      item     tones    agreed undecided  annotators
    0    1      none  1.000000                     2
    1    2  sympathy  0.833333   empathy           2
    """
    annotators = annotations.given.sum(axis=1)
    share = np.maximum(annotations.tones, 0).sum(axis=1) / annotators[:, None]
    return pd.DataFrame(
        {
            "item": annotations.items,
            "tones": [format_tones(_named(row)) for row in share > 0.5],
            "agreed": np.maximum(share, 1 - share).mean(axis=1),
            "undecided": [";".join(_named(row)) for row in share == 0.5],
            "annotators": annotators,
        }
    )


# ---- figures: answers are category numbers (n_patterns, n_annotators), weights are (n_draws, n_patterns)


def percent_agreement(answers: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Give the share of the pairs of annotations of the same item that agree.

    Parameters
    ----------
    answers : ndarray of int, shape (n_patterns, n_annotators)
        Category numbers, `MISSING` where there is none.
    weights : ndarray, shape (n_draws, n_patterns)
        How often each pattern counts, for each draw of items.

    Returns
    -------
    ndarray, shape (n_draws,)
        NaN where it is not defined.
    """
    counts = _category_counts(answers)
    annotators = counts.sum(axis=1)
    agreeing = (counts * (counts - 1)).sum(axis=1)
    return _ratio(weights @ agreeing, weights @ (annotators * (annotators - 1)))


def mean_cohen_kappa(answers: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Give Cohen's kappa averaged over the pairs of annotators for which it is defined.

    Parameters and returned values are those of `percent_agreement`.

    Notes
    -----
    Cohen (1960), *A coefficient of agreement for nominal scales*; the mean over pairs is that of Light
    (1971), *Measures of response agreement for qualitative data*.
    """
    pairs = combinations(range(answers.shape[1]), 2)
    kappas = np.array([cohen_kappa(answers[:, pair], weights) for pair in pairs])
    defined = ~np.isnan(kappas)
    return _ratio(np.nansum(kappas, axis=0), defined.sum(axis=0))


def cohen_kappa(answers: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Give Cohen's kappa of two annotators on the items that both annotated; see `mean_cohen_kappa`."""
    both = (answers != MISSING).all(axis=1)
    first, second = np.eye(answers.max() + 1)[answers[both]].transpose(1, 0, 2)
    weights = weights[:, both]
    total = weights.sum(axis=1)
    observed = _ratio(weights @ (first * second).sum(axis=1), total)
    expected = _ratio(((weights @ first) * (weights @ second)).sum(axis=1), total**2)
    return _ratio(observed - expected, 1 - expected)


def fleiss_kappa(answers: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Give Fleiss' kappa over the items that have two annotations or more.

    Parameters and returned values are those of `percent_agreement`.

    Notes
    -----
    Fleiss (1971), *Measuring nominal scale agreement among many raters*. Where items have different
    numbers of annotations, agreement and category shares are averaged over items, as in Gwet (2014),
    *Handbook of inter-rater reliability*, chapter 2.
    """
    counts, weights = _paired(answers, weights)
    annotators = counts.sum(axis=1)
    agreeing = (counts * (counts - 1)).sum(axis=1) / (annotators * (annotators - 1))
    total = weights.sum(axis=1)
    observed = _ratio(weights @ agreeing, total)
    shares = _ratio(weights @ (counts / annotators[:, None]), total[:, None])
    expected = (shares**2).sum(axis=1)
    return _ratio(observed - expected, 1 - expected)


def krippendorff_alpha(answers: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Give Krippendorff's alpha for nominal data, from the coincidences of answers within items.

    Parameters and returned values are those of `percent_agreement`.

    Notes
    -----
    Krippendorff (2011), *Computing Krippendorff's alpha-reliability*. It equals
    ``nltk.metrics.agreement.AnnotationTask.alpha``; arrays make it fast enough to be resampled.

    Examples
    --------
    >>> answers = np.array([[0, 0], [1, 1], [1, 0], [0, MISSING]])
    >>> krippendorff_alpha(answers, np.ones((1, 4))).round(3)
    array([0.444])
    """
    counts, weights = _paired(answers, weights)
    annotators = counts.sum(axis=1)
    differing = (annotators**2 - (counts**2).sum(axis=1)) / (annotators - 1)
    values = weights @ counts
    total = values.sum(axis=1)
    return 1 - _ratio((total - 1) * (weights @ differing), total**2 - (values**2).sum(axis=1))


_STATISTICS = {
    "percent_agreement": percent_agreement,
    "cohens_kappa": mean_cohen_kappa,
    "fleiss_kappa": fleiss_kappa,
    "krippendorff_alpha": krippendorff_alpha,
}


def _figures(answers: np.ndarray, n_bootstrap: int, generator: np.random.Generator) -> dict[str, Figure]:
    """Give every figure with its 95% percentile bootstrap interval over items."""
    patterns, counts = np.unique(answers, axis=0, return_counts=True)
    batch = max(1, _AT_ONCE // len(patterns))
    drawn: dict[str, list[np.ndarray]] = {name: [] for name in _STATISTICS}
    for start in range(0, n_bootstrap, batch):
        weights = generator.multinomial(counts.sum(), counts / counts.sum(), min(batch, n_bootstrap - start)).astype(
            float
        )
        for name, statistic in _STATISTICS.items():
            drawn[name].append(statistic(patterns, weights))
    return {
        name: Figure.of(np.concatenate([statistic(patterns, counts[None]), *drawn[name]]))
        for name, statistic in _STATISTICS.items()
    }


def _kappa_matrix(answers: np.ndarray) -> np.ndarray:
    patterns, counts = np.unique(answers, axis=0, return_counts=True)
    matrix = np.eye(answers.shape[1])
    for a, b in combinations(range(len(matrix)), 2):
        matrix[a, b] = matrix[b, a] = cohen_kappa(patterns[:, (a, b)], counts[None])[0]
    return matrix


def _category_counts(answers: np.ndarray) -> np.ndarray:
    """Count each category in each pattern: shape (n_patterns, n_categories)."""
    return np.stack([(answers == category).sum(axis=1) for category in range(answers.max() + 1)], axis=1)


def _paired(answers: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Keep the patterns with two annotations or more: their category counts, and their weights."""
    counts = _category_counts(answers)
    several = counts.sum(axis=1) > 1
    return counts[several], weights[:, several]


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Divide; NaN where the whole is nothing but rounding."""
    defined = np.abs(whole) > 1e-12
    return np.divide(part, whole, out=np.full(np.broadcast_shapes(part.shape, whole.shape), np.nan), where=defined)


# ---- annotators and items


def _biases(annotations: Annotations) -> Iterator[Bias]:
    """Compare each annotator with the mean of the others, on the items that both annotated."""
    given, said = annotations.given, np.maximum(annotations.tones, 0)
    for n, annotator in enumerate(annotations.annotators):
        others = given.sum(axis=1) - given[:, n]
        both = given[:, n] & (others > 0)
        own = said[both, n]
        by_others = (said[both].sum(axis=1) - own) / others[both, None]
        for tone, mine, theirs in zip(TONES, own.T, by_others.T, strict=True):
            yield Bias(annotator, tone, *((float(mine.mean()), float(theirs.mean())) if both.any() else (np.nan,) * 2))


def _most_disputed(annotations: Annotations, top: int) -> list[Disputed]:
    annotators = annotations.given.sum(axis=1)
    yes = np.maximum(annotations.tones, 0).sum(axis=1)
    differing = yes * (annotators[:, None] - yes)
    disagreement = (differing / np.maximum(annotators * (annotators - 1) / 2, 1)[:, None]).mean(axis=1)
    ranked = np.argsort(-disagreement, kind="stable")[:top]
    return [
        Disputed(annotations.items[n], float(disagreement[n]), tuple(_named(differing[n] > 0)))
        for n in ranked
        if disagreement[n] > 0
    ]


def _named(present: np.ndarray) -> list[str]:
    return [tone for tone, there in zip(TONES, present, strict=True) if there]


def _plain(value: Any) -> Any:
    return (None if value != value else float(value)) if isinstance(value, float) else value

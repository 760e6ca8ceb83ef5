"""Compare models on the same messages: how far apart they are, whether by more than chance, and where."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from scipy.stats import binomtest, chi2

from caretone.corpus.reading import LabelledMessages
from caretone.evaluation.bootstrap import Figure, bootstrap
from caretone.evaluation.metrics import tone_f1
from caretone.evaluation.run import require_tones, seen_in_training
from caretone.predictor import Predictor
from caretone.tones import TONES, format_tones

Key = TypeVar("Key", bound=Hashable)

FEW = 25
"""Of fewer discordant messages than this, McNemar's test takes the exact binomial distribution."""


@dataclass(frozen=True)
class Difference:
    """By how much the first model's figure is above the second's.

    Attributes
    ----------
    figure : Figure
        The difference and its 95% interval.
    p : float
        The two-sided p value of the bootstrap.
    """

    figure: Figure
    p: float

    def to_dict(self) -> dict[str, float | None]:
        """Give the difference as plain values, ready for JSON."""
        return {**self.figure.to_dict(), "p": self.p}


@dataclass(frozen=True)
class McNemar:
    """Whether two models are right on one tone equally often.

    Attributes
    ----------
    only_first, only_second : int
        How many messages only the one model, or only the other, is right on.
    p : float
        McNemar's p value.
    p_holm : float
        The same, corrected for all the tones and pairs of models that were tested.
    """

    only_first: int
    only_second: int
    p: float
    p_holm: float


@dataclass(frozen=True)
class Pair:
    """Two models side by side.

    Attributes
    ----------
    first, second : str
        The names of the models.
    macro_f1 : Difference
        Of the macro-F1 over the three tones.
    f1 : dict of str to Difference
        Of each tone's F1.
    mcnemar : dict of str to McNemar
        The test on each tone.
    """

    first: str
    second: str
    macro_f1: Difference
    f1: dict[str, Difference]
    mcnemar: dict[str, McNemar]

    def to_dict(self) -> dict[str, Any]:
        """Give the pair as plain values, ready for JSON."""
        return {
            "first": self.first,
            "second": self.second,
            "macro_f1": self.macro_f1.to_dict(),
            "f1": {tone: difference.to_dict() for tone, difference in self.f1.items()},
            "mcnemar": {tone: asdict(test) for tone, test in self.mcnemar.items()},
        }


@dataclass(frozen=True)
class Comparison:
    """Models on the same messages.

    Attributes
    ----------
    messages : int
        How many messages they were compared on.
    models : dict of str to dict of str to Figure
        For each model its ``macro_f1``, and its F1 under each tone's name.
    pairs : list of Pair
        Every two models.
    seen : dict of str to int
        How many of the messages also stand in each model's training data, where that is known.
    """

    messages: int
    models: dict[str, dict[str, Figure]]
    pairs: list[Pair]
    seen: dict[str, int | None]

    def to_dict(self) -> dict[str, Any]:
        """Give the comparison as plain values, ready for JSON."""
        return {
            "messages": self.messages,
            "seen": self.seen,
            "models": {
                model: {name: figure.to_dict() for name, figure in figures.items()}
                for model, figures in self.models.items()
            },
            "pairs": [pair.to_dict() for pair in self.pairs],
        }


def compare_messages(
    predictors: Mapping[str, Predictor], messages: LabelledMessages, *, group: str | None = None, **options: Any
) -> tuple[Comparison, pd.DataFrame]:
    """Compare predictors on labelled messages.

    Parameters
    ----------
    predictors : mapping of str to Predictor
        Two or more, by name; their models must know the three tones.
    messages : LabelledMessages
        The messages and their true tones.
    group : str, optional
        A column, such as the author, whose values are resampled whole.
    **options
        Further parameters of `compare`.

    Returns
    -------
    comparison : Comparison
    disagreements : DataFrame
        The messages on which the models part; see `disagreements`.

    Raises
    ------
    LabelledDataError
        If the column is missing, or a model does not know the tones.
    """
    groups = None if group is None else np.asarray(messages.column(group), dtype=str)
    probabilities, predicted, seen = {}, {}, {}
    for name, predictor in predictors.items():
        require_tones(predictor.model)
        probabilities[name] = predictor.predict_many(messages.texts)[list(TONES)].to_numpy()
        predicted[name] = (probabilities[name] >= np.asarray(predictor.model.thresholds)).astype(int)
        of_texts = seen_in_training(predictor.model, messages.texts)
        seen[name] = None if of_texts is None else int(of_texts.sum())
    comparison = compare(messages.tones, predicted, groups=groups, **options)
    return replace(comparison, seen=seen), disagreements(messages, predicted, probabilities)


def compare(
    present: np.ndarray,
    predicted: Mapping[str, np.ndarray],
    *,
    groups: Sequence[Any] | np.ndarray | None = None,
    n_bootstrap: int = 1000,
    random_state: int = 0,
) -> Comparison:
    """Compare predictions of the same messages by several models, every two of them.

    Parameters
    ----------
    present : ndarray of 0 and 1, shape (n_messages, 3)
        The true tones.
    predicted : mapping of str to ndarray of 0 and 1, shape (n_messages, 3)
        The tones that each model predicts, by the model's name.
    groups : sequence, length n_messages, optional
        What is resampled whole, such as the author; by default every message by itself.
    n_bootstrap : int, default 1000
        How often to resample.
    random_state : int, default 0
        Seeds the resampling.

    Returns
    -------
    Comparison

    Notes
    -----
    Every resampling is measured with all models, so that differences are paired. The p value of a
    difference is that of the bootstrap interval turned round: twice the share of resamplings on the
    rarer side of zero, itself counted once more (Davison and Hinkley, 1997, *Bootstrap methods and
    their application*, sections 4.4 and 5.4). It is not corrected for the number of comparisons.

    McNemar (1947, Psychometrika 12) asks of each tone whether the messages that only one of the two is
    right on fall to either model alike. It takes messages as independent even where ``groups`` are
    given. Holm (1979, Scandinavian Journal of Statistics 6) corrects over all tones and pairs.

    Examples
    --------
    >>> present = np.eye(3, dtype=int)
    >>> pair = compare(present, {"good": present, "bad": 1 - present}, n_bootstrap=10).pairs[0]
    >>> pair.macro_f1.figure.value, pair.mcnemar["empathy"].p
    (1.0, 0.25)
    """

    def statistics(counts: np.ndarray) -> dict[tuple[str, str], np.ndarray]:
        f1 = {model: tone_f1(counts, present, tones) for model, tones in predicted.items()}
        return {
            (model, name): column
            for model, columns in f1.items()
            for name, column in {"macro_f1": columns.mean(axis=1), **dict(zip(TONES, columns.T, strict=True))}.items()
        }

    values = bootstrap(statistics, len(present), groups=groups, n_bootstrap=n_bootstrap, random_state=random_state)
    pairs = list(combinations(predicted, 2))
    right = {model: present == tones for model, tones in predicted.items()}
    tests = _corrected(
        {
            (first, second, tone): _mcnemar(right[first][:, n], right[second][:, n])
            for first, second in pairs
            for n, tone in enumerate(TONES)
        }
    )
    return Comparison(
        len(present),
        {model: {name: Figure.of(values[model, name]) for name in ("macro_f1", *TONES)} for model in predicted},
        [
            Pair(
                first,
                second,
                _difference(values[first, "macro_f1"], values[second, "macro_f1"]),
                {tone: _difference(values[first, tone], values[second, tone]) for tone in TONES},
                {tone: tests[first, second, tone] for tone in TONES},
            )
            for first, second in pairs
        ],
        dict.fromkeys(predicted),
    )


def disagreements(
    messages: LabelledMessages, predicted: Mapping[str, np.ndarray], probabilities: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    """List the messages on which models predict different tones, the widest apart first.

    Parameters
    ----------
    messages : LabelledMessages
        The messages and their true tones.
    predicted : mapping of str to ndarray of 0 and 1, shape (n_messages, 3)
        The tones that each model predicts.
    probabilities : mapping of str to ndarray, shape (n_messages, 3)
        The probabilities behind them.

    Returns
    -------
    DataFrame
        One row a message: its ``row`` in its file, ``text``, true ``tones``, the ``gap`` (the largest difference
        between two models' probabilities of a tone on which they part), then for each model its tones and
        probabilities, in columns such as ``mine tones`` and ``mine empathy``.
    """
    votes = np.stack(list(predicted.values()))
    parted = votes.min(axis=0) != votes.max(axis=0)
    gaps = (np.ptp(np.stack(list(probabilities.values())), axis=0) * parted).max(axis=1)
    places = np.flatnonzero(parted.any(axis=1))
    places = places[np.argsort(-gaps[places], kind="stable")]
    columns: dict[str, Any] = {
        "row": np.asarray(messages.rows)[places],
        "text": pd.Series([messages.texts[place] for place in places], dtype=object),
        "tones": _tone_cells(messages.tones[places]),
        "gap": gaps[places].round(6),
    }
    for model in predicted:
        columns[f"{model} tones"] = _tone_cells(predicted[model][places])
        for n, tone in enumerate(TONES):
            columns[f"{model} {tone}"] = probabilities[model][places, n].round(6)
    return pd.DataFrame(columns)


def _difference(first: np.ndarray, second: np.ndarray) -> Difference:
    """Compare two models' figure, on the messages as they are and on each resampling."""
    apart = first - second
    rarer = min((apart[1:] <= 0).sum(), (apart[1:] >= 0).sum())
    return Difference(Figure.of(apart), min(1.0, float(2 * (rarer + 1) / len(apart))))


def _mcnemar(first_right: np.ndarray, second_right: np.ndarray) -> McNemar:
    """Test one tone; of few discordant messages exactly, of many by chi-squared with Edwards' correction."""
    only_first, only_second = int((first_right & ~second_right).sum()), int((second_right & ~first_right).sum())
    discordant = only_first + only_second
    if discordant < FEW:
        p = float(binomtest(only_first, discordant).pvalue) if discordant else 1.0
    else:
        p = float(chi2.sf((abs(only_first - only_second) - 1) ** 2 / discordant, 1))
    return McNemar(only_first, only_second, p, p)


def _corrected(tests: Mapping[Key, McNemar]) -> dict[Key, McNemar]:
    """Correct the p values by Holm's step-down method."""
    corrected: dict[Key, McNemar] = {}
    least = 0.0
    for rank, key in enumerate(sorted(tests, key=lambda key: tests[key].p)):
        least = max(least, min(1.0, tests[key].p * (len(tests) - rank)))
        corrected[key] = replace(tests[key], p_holm=least)
    return corrected


def _tone_cells(tones: np.ndarray) -> list[str]:
    return [format_tones(tone for tone, there in zip(TONES, row, strict=True) if there) for row in tones]

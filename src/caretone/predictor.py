"""Predict the tones of one message or of many, and explain a prediction."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from math import log, sqrt
from typing import TYPE_CHECKING, Any, NamedTuple

from caretone.model import FoldedModel, with_priors
from caretone.scoring.plain import probabilities, sentence_rows
from caretone.shipped import shipped_path
from caretone.text import Token, located_sentences
from caretone.tones import NONE, TONES

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

CLOSE = log(1.5)
"""A probability is close to its threshold where their odds differ by less than this factor's logarithm."""

MANY = 500
"""From so many messages on compiled scoring pays."""

MANY_AT_FIRST = 10_000
"""The same where numba and the compiled code must be loaded first, which takes 0.4 seconds."""

SLOW = 20_000
"""With so many messages and without numba, the user is told of it."""


class Evidence(NamedTuple):
    """A stretch of a message and how much it speaks for a tone.

    Attributes
    ----------
    text : str
        What the writer wrote there.
    start, end : int
        Where it stands: ``message[start:end]`` is ``text``.
    weight : float
        What it adds to the log-odds of the tone; below zero it speaks against.
    """

    text: str
    start: int
    end: int
    weight: float


@dataclass(frozen=True)
class Prediction:
    """What caretone says of one message.

    Attributes
    ----------
    text : str
        The message.
    probabilities : dict of str to float
        The calibrated probability of each tone.
    model : FoldedModel
        The model that was asked.

    Examples
    --------
    >>> import caretone
    >>> prediction = caretone.predict("I'm so sorry for your loss.")
    >>> prediction.label, prediction.tones
    ('sympathy', ('sympathy',))
    """

    text: str
    probabilities: dict[str, float]
    model: FoldedModel

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={probability:.2f}" for name, probability in self.probabilities.items())
        return f"Prediction(label={self.label!r}, {shown})"

    @cached_property
    def tones(self) -> tuple[str, ...]:
        """The tones whose probability reaches its threshold, in the model's order."""
        return tuple(name for name in self.model.labels if self.probabilities[name] >= self.thresholds[name])

    @property
    def label(self) -> str:
        """The deepest tone present, else ``none``; of labels other than the tones the likeliest."""
        return single_label(self.model, list(self.probabilities.values()))

    @property
    def thresholds(self) -> dict[str, float]:
        """The probability from which each tone counts as present."""
        return dict(zip(self.model.labels, self.model.thresholds, strict=True))

    @property
    def close(self) -> tuple[str, ...]:
        """The tones that are close to their threshold, on either side: look at these yourself.

        Close means that the odds are within a factor of 1.5 of the threshold's odds.
        """
        return tuple(
            name
            for name, threshold in self.thresholds.items()
            if abs(_log_odds(self.probabilities[name]) - _log_odds(threshold)) < CLOSE
        )

    def evidence(self, tone: str) -> list[Evidence]:
        """Give the sentences that speak for a tone, the strongest first.

        Parameters
        ----------
        tone : str
            One of the model's labels.

        Returns
        -------
        list of Evidence
            Sentences with a weight above zero; the weights of all sentences, those below zero
            included, add up with the model's bias to the log-odds of the tone.

        Raises
        ------
        ValueError
            If the model does not know the tone.

        Examples
        --------
        >>> import caretone
        >>> prediction = caretone.predict("The bus was late. I'm so sorry for your loss.")
        >>> prediction.evidence("sympathy")[0].text
        "I'm so sorry for your loss."
        """
        parts = [
            Evidence(
                self.text[sentence[0].start : sentence[-1].end],
                sentence[0].start,
                sentence[-1].end,
                sum(weights),
            )
            for sentence, weights in self._weights(tone)
        ]
        return sorted((part for part in parts if part.weight > 0), key=lambda part: -part.weight)

    def words(self, tone: str) -> list[Evidence]:
        """Give every word and mark of the message with what it adds to a tone's log-odds.

        The weight of an n-gram is shared equally by its tokens, so that the weights, added to the
        model's bias, are the log-odds of the tone exactly.

        Parameters
        ----------
        tone : str
            One of the model's labels.

        Returns
        -------
        list of Evidence
            One for each token, in the order of the text.

        Raises
        ------
        ValueError
            If the model does not know the tone.

        Examples
        --------
        >>> import caretone
        >>> words = caretone.predict("So sorry, mate").words("sympathy")
        >>> [word.text for word in words]
        ['So', 'sorry', ',', 'mate']
        """
        return [
            Evidence(self.text[token.start : token.end], token.start, token.end, weight)
            for sentence, weights in self._weights(tone)
            for token, weight in zip(sentence, weights, strict=True)
        ]

    def to_dict(self) -> dict[str, Any]:
        """Give the prediction as plain values, ready for JSON, with the evidence for the tones present."""
        return {
            "text": self.text,
            "label": self.label,
            "tones": list(self.tones),
            "probabilities": {name: round(value, 6) for name, value in self.probabilities.items()},
            "close": list(self.close),
            "evidence": {tone: [part._asdict() for part in self.evidence(tone)] for tone in self.tones},
        }

    def _weights(self, tone: str) -> list[tuple[list[Token], list[float]]]:
        """Give the sentences with what each of their tokens adds to a tone's log-odds."""
        model = self.model
        if tone not in model.labels:
            raise ValueError(f"the model has no tone {tone!r}, only {', '.join(model.labels)}")
        label = model.labels.index(tone)
        column, scale = model.weights[label], model.step * model.slopes[label]
        located = located_sentences(self.text)
        shares = []
        for sentence in located:
            share = [0.0] * len(sentence)
            for row, first, last, step in sentence_rows(model, [token.token for token in sentence]):
                places = range(first, last + 1, step)
                for place in places:
                    share[place] += column[row] / len(places)
            shares.append(share)
        if not located:
            return []
        strengths = [sum(share) / sqrt(len(share)) for share in shares]
        strongest = strengths.index(max(strengths))
        of_message = (1 - model.sentence_weight) / sqrt(sum(map(len, located)))
        factors = [of_message] * len(located)
        factors[strongest] += model.sentence_weight / sqrt(len(located[strongest]))
        return [
            (sentence, [scale * factor * value for value in share])
            for sentence, share, factor in zip(located, shares, factors, strict=True)
        ]


class Predictor:
    """Predict with one model.

    Parameters
    ----------
    model : FoldedModel
        The model to ask.

    Examples
    --------
    >>> import caretone
    >>> caretone.load().predict("The meeting moved to 3pm.").label
    'none'
    """

    def __init__(self, model: FoldedModel) -> None:
        self.model = model

    def __repr__(self) -> str:
        return f"Predictor({', '.join(self.model.labels)}; {len(self.model.weights[0]):,} n-grams)"

    def predict(self, text: str) -> Prediction:
        """Predict the tones of one message.

        Parameters
        ----------
        text : str
            The message. One without any word, mark or emoji is ``none``.

        Returns
        -------
        Prediction

        Raises
        ------
        TypeError
            If ``text`` is not a string.
        """
        if not isinstance(text, str):
            raise TypeError(f"predict expects one message as a str, not {_named(text)}")
        return Prediction(text, dict(zip(self.model.labels, probabilities(self.model, text), strict=True)), self.model)

    def predict_many(self, texts: Iterable[str]) -> pd.DataFrame:
        """Predict the tones of many messages.

        Parameters
        ----------
        texts : iterable of str
            The messages: a list, an array, a pandas or Arrow column, a generator.

        Returns
        -------
        DataFrame
            One row a message in the same order, and with the same index where ``texts`` has one:
            ``label``, then the probability of each tone.

        Raises
        ------
        TypeError
            If ``texts`` is one string, or one of the messages is not a string.

        Notes
        -----
        With numba (``pip install "caretone[fast]"``) many messages are scored in compiled code on all
        cores, which is at least ten times as fast; the very first time it takes seconds to compile.
        """
        import pandas as pd

        if isinstance(texts, str | bytes) or not isinstance(texts, Iterable):
            raise TypeError(f"predict_many expects many messages, such as a list of str, not {_named(texts)}")
        index = texts.index if isinstance(texts, pd.Series) else None
        found = _many_probabilities(self.model, _messages(texts))
        table = pd.DataFrame(found, columns=list(self.model.labels), index=index)
        table.insert(0, "label", pd.Series(_single_labels(self.model, found), index=table.index, dtype=object))
        return table


def load(path: str | os.PathLike[str] | None = None, *, prior: float | Mapping[str, float] | None = None) -> Predictor:
    """Load a model to predict with.

    Parameters
    ----------
    path : path, optional
        The model's file; without it the model that caretone ships.
    prior : float or mapping of str to float, optional
        The share of messages, between 0 and 1, that carry a tone where the model is to be used: one
        for every tone, or one for each named tone. In everyday talk caring is rare, and a model told
        so raises fewer false alarms. By default the model keeps the prior of its training data.

    Returns
    -------
    Predictor

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ModelFileError
        If the file is damaged or no model file.
    ValueError
        If a prior is not between 0 and 1, or its tone is unknown.

    Examples
    --------
    >>> import caretone
    >>> cautious = caretone.load(prior=0.05)
    >>> text = "That must be tiring."
    >>> everyday = caretone.predict(text).probabilities["sympathy"]
    >>> cautious.predict(text).probabilities["sympathy"] < everyday
    True
    """
    predictor = Predictor(FoldedModel.load(path)) if path is not None else _shipped_predictor()
    if prior is None:
        return predictor
    priors = prior if isinstance(prior, Mapping) else dict.fromkeys(predictor.model.labels, prior)
    return Predictor(with_priors(predictor.model, priors))


def predict(text: str) -> Prediction:
    """Predict the tones of one message with the model that caretone ships; see `Predictor.predict`.

    Examples
    --------
    >>> import caretone
    >>> caretone.predict("I'll cover your shift, go be with her.").label
    'compassion'
    """
    return _shipped_predictor().predict(text)


def predict_many(texts: Iterable[str]) -> pd.DataFrame:
    """Predict the tones of many messages with the model that caretone ships; see `Predictor.predict_many`.

    Examples
    --------
    >>> import caretone
    >>> table = caretone.predict_many(["Lunch?", "So sorry for your loss."])
    >>> table["label"].tolist()
    ['none', 'sympathy']
    """
    return _shipped_predictor().predict_many(texts)


def single_label(model: FoldedModel, probabilities: list[float]) -> str:
    """Give the one label of a message: the deepest tone that reaches its threshold, else ``none``.

    Labels other than the tones have no depth: of those the one with the highest probability is given.
    """
    if model.labels == TONES:
        for name, probability, threshold in zip(TONES[::-1], probabilities[::-1], model.thresholds[::-1], strict=True):
            if probability >= threshold:
                return name
        return NONE
    return max(zip(probabilities, model.labels, strict=True))[1]


def _single_labels(model: FoldedModel, probabilities: NDArray[np.float64]) -> NDArray[np.object_]:
    """Give the `single_label` of many messages."""
    import numpy as np

    if model.labels == TONES:
        present = probabilities >= np.array(model.thresholds)
        deepest = len(TONES) - 1 - present[:, ::-1].argmax(axis=1)
        return np.where(present.any(axis=1), np.array(TONES, dtype=object)[deepest], NONE)
    order = sorted(range(len(model.labels)), key=model.labels.__getitem__, reverse=True)  # of equals, the last name
    return np.array(model.labels, dtype=object)[order][probabilities[:, order].argmax(axis=1)]


def _many_probabilities(model: FoldedModel, messages: Any) -> NDArray[np.float64]:
    """Give the probabilities of many messages in the way that is the fastest for so many."""
    import numpy as np

    if len(messages) >= (MANY if "caretone.scoring.compiled" in sys.modules else MANY_AT_FIRST):
        try:
            from caretone.scoring.compiled import batch_probabilities
        except ImportError as error:
            if len(messages) >= SLOW:
                _say_how_to_be_fast(str(error))
        else:
            return batch_probabilities(model, messages)
    listed = messages if isinstance(messages, list) else messages.to_pylist()
    rows = [probabilities(model, text) for text in listed]
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(model.labels))


@cache
def _say_how_to_be_fast(reason: str) -> None:
    warnings.warn(
        f'many messages are scored at least ten times as fast with numba: pip install "caretone[fast]" ({reason})',
        RuntimeWarning,
        stacklevel=4,
    )


def _messages(texts: Iterable[Any]) -> Any:
    """Give messages as the Arrow array of strings that holds them, where there is one, else as a list of str."""
    held: Any = getattr(texts, "array", texts)  # behind a pandas column
    arrow = held.__arrow_array__() if hasattr(held, "__arrow_array__") else held
    if str(getattr(arrow, "type", "")) in ("string", "large_string") and not arrow.null_count:
        return arrow
    return list(_checked(arrow.to_pylist() if hasattr(arrow, "to_pylist") else texts))


@cache
def _shipped_predictor() -> Predictor:
    return Predictor(FoldedModel.load(shipped_path("models", "caretone.caretone")))


def _checked(texts: Iterable[Any]) -> Iterable[str]:
    for place, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"predict_many expects every message as a str, but number {place + 1} is {_named(text)}")
        yield text


def _named(value: object) -> str:
    if value is None:
        return "None; leave missing messages out or pass an empty string"
    if isinstance(value, bytes):
        return "bytes; decode them first, for instance with .decode('utf-8')"
    if isinstance(value, float) and value != value:
        return "a missing value (NaN); leave it out or pass an empty string"
    return type(value).__name__


def _log_odds(probability: float) -> float:
    if probability in (0.0, 1.0):
        return float("inf") if probability else float("-inf")
    return log(probability / (1 - probability))

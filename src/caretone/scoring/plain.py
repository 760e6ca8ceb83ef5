"""Score one message in plain Python: walk its sentences through the model's table.

For label *t*, with *x* the sum of the weights of all n-grams in a sentence of *n* tokens, *X* and *N*
the same of the whole message, *b* the intercept and *m* the weight of the strongest sentence::

    score_t = b_t + (1 - m) * X_t / sqrt(N) + m * max over sentences of x_t / sqrt(n)

It imports nothing beyond the standard library, so that the first answer comes in milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import exp, sqrt

from caretone.model import KEY_BITS, FoldedModel
from caretone.text import SKIP_DISTANCES, sentences, subwords


def probabilities(model: FoldedModel, text: str) -> list[float]:
    """Give the calibrated probability of each label of the model for one text.

    Parameters
    ----------
    model : FoldedModel
        The table.
    text : str
        The message.

    Returns
    -------
    list of float
        A probability a label, in the model's order.
    """
    scores = message_scores(model, text)
    return [
        sigmoid(slope * score + offset)
        for score, slope, offset in zip(scores, model.slopes, model.offsets, strict=True)
    ]


def message_scores(model: FoldedModel, text: str) -> list[float]:
    """Give the score of each label for one text, before calibration; see the formula above."""
    columns = [column.__getitem__ for column in model.weights]
    totals = [0] * len(columns)
    strongest = [float("-inf")] * len(columns)
    tokens = 0
    for sentence in sentences(text):
        rows = [row for row, _, _, _ in sentence_rows(model, sentence)]
        root = sqrt(len(sentence))
        tokens += len(sentence)
        for label, weight_of in enumerate(columns):
            total = sum(map(weight_of, rows))
            totals[label] += total
            strongest[label] = max(strongest[label], total / root)
    if not tokens:
        return list(model.intercepts)
    of_message = (1 - model.sentence_weight) / sqrt(tokens)
    return [
        intercept + model.step * (of_message * total + model.sentence_weight * top)
        for intercept, total, top in zip(model.intercepts, totals, strongest, strict=True)
    ]


def sentence_rows(model: FoldedModel, sentence: list[str]) -> list[tuple[int, int, int, int]]:
    """Give the table's row of each n-gram in a sentence that the table holds, and where it stands.

    Parameters
    ----------
    model : FoldedModel
        The table.
    sentence : list of str
        The tokens of one sentence.

    Returns
    -------
    list of (row, first, last, step)
        The row; the places of the n-gram's first and last token in the sentence; and how far apart its tokens
        stand: 1, or of a skip-bigram its distance.
    """
    word_rows, ngram_rows, skip_rows = model.word_rows, model.ngram_rows, model.skip_rows
    found = []
    words = list(map(word_rows.get, sentence))
    ending: list[tuple[int, int]] = []  # the n-grams that end with the token before: row and first place
    for place, word in enumerate(words):
        if word is None:
            found += [(row, place, place, 1) for row in _subword_rows(model, sentence[place])]
            ending = []
            continue
        found.append((word, place, place, 1))
        grown = [(word, place)]
        for shorter, first in ending:
            row = ngram_rows.get(shorter << KEY_BITS | word)
            if row is not None:
                found.append((row, first, place, 1))
                grown.append((row, first))
        ending = grown
        for distance in SKIP_DISTANCES:
            opening = words[place - distance] if place >= distance else None
            if opening is not None:
                row = skip_rows.get(opening << KEY_BITS | word)
                if row is not None:
                    found.append((row, place - distance, place, distance))
    return found


def _subword_rows(model: FoldedModel, token: str) -> Iterator[int]:
    rows = model.subword_rows
    for subword in subwords(token):
        row = rows.get(subword)
        if row is not None:
            yield row


def sigmoid(log_odds: float) -> float:
    """Give the probability of log-odds, for any float without overflow."""
    if log_odds >= 0:
        return 1 / (1 + exp(-log_odds))
    power = exp(log_odds)
    return power / (1 + power)

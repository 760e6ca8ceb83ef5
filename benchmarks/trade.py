"""Measure what character n-grams, skip-bigrams and sentences cost in speed, in the pipeline and in the compiled scorer.

    python benchmarks/trade.py [--messages 20000] [--rounds 5]

What they bring in accuracy is measured by ``benchmarks/accuracy.py``. Without sentences means the same messages with
commas for the ends of sentences, so that each is one long sentence.
"""

from __future__ import annotations

import argparse
import copy
import re
from collections.abc import Callable
from itertools import chain

import peers
import pyarrow as pa
from measuring import Figures, Table, Way, alternated, spread
from throughput import without_skip_bigrams, without_subwords, words_alone

import caretone
from caretone.scoring.compiled import batch_probabilities
from caretone.text import word_ngrams
from caretone.training import CareToneClassifier
from caretone.training.features import named_skip_bigrams, named_subwords

SENTENCE_END = re.compile(r"[.!?…]+(?=[\"'”’)\]]*\s)|[\n\r]")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    texts = peers.drawn(peers.shipped_messages(), options.messages)
    classifier, model = peers.fitted_pipeline(), caretone.load().model
    variants = {
        "as shipped": (classifier, model, texts),
        "without character n-grams": (
            counting(classifier, word_ngrams, named_skip_bigrams),
            without_subwords(model),
            texts,
        ),
        "without skip-bigrams": (
            counting(classifier, word_ngrams, named_subwords),
            without_skip_bigrams(model),
            texts,
        ),
        "word n-grams alone": (counting(classifier, word_ngrams), words_alone(model), texts),
        "without sentences": (classifier, model, [SENTENCE_END.sub(",", text) for text in texts]),
    }
    columns = {name: pa.array(texts, pa.large_string()) for name, (_, _, texts) in variants.items()}
    slow = alternated(
        {
            name: Way(lambda c=classifier, few=texts[: peers.SLOW]: c.predict_proba(few), len(texts[: peers.SLOW]))
            for name, (classifier, _, texts) in variants.items()
        },
        options.rounds,
    )
    for name, (_, model, _) in variants.items():
        batch_probabilities(model, columns[name], threads=1)  # compiles, and lays the table out
    fast = alternated(
        {
            name: Way(lambda m=model, c=columns[name]: batch_probabilities(m, c, threads=1), len(columns[name]))
            for name, (_, model, _) in variants.items()
        },
        options.rounds,
    )
    rows = [
        [name, *(cell for way in (slow, fast) for cell in (spread(1 / way[name], ",.0f"), times(way, name)))]
        for name in variants
    ]
    header = ["messages a second, one core", "scikit-learn pipeline", "times", "compiled", "times"]
    Figures([Table("trade", header, rows)]).publish("trade")


def counting(classifier: CareToneClassifier, *kinds: Callable) -> CareToneClassifier:
    """Give a pipeline that counts some kinds of n-grams, to see its speed; its predictions are no good."""
    changed = copy.deepcopy(classifier)
    changed.features_.counts_.analyzer = lambda tokens: chain.from_iterable(kind(list(tokens)) for kind in kinds)
    return changed


def times(seconds: dict, name: str) -> str:
    return spread(seconds["as shipped"] / seconds[name], ".2f")


if __name__ == "__main__":
    main()

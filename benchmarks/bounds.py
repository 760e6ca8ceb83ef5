"""Measure what bounds each way: the share of its time that a part of its work takes.

python benchmarks/bounds.py [--messages 10000] [--rounds 5]
"""

from __future__ import annotations

import argparse
from array import array
from dataclasses import replace

import joblib
import peers
import pyarrow as pa
from measuring import Figures, Table, Way, alternated, spread

import caretone
from caretone.model import FoldedModel
from caretone.scoring.compiled import batch_probabilities
from caretone.training.features import SplitMessages

ONE_BY_ONE = 100
"""How many messages the pipeline answers one by one."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    texts = peers.drawn(peers.shipped_messages(), options.messages)
    column, single = pa.array(texts, pa.large_string()), texts[:ONE_BY_ONE]
    model, pipeline = caretone.load().model, joblib.load(peers.pipeline_path())
    nothing, words = without_table(model), without_ngrams(model)
    sentences, counter = SplitMessages.of(texts).sentences, pipeline[-1].features_.counts_
    ways = {
        "compiled": lambda: batch_probabilities(model, column, threads=1),
        "compiled: reading characters into words": lambda: batch_probabilities(nothing, column, threads=1),
        "compiled: the same and looking words up": lambda: batch_probabilities(words, column, threads=1),
        "`predict_many`": lambda: caretone.predict_many(texts),
        "`predict_many`: from `str` to Arrow": lambda: pa.array(texts, pa.large_string()),
        "pipeline": lambda: pipeline.predict_proba(texts),
        "pipeline: splitting into sentences and words": lambda: SplitMessages.of(texts),
        "pipeline: counting n-grams": lambda: counter.transform(sentences),
        "pipeline, one by one": lambda: [pipeline.predict_proba([text]) for text in single],
        "pipeline, one by one: messages of one letter": lambda: [pipeline.predict_proba(["a"]) for _ in single],
    }
    calls = {name: Way(call) for name, call in ways.items()}
    alternated(calls, 1, shortest=0)  # compiles, and lays tables out
    found = alternated(calls, options.rounds)
    rows = [[part, spread(found[part] / found[part.split(":")[0]], ".0%")] for part in found if ":" in part]
    Figures([Table("bounds", ["part", "share of the time"], rows)]).publish("bounds")


def without_table(model: FoldedModel) -> FoldedModel:
    """Give a model that knows no words, so that its messages are read and nothing is added."""
    return replace(without_ngrams(model), words=(), weights=tuple(array("i") for _ in model.weights))


def without_ngrams(model: FoldedModel) -> FoldedModel:
    """Give a model that knows words only."""
    weights = tuple(column[: len(model.words)] for column in model.weights)
    return replace(model, ngrams=array("Q"), skip_bigrams=array("Q"), subwords=(), weights=weights)


if __name__ == "__main__":
    main()

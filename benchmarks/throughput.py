"""Measure messages a second in batches: the shipped model beside the pipeline it was folded from, fastText and MiniLM.

    python benchmarks/throughput.py [--messages 1000 100000 1000000] [--rounds 3]

All ways score the same messages and take turns; a ratio is that of one round's two rates. The messages are drawn
from ``data/messages.csv`` and, where they are there, from the public corpora in ``../shared/public``. Ways that are
slow score only the first of them. Peers that are not installed are left out.
"""

from __future__ import annotations

import argparse
from array import array
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import peers
import pyarrow as pa
from measuring import Figures, Table, Way, alternated, judged, spread

import caretone
from caretone.model import FoldedModel
from caretone.scoring.compiled import batch_probabilities
from caretone.scoring.plain import probabilities
from caretone.training import CareToneClassifier
from caretone.training.material import tone_material

PIPELINE, FASTTEXT, MINILM = "scikit-learn pipeline", "fastText", "MiniLM and regression"
PLAIN, ONE, TWO = "plain Python", "compiled, 1 thread", "compiled, 2 threads"
MANY, WORDS = "`predict_many`, all threads", "compiled, 1 thread, word n-grams alone"

TARGETS = [(ONE, PIPELINE, 10.0), (ONE, FASTTEXT, 1.0), (WORDS, FASTTEXT, 4.0), (TWO, ONE, 1.7)]
"""How many times as fast the first is to be as the second."""

WORTH_TWO = 10_000
"""With fewer messages a second thread has nothing to do."""

Found = dict[int, dict[str, np.ndarray]]
"""By number of messages and by way, the seconds a message of each round."""


def main() -> None:
    arguments = parsed_arguments()
    contestants = Contestants.prepared()
    tables: list[Table] = []
    curves: dict[str, list[tuple[int, float]]] = {}
    for source, messages in {"shipped": peers.shipped_messages(), "public": peers.public_messages()}.items():
        if not messages:
            print(f"the public corpora are left out, for they are not in {peers.PUBLIC}")
            continue
        found = {
            n: alternated(contestants.ways(peers.drawn(messages, n)), arguments.rounds) for n in arguments.messages
        }
        tables += [rates(f"throughput-{source}", found), ratios(f"throughput-ratios-{source}", found)]
        curves = curves or seconds(found)
    Figures(tables, curves).publish("throughput")


def parsed_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, nargs="+", default=[1_000, 100_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=3, help="how often each way takes its turn (default: 3)")
    return parser.parse_args()


@dataclass(frozen=True)
class Contestants:
    """All that scores messages, ready to start."""

    model: FoldedModel
    classifier: CareToneClassifier
    fasttext: Callable | None
    minilm: Callable | None

    @classmethod
    def prepared(cls) -> Contestants:
        """Train the peers that are installed."""
        train = peers.fasttext_trainer(tone_material([], teacher=False))
        return cls(
            caretone.load().model,
            peers.fitted_pipeline(),
            peers.fasttext_predictor(train()) if train else None,
            peers.minilm_predictor(),
        )

    def ways(self, texts: list[str]) -> dict[str, Way]:
        """Give each way to score some messages, warmed up."""
        n, column, few = len(texts), pa.array(texts, pa.large_string()), texts[: peers.SLOW]
        words = words_alone(self.model)
        ways = {
            PIPELINE: Way(lambda: self.classifier.predict_proba(few), len(few)),
            PLAIN: Way(lambda: [probabilities(self.model, text) for text in few], len(few)),
            ONE: Way(lambda: batch_probabilities(self.model, column, threads=1), n),
            WORDS: Way(lambda: batch_probabilities(words, column, threads=1), n),
            MANY: Way(lambda: caretone.predict_many(texts), n),
        }
        if n >= WORTH_TWO:
            ways[TWO] = Way(lambda: batch_probabilities(self.model, column, threads=2), n)
        if self.fasttext:
            lines = [peers.one_line(text) for text in texts]
            ways[FASTTEXT] = Way(lambda: self.fasttext(lines), n)
        if self.minilm:
            sample = texts[: peers.MINILM_SAMPLE]
            ways[MINILM] = Way(lambda: self.minilm(sample), len(sample))
        for model in (self.model, words):  # the first time, code is compiled and tables are laid out
            probabilities(model, "a")
            batch_probabilities(model, column[:1])
        return ways


def words_alone(model: FoldedModel) -> FoldedModel:
    """Give a model without skip-bigrams and subwords, to see what they cost; its predictions are no good."""
    return without_skip_bigrams(without_subwords(model))


def without_subwords(model: FoldedModel) -> FoldedModel:
    n_kept = len(model.words) + len(model.ngrams) + len(model.skip_bigrams)
    return replace(model, subwords=(), weights=tuple(column[:n_kept] for column in model.weights))


def without_skip_bigrams(model: FoldedModel) -> FoldedModel:
    first = len(model.words) + len(model.ngrams)
    behind = first + len(model.skip_bigrams)
    return replace(
        model,
        skip_bigrams=array("Q"),
        weights=tuple(column[:first] + column[behind:] for column in model.weights),
    )


def rates(name: str, found: Found) -> Table:
    rows = [
        [way, *(spread(1 / found[n][way], ",.0f") if way in found[n] else "" for n in found)]
        for way in found[max(found)]
    ]
    return Table(name, ["messages a second", *(f"{n:,} messages" for n in found)], rows)


def ratios(name: str, found: Found) -> Table:
    rows = [
        [
            f"{fast}, against {slow}",
            f"{target:g}",
            *(judged(f[slow] / f[fast], target) if {slow, fast} <= f.keys() else "" for f in found.values()),
        ]
        for fast, slow, target in TARGETS
    ]
    return Table(name, ["times as fast", "target", *(f"{n:,} messages" for n in found)], rows)


def seconds(found: Found) -> dict[str, list[tuple[int, float]]]:
    """Give for each way the seconds that so many messages take."""
    return {way: [(n, n * float(np.median(f[way]))) for n, f in found.items() if way in f] for way in found[max(found)]}


if __name__ == "__main__":
    main()

"""Measure messages a second: the scikit-learn pipeline, the plain scorer, and the compiled one, side by side.

    python benchmarks/throughput.py --messages 20000

All ways score the same messages, drawn from ``data/messages.csv``, and take turns, round by round, so that
what else the machine does meets all of them alike. A ratio is that of one round's two rates; given are its
median and its range over the rounds. The first run trains the pipeline and keeps it as a joblib file.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pyarrow as pa

from caretone.scoring.compiled import batch_probabilities
from caretone.scoring.plain import probabilities
from caretone.tones import TONES
from caretone.training import CareToneClassifier
from caretone.training.folding import fold

DATA = Path(__file__).resolve().parents[1] / "data" / "messages.csv"
SHORTEST = 0.3
"""A way is repeated within its turn until so many seconds have passed."""

Way = Callable[[], object]


def main() -> None:
    arguments = parsed_arguments()
    labelled = pd.read_csv(DATA, keep_default_na=False)
    if not arguments.pipeline.exists():
        arguments.pipeline.parent.mkdir(parents=True, exist_ok=True)
        joblib.dump(fitted(labelled), arguments.pipeline)
    classifier: CareToneClassifier = joblib.load(arguments.pipeline)
    texts = labelled["text"].sample(arguments.messages, replace=True, random_state=0).tolist()
    ways = ways_of(classifier, texts)
    rates = measured(ways, len(texts), arguments.rounds)
    mean = sum(map(len, texts)) / len(texts)
    print(f"{len(texts):,} messages of {mean:.0f} characters on average, {arguments.rounds} rounds\n")
    show(rates)


def parsed_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=20_000, help="how many messages to score (default: 20000)")
    parser.add_argument("--rounds", type=int, default=7, help="how often each way takes its turn (default: 7)")
    parser.add_argument(
        "--pipeline",
        type=Path,
        default=Path("build/throughput.joblib"),
        help="joblib file of a fitted CareToneClassifier; trained and written if absent (default: %(default)s)",
    )
    return parser.parse_args()


def fitted(labelled: pd.DataFrame) -> CareToneClassifier:
    """Train on all messages; the penalty is given, for only the size of the table matters here."""
    present = pd.DataFrame({tone: labelled["tones"].str.contains(tone).astype(int) for tone in TONES})
    return CareToneClassifier(C=0.1, cv=2).fit(labelled["text"], present)


def ways_of(classifier: CareToneClassifier, texts: list[str]) -> dict[str, Way]:
    """Give each way to score the messages; peers go here, and the first is what all are compared with."""
    model = fold(classifier)
    column = pa.array(texts, pa.large_string())
    expected = np.array([probabilities(model, text) for text in texts])
    np.testing.assert_allclose(batch_probabilities(model, column), expected, rtol=0, atol=1e-12)
    return {
        "scikit-learn pipeline": lambda: classifier.predict_proba(texts),
        "plain": lambda: [probabilities(model, text) for text in texts],
        "compiled, 1 thread": lambda: batch_probabilities(model, column, threads=1),
        "compiled, 2 threads": lambda: batch_probabilities(model, column, threads=2),
        "compiled, 1 thread, from a list": lambda: batch_probabilities(model, texts, threads=1),
    }


def measured(ways: dict[str, Way], n_messages: int, rounds: int) -> dict[str, np.ndarray]:
    """Give the messages a second of each way in each round."""
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            rates[name].append(rate(way, n_messages))
    return {name: np.array(values) for name, values in rates.items()}


def rate(way: Way, n_messages: int) -> float:
    """Give the messages a second of one turn."""
    turns = 0
    start = time.perf_counter()
    while time.perf_counter() - start < SHORTEST:
        way()
        turns += 1
    return turns * n_messages / (time.perf_counter() - start)


def show(rates: dict[str, np.ndarray]) -> None:
    """Print a line for each way, with its rate and its ratio to the first way; then what a second thread brings."""
    first = next(iter(rates.values()))
    print(f"{'way':<32} {'messages/s (min..max)':>32}   times the first (min..max)")
    for name, values in rates.items():
        print(f"{name:<32} {spread(values, ',.0f'):>32}   {spread(values / first, '.2f')}")
    threads = rates["compiled, 2 threads"] / rates["compiled, 1 thread"]
    print(f"\n2 threads against 1: {spread(threads, '.2f')}")


def spread(values: np.ndarray, form: str) -> str:
    """Give the median and the range."""
    return f"{np.median(values):{form}} ({values.min():{form}}..{values.max():{form}})"


if __name__ == "__main__":
    main()

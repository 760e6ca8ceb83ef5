"""Measure the seconds that training takes against the number of rows, beside plain scikit-learn and fastText.

    python benchmarks/training_time.py [--rows 1000 2000 4000 8000] [--rounds 2]

All are given the same rows of ``data/messages.csv``. Plain scikit-learn is TF-IDF of words and word pairs and a
logistic regression a tone; once as it is, once with its penalty chosen of three and its probabilities cross-validated
in five folds. ``caretone.train`` has five folds too and, for the shipped messages, one penalty and two copies of each
message that names people. fastText trains with its own settings, word pairs included.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
import peers
from measuring import Figures, Table, Way, alternated, spread
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline

import caretone
from caretone.shipped import shipped_path
from caretone.training.material import Material, tone_material

CARETONE = "`caretone.train`, all cores"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 2_000, 4_000, 8_000])
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    labelled = pd.read_csv(shipped_path("data", "messages.csv"), dtype=str, keep_default_na=False)
    measured(labelled.sample(min(options.rows), random_state=0), 1)  # the first time, workers start and modules load
    found = {n: measured(labelled.sample(n, random_state=0), options.rounds) for n in options.rows}
    names = list(found[options.rows[0]])
    sizes = [f"{n:,} rows" for n in options.rows]
    seconds = [[name, *(spread(found[n][name], ".3g") for n in options.rows)] for name in names]
    ratios = [
        [f"{CARETONE}, against {name}", *(spread(found[n][CARETONE] / found[n][name], ".3g") for n in options.rows)]
        for name in names
        if name != CARETONE
    ]
    tables = [
        Table("training-time", ["seconds to train", *sizes], seconds),
        Table("training-time-ratios", ["times the seconds", *sizes], ratios),
    ]
    curves = {name: [(n, float(np.median(found[n][name]))) for n in options.rows] for name in names}
    Figures(tables, curves).publish("training_time")


def measured(rows: pd.DataFrame, rounds: int) -> dict[str, np.ndarray]:
    """Give the seconds of each way in each round."""
    material = tone_material([rows])
    ways = {
        CARETONE: Way(lambda: caretone.train(rows)),
        "TF-IDF and regression": Way(lambda: plain().fit(material.texts, material.labels)),
        "the same, cross-validated, all cores": Way(lambda: searched(material)),
    }
    if train := peers.fasttext_trainer(material):
        ways["fastText, 1 thread"] = Way(train)
    return alternated(ways, rounds, shortest=0)


def plain() -> Pipeline:
    return make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), OneVsRestClassifier(LogisticRegression(max_iter=1000)))


def searched(material: Material) -> GridSearchCV:
    penalties = {"onevsrestclassifier__estimator__C": [1, 3, 10]}
    search = GridSearchCV(plain(), penalties, scoring="average_precision", cv=5, n_jobs=-1)
    return search.fit(material.texts, material.labels)


if __name__ == "__main__":
    main()

"""What each choice in training brings on real messages: one change at a time.

    python benchmarks/accuracy.py [--benchmark ../shared/benchmark] [--only NAME …]
    python benchmarks/accuracy.py --confidences

The first row is the shipped model. Every variant is trained on data/messages.csv, for time without counterfactual
copies: the first few with what the teacher labelled, or less of that, and the others without. All are measured on the
real messages: macro-F1 over the three tones at the variant's own thresholds, and mean average precision, which no
threshold moves. Choices were made on real-large.csv; dev.csv was the last look. The real messages are measured on and
never trained on, but for the variants that say so. With --confidences one model is trained as shipped, and measured
with other thresholds and probabilities for each confidence.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.metrics import average_precision_score, f1_score

import caretone
from caretone.corpus.reading import LabelledMessages, read_labelled
from caretone.shipped import shipped_path
from caretone.tones import TONES
from caretone.training import CareToneClassifier
from caretone.training.calibration import best_threshold
from caretone.training.distillation import TeacherLabels
from caretone.training.material import KIND_WEIGHTS, WRITTEN_SETTINGS, Material, tone_material

CONFIDENCES = np.arange(0.38, 0.67, 0.02)

FOUR_SOURCES = ("epitome_reddit", "esconv", "empathetic_dialogues", "goemotions")
"""What confidence was chosen on; empathic_reactions is left out, for its essays carry hardly any compassion."""

SETTINGS = {**WRITTEN_SETTINGS, "counterfactuals": 0, "cv": 2, "n_jobs": 2}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--benchmark", type=Path, default=Path("../shared/benchmark"))
    parser.add_argument("--only", nargs="*", help="parts of the names of the variants to run")
    parser.add_argument("--confidences", action="store_true", help="measure confidences instead of variants")
    options = parser.parse_args()
    tests = test_parts(options.benchmark)
    if options.confidences:
        print(*_confidences(tests), sep="\n")
        return
    print("| variant | " + " | ".join(f"{name} F1 (AP)" for name in tests) + " |\n|" + "---|" * (len(tests) + 1))
    if not options.only:
        shipped = caretone.load()
        print(_row("as shipped", shipped.model.thresholds, lambda texts: _probabilities(shipped, texts), tests))
    for name, material, settings in _variants(options.benchmark):
        if options.only and not any(part in name for part in options.only):
            continue
        classifier = _fitted(material, settings)
        print(_row(name, classifier.thresholds_, classifier.predict_proba, tests), flush=True)


def test_parts(folder: Path) -> dict[str, LabelledMessages]:
    dev, large = read_labelled(folder / "dev.csv"), read_labelled(folder / "real-large.csv")
    sources = large.table["source"]
    parts = {source: large.take(np.flatnonzero(sources == source)) for source in sorted(sources.unique())}
    return {"dev": dev, **parts}


def _probabilities(predictor: caretone.Predictor, texts: list[str]) -> np.ndarray:
    return predictor.predict_many(texts)[list(TONES)].to_numpy()


def _fitted(material: Material, settings: dict) -> CareToneClassifier:
    return CareToneClassifier(**{**SETTINGS, **settings}).fit(
        material.texts,
        material.labels,
        material.weights,
        sentence_labels=material.sentence_labels,
        teacher=material.teacher,
    )


def _row(
    name: str,
    thresholds: Sequence[float],
    probabilities_of: Callable[[list[str]], np.ndarray],
    tests: dict[str, LabelledMessages],
) -> str:
    cells = []
    for messages in tests.values():
        probabilities = probabilities_of(messages.texts)
        f1 = _macro_f1(messages, probabilities, thresholds)
        cells.append(f"{f1:.3f} ({average_precision_score(messages.tones, probabilities, average='macro'):.3f})")
    return f"| {name} | " + " | ".join(cells) + " |"


def _macro_f1(messages: LabelledMessages, probabilities: np.ndarray, thresholds: Sequence[float]) -> float:
    predicted = probabilities >= np.array(thresholds)
    return float(f1_score(messages.tones, predicted, average="macro", zero_division=0.0))


def _variants(benchmark: Path) -> Iterator[tuple[str, Material, dict]]:
    """Give name, material and changed settings of each variant."""
    taught = tone_material([])
    shipped = replace(taught, teacher=None)
    kinds = shipped.table["kind"].to_numpy()
    yield "without counterfactual copies", taught, {"cv": 5}
    yield "with a third of what the teacher labelled", replace(taught, teacher=_third(taught.teacher)), {"cv": 5}
    yield "with the teacher, without skip-bigrams", taught, {"cv": 5, "skip_weight": 0}
    yield "without teacher and copies (as all below)", shipped, {}
    yield "whole message only", replace(shipped, sentence_labels=None), {"sentence_weight": 0, "sentence_training": 0}
    yield "strongest sentence alone", shipped, {"sentence_weight": 1}
    yield "trained on messages alone", shipped, {"sentence_training": 0}
    yield "without labels of sentences", replace(shipped, sentence_labels=None), {}
    yield "no subwords", shipped, {"subword_weight": 0}
    yield "subwords at full weight", shipped, {"subword_weight": 1.0}
    yield "no skip-bigrams", shipped, {"skip_weight": 0}
    yield "n-grams from one sentence up", shipped, {"min_df": 1}
    yield "full confidence", shipped, {"confidence": 1.0}
    yield "every kind at full weight", replace(shipped, weights=np.ones(len(kinds))), {}
    for kind in KIND_WEIGHTS:
        yield f"without {kind}", shipped.take(np.flatnonzero(kinds != kind)), {}
    yield "labels of the writers alone", _writers_labels(shipped), {}
    for share in (0.125, 0.25, 0.5):
        part = np.sort(np.random.default_rng(0).permutation(len(kinds))[: round(share * len(kinds))])
        yield f"{len(part):,} messages", shipped.take(part), {}
    real = read_labelled(benchmark / "real-large.csv")
    yield "shipped and real-large.csv (only dev counts)", _with_real(shipped, real), {}


def _confidences(tests: dict[str, LabelledMessages]) -> Iterator[str]:
    material = tone_material([])
    classifier = _fitted(material, {**WRITTEN_SETTINGS, "cv": 5})

    def log_odds(scores: np.ndarray) -> np.ndarray:
        return (classifier.slopes_ * scores + classifier.offsets_) / classifier.confidence

    yield "| confidence | " + " | ".join(tests) + " | the four sources |\n|" + "---|" * (len(tests) + 2)
    real = {name: log_odds(classifier.decision_function(messages.texts)) for name, messages in tests.items()}
    for confidence in CONFIDENCES:
        out_of_fold = expit(confidence * log_odds(classifier.oof_scores_))
        thresholds = [best_threshold(of_tone, of_tone, material.weights) for of_tone in out_of_fold.T]
        f1 = {name: _macro_f1(tests[name], expit(confidence * real[name]), thresholds) for name in tests}
        cells = [*(f"{value:.3f}" for value in f1.values()), f"{np.mean([f1[name] for name in FOUR_SOURCES]):.4f}"]
        yield f"| {confidence:.2f} | " + " | ".join(cells) + " |"


def _third(teacher: TeacherLabels) -> TeacherLabels:
    return replace(
        teacher, texts=teacher.texts[::3], probabilities=teacher.probabilities[::3], parts=teacher.parts[::3]
    )


def _writers_labels(shipped: Material) -> Material:
    annotations = pd.read_csv(shipped_path("data", "annotations.csv"), dtype=str, keep_default_na=False)
    first = annotations[annotations["annotator"] == "writer"].set_index("id")["tones"]
    cells = shipped.table["id"].map(first)
    labels = pd.DataFrame({tone: cells.str.contains(tone).astype(int) for tone in TONES})
    return replace(shipped, labels=labels, sentence_labels=None)


def _with_real(shipped: Material, real: LabelledMessages) -> Material:
    return replace(
        shipped,
        texts=shipped.texts + real.texts,
        labels=pd.concat([shipped.labels, pd.DataFrame(real.tones, columns=list(TONES))], ignore_index=True),
        table=pd.concat([shipped.table, real.table], ignore_index=True),
        weights=np.concatenate([shipped.weights, np.ones(len(real))]),
        sentence_labels=[*(shipped.sentence_labels or []), *[None] * len(real)],
    )


if __name__ == "__main__":
    main()

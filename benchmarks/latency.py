"""One message: import, latency and whole-process time, beside the scikit-learn pipeline the model was folded from.

    python benchmarks/latency.py [--repeats 7]

The pipeline is trained on a part of the shipped data, saved with joblib, and folded; both then answer the same
messages. Measurements alternate, and each ratio comes with the smallest and the largest of its repeats.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import joblib

import caretone
from caretone.corpus.reading import read_labelled
from caretone.shipped import shipped_path

LOAD_AND_PREDICT = "import joblib, sys; print(joblib.load(sys.argv[1]).predict_proba([sys.argv[2]]))"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--rows", type=int, default=8000, help="training messages")
    options = parser.parse_args()
    messages = read_labelled(shipped_path("data", "messages.csv"))
    part = messages.take(range(0, len(messages), max(1, len(messages) // options.rows)))
    table = part.table.assign(text=part.texts, tones=[";".join(t) or "none" for t in _tones(part)])
    result = caretone.train(table, C=0.1, cv=2)
    texts = messages.texts[1:20_000:40]
    with tempfile.TemporaryDirectory() as folder:
        pipeline_path, model_path = Path(folder, "pipeline.joblib"), Path(folder, "model.caretone")
        joblib.dump(result.pipeline, pipeline_path)
        result.model.save(model_path)
        pipeline, predictor = joblib.load(pipeline_path), caretone.load(model_path)
        one_message(texts, pipeline.predict_proba, predictor.predict, options.repeats)
        whole_process(pipeline_path, model_path, options.repeats)
        imports(options.repeats)


def one_message(texts: list[str], pipeline: Callable, predict: Callable, repeats: int) -> None:
    print(f"one message, {len(texts)} different ones, microseconds\n{'':24}{'p50':>10}{'p99':>10}")
    medians: dict[str, list[float]] = {"scikit-learn pipeline": [], "caretone.predict": []}
    for _ in range(repeats):
        for name, call in (("scikit-learn pipeline", lambda text: pipeline([text])), ("caretone.predict", predict)):
            times = sorted(_seconds(lambda text=text, call=call: call(text)) for text in texts)
            medians[name].append(times[len(times) // 2])
            if len(medians[name]) == repeats:
                print(
                    f"{name:24}{statistics.median(medians[name]) * 1e6:10.0f}{times[int(len(times) * 0.99)] * 1e6:10.0f}"
                )
    _ratio(medians["scikit-learn pipeline"], medians["caretone.predict"])


def whole_process(pipeline: Path, model: Path, repeats: int) -> None:
    commands = {
        "joblib.load and predict": [sys.executable, "-c", LOAD_AND_PREDICT, str(pipeline), "So sorry for your loss."],
        "caretone predict": [str(Path(sys.executable).with_name("caretone")), "predict", "So sorry for your loss."],
    }
    commands["caretone predict"] += ["--model", str(model)]
    _processes("a whole process", commands, repeats)


def imports(repeats: int) -> None:
    commands = {"python": [sys.executable, "-c", "pass"], "import caretone": [sys.executable, "-c", "import caretone"]}
    times = _processes("import", commands, repeats * 3)
    extra = statistics.median(times["import caretone"]) - statistics.median(times["python"])
    print(f"importing caretone adds {extra * 1e3:.1f} ms to bare Python")


def _processes(title: str, commands: dict[str, list[str]], repeats: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(repeats + 1):
        for name, command in commands.items():
            times[name].append(
                _seconds(lambda command=command: subprocess.run(command, capture_output=True, check=True))
            )
    print(f"\n{title}, milliseconds")
    for name, measured in times.items():
        measured.pop(0)  # the first run reads files that later ones find in memory
        print(f"{name:24}{statistics.median(measured) * 1e3:10.0f}")
    _ratio(*times.values())
    return times


def _ratio(slow: list[float], fast: list[float]) -> None:
    ratios = sorted(s / f for s, f in zip(slow, fast, strict=True))
    print(f"{'ratio':24}{statistics.median(ratios):10.1f}   from {ratios[0]:.1f} to {ratios[-1]:.1f}")


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _tones(messages) -> list[list[str]]:
    return [[t for t, there in zip(caretone.TONES, row, strict=True) if there] for row in messages.tones.tolist()]


if __name__ == "__main__":
    main()

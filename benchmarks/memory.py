"""Measure the peak memory of ``caretone predict`` against the size of its input, beside pandas and the pipeline.

    python benchmarks/memory.py [--rows 100000 1000000 5000000] [--kinds parquet csv]

Files of that many messages are drawn from ``data/messages.csv``; each is scored in a process of its own, which tells
its peak memory (VmHWM of /proc/self/status, so this runs on Linux). The pipeline is given 100,000 rows at most.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import peers
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from measuring import Figures, Table, spread

TELL_PEAK = """
for line in open("/proc/self/status"):
    if line.startswith("VmHWM"):
        print(line.split()[1], file=sys.stderr)
"""
CARETONE = f"""
import sys
from caretone.cli import app
try:
    app()
finally:{TELL_PEAK.replace(chr(10), chr(10) + "    ")}
"""
PIPELINE = f"""
import sys, joblib, pandas as pd
joblib.load(sys.argv[2]).predict_proba(pd.read_parquet(sys.argv[1])["text"].tolist())
{TELL_PEAK}
"""
PEER = "pandas and the pipeline"
TARGET = 300
"""Megabytes that `caretone predict` is to stay within."""

AT_ONCE, OFTEN = 100_000, 1_000_000
"""Rows that are written at once, and the most that the pipeline is given; the most that are scored several times."""


class Run(NamedTuple):
    """What a process took."""

    megabytes: float
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000, 5_000_000])
    parser.add_argument("--kinds", nargs="+", choices=["parquet", "csv"], default=["parquet", "csv"])
    parser.add_argument("--rounds", type=int, default=1, help="how often files of up to a million rows are scored")
    options = parser.parse_args()
    found: dict[tuple[str, int], list[Run]] = {}
    with TemporaryDirectory(prefix="caretone-") as folder:
        for kind in options.kinds:
            for n in options.rows:
                source, output = Path(folder, f"in.{kind}"), Path(folder, f"out.{kind}")
                write(source, n)
                commands = {f"`caretone predict`, {kind}": (CARETONE, "predict", source, "-o", output, "--force")}
                if kind == "parquet" and n <= AT_ONCE:
                    commands[f"{PEER}, {kind}"] = (PIPELINE, source, peers.pipeline_path())
                for _ in range(options.rounds if n <= OFTEN else 1):
                    for way, command in commands.items():
                        found.setdefault((way, n), []).append(run(*command))
    Figures([shown(found)], curves(found)).publish("memory")


def write(path: Path, n_rows: int) -> None:
    """Write messages to a file, as random as real ones would be; each text is written out, however often it occurs."""
    schema = pa.schema({"id": pa.int64(), "text": pa.string()})
    if path.suffix == ".parquet":
        with pq.ParquetWriter(path, schema, use_dictionary=False) as writer:
            for table in tables(schema, n_rows):
                writer.write_table(table)
    else:
        with pyarrow.csv.CSVWriter(path, schema) as writer:
            for table in tables(schema, n_rows):
                writer.write_table(table)


def tables(schema: pa.Schema, n_rows: int) -> Iterator[pa.Table]:
    messages = pa.array(peers.shipped_messages())
    rng = np.random.default_rng(0)
    for start in range(0, n_rows, AT_ONCE):
        n = min(AT_ONCE, n_rows - start)
        columns = [pa.array(range(start, start + n)), messages.take(pa.array(rng.integers(len(messages), size=n)))]
        yield pa.table(columns, schema=schema)


def run(code: str, *arguments: str | Path) -> Run:
    """Run some code in a process of its own."""
    start = time.perf_counter()
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the process failed:\n{done.stderr}")
    return Run(int(done.stderr.split()[-1]) * 1024 / 1e6, time.perf_counter() - start)


def shown(found: dict[tuple[str, int], list[Run]]) -> Table:
    rows = []
    first: dict[str, np.ndarray] = {}
    for (way, n), runs in sorted(found.items(), key=lambda item: item[0][0].startswith(PEER)):
        peaks = np.array([run.megabytes for run in runs])
        first.setdefault(way, peaks)
        judgement = "" if way.startswith(PEER) else " ✓" if peaks.max() <= TARGET else " ✗"
        speed = spread(n / np.array([run.seconds for run in runs]), ",.0f")
        growth = f"{np.median(peaks) / np.median(first[way]):.2f}"
        rows.append([way, f"{n:,}", spread(peaks, ".0f") + judgement, growth, speed])
    return Table("memory", ["way", "rows", "peak memory, MB", "times the first size's", "rows a second"], rows)


def curves(found: dict[tuple[str, int], list[Run]]) -> dict[str, list[tuple[int, float]]]:
    points: dict[str, list[tuple[int, float]]] = {}
    for (way, n), runs in found.items():
        points.setdefault(way, []).append((n, float(np.median([run.megabytes for run in runs]))))
    return points


if __name__ == "__main__":
    main()

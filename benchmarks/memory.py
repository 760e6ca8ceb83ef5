"""Measure the peak memory of ``caretone predict`` against the size of its input, beside pandas and the pipeline.

    python benchmarks/memory.py [--rows 100000 1000000 5000000] [--kinds parquet csv]

Files of that many messages are drawn from ``data/messages.csv``; each is scored in a process of its own, which tells
its peak memory (VmHWM of /proc/self/status, so this runs on Linux). The pipeline is given at most 100,000 rows.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import peers
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from measuring import Figures, Table

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
read = pd.read_parquet if sys.argv[1].endswith("parquet") else pd.read_csv
texts = read(sys.argv[1])["text"].astype(str).tolist()
joblib.load(sys.argv[2]).predict_proba(texts)
{TELL_PEAK}
"""
AT_ONCE = 100_000
"""Rows that are written at once, and the most that the pipeline is given."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000, 5_000_000])
    parser.add_argument("--kinds", nargs="+", choices=["parquet", "csv"], default=["parquet", "csv"])
    options = parser.parse_args()
    rows = [["`caretone predict`, one message", "1", *shown(peak(CARETONE, "predict", "So sorry."), 1)]]
    curves: dict[str, list[tuple[int, float]]] = {}
    with TemporaryDirectory(prefix="caretone-") as folder:
        for kind in options.kinds:
            for n in options.rows:
                source, output = Path(folder, f"in.{kind}"), Path(folder, f"out.{kind}")
                write(source, n)
                ways = {f"`caretone predict`, {kind}": (CARETONE, "predict", str(source), "-o", str(output), "--force")}
                if n <= AT_ONCE:
                    ways[f"pandas and the pipeline, {kind}"] = (PIPELINE, str(source), str(peers.pipeline_path()))
                for name, command in ways.items():
                    found = peak(*command)
                    rows.append([name, f"{n:,}", *shown(found, n)])
                    curves.setdefault(name, []).append((n, found[0]))
    Figures([Table("memory", ["way", "rows", "peak memory, MB", "rows a second"], rows)], curves).publish("memory")


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


def peak(code: str, *arguments: str) -> tuple[float, float]:
    """Run some code in a process of its own; give its peak memory in MB, and its seconds."""
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"the process failed:\n{done.stderr}")
    return int(done.stderr.split()[-1]) * 1024 / 1e6, seconds


def shown(found: tuple[float, float], n_rows: int) -> tuple[str, str]:
    megabytes, seconds = found
    return f"{megabytes:.0f}", f"{n_rows / seconds:,.0f}"


if __name__ == "__main__":
    main()

"""Make data/standoff.csv: the tones of public messages by the checksum of each text, without the text.

usage: python benchmarks/make_standoff.py [FOLDER]     FOLDER holds dev.csv and real-large.csv
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from caretone.corpus.standoff import COLUMNS, checksum

ROOT = Path(__file__).resolve().parent.parent
ANNOTATORS = {"dev.csv": 3, "real-large.csv": 1}
"""How many annotators judged each message of a file; of a text in both the first file's label is taken."""

CORPORA = {"epitome_reddit": "epitome"}
"""What the layer calls a source, where it is not called the same."""


def main(folder: Path) -> None:
    parts = [read(folder / name).assign(annotators=annotators) for name, annotators in ANNOTATORS.items()]
    layer = pd.concat(parts).drop_duplicates("sha1").sort_values(["source", "sha1"])
    layer.to_csv(ROOT / "data" / "standoff.csv", columns=list(COLUMNS), index=False, lineterminator="\n")
    print(layer.groupby(["source", "annotators"]).size().to_string())


def read(path: Path) -> pd.DataFrame:
    """Read a file of labelled messages; a text that stands there with several labels is left out."""
    rows = pd.read_csv(path, keep_default_na=False)
    rows = rows.assign(sha1=rows["text"].map(checksum), source=rows["source"].replace(CORPORA))
    return rows[rows.groupby("sha1")["tones"].transform("nunique") == 1]


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "benchmark")

"""Run all measurements of speed and memory, and write their tables and the plot into docs/performance.md.

    python benchmarks/run_all.py [--quick]

It takes about twenty minutes on two cores that do nothing else. With --quick small sizes are measured, to see that all
runs, and the page is written to the temporary folder instead.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from measuring import KEPT, filled

HERE = Path(__file__).resolve().parent
DOCS = HERE.parent / "docs"
QUICK = {
    "latency": ["--messages", "50", "--rounds", "2"],
    "memory": ["--rows", "10000", "30000", "--rounds", "1"],
    "training_time": ["--rows", "500", "1000", "--rounds", "1"],
    "bounds": ["--messages", "1000", "--rounds", "2"],
    "trade": ["--messages", "2000", "--rounds", "2"],
    "throughput": ["--messages", "1000", "20000", "--rounds", "2"],
}
"""The measurements, and what makes each a quick one."""

VARIANTS = (
    "| variant |",
    "|---",
    "| as shipped |",
    "| without teacher and copies",
    "| no subwords |",
    "| no skip-bigrams |",
    "| whole message only |",
)
"""The rows of the table in docs/accuracy.md that show what subwords, skip-bigrams and sentences bring."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small sizes, and docs/ is left alone")
    quick = parser.parse_args().quick
    figures = {name: run(name, options if quick else []) for name, options in QUICK.items()}
    tables = {name: table for found in figures.values() for name, table in found["tables"].items()}
    tables |= {"machine": figures["throughput"]["machine"], "accuracy": accuracy_rows()}
    folder = KEPT if quick else DOCS
    page = folder / "performance.md"
    page.write_text(filled((DOCS / "performance.md").read_text(encoding="utf-8"), tables), encoding="utf-8")
    draw({name: found["curves"] for name, found in figures.items()}, folder / "performance.svg")
    print(f"\nwritten: {page}, {page.with_suffix('.svg')}")


def run(name: str, options: list[str]) -> dict:
    """Run a measurement in a process of its own, and give what it found."""
    print(f"\n== {name}", flush=True)
    subprocess.run([sys.executable, str(HERE / f"{name}.py"), *options], check=True)
    return json.loads((KEPT / f"{name}.json").read_text(encoding="utf-8"))


def accuracy_rows() -> str:
    """Take over from docs/accuracy.md what subwords, skip-bigrams and sentences bring."""
    page = (DOCS / "accuracy.md").read_text(encoding="utf-8")
    table = page.partition("<!-- variants -->")[2].partition("<!-- end -->")[0]
    return "\n".join(line for line in table.splitlines() if line.startswith(VARIANTS))


def draw(curves: dict[str, dict[str, list[tuple[int, float]]]], path: Path) -> None:
    """Draw what each way costs against size."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams |= {"svg.hashsalt": "caretone", "svg.fonttype": "none"}  # the same bytes, and text as text
    from matplotlib import pyplot

    panels = {
        "throughput": ("time to score", "messages", "seconds", "log"),
        "memory": ("peak memory", "rows", "MB", "linear"),
        "training_time": ("time to train", "rows", "seconds", "log"),
    }
    figure, axes = pyplot.subplots(1, len(panels), figsize=(16, 6), layout="constrained")
    for panel, (name, (title, size, cost, scale)) in zip(axes, panels.items(), strict=True):
        for way, points in curves[name].items():
            panel.plot(*zip(*points, strict=True), marker="o", label=way.replace("`", ""))
        panel.set(title=title, xlabel=size, ylabel=cost, xscale="log", yscale=scale)
        if scale == "linear":
            panel.set_ylim(bottom=0)
        panel.legend(fontsize="small", frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.15))
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main()

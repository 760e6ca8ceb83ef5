"""Let several ways to do the same take turns, and show what each costs as tables with ratios and spread."""

from __future__ import annotations

import json
import platform
import re
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

KEPT = Path(tempfile.gettempdir()) / "caretone-benchmarks"
"""Where figures, fitted peers and generated files are kept from one run to the next."""

SHORTEST = 0.3
"""A way is repeated within its turn until so many seconds have passed."""


class Way(NamedTuple):
    """A way to do the work.

    Attributes
    ----------
    call : callable
        Does the work once.
    messages : int
        How many messages that is; of a slow way fewer than of the others.
    """

    call: Callable[[], object]
    messages: int = 1


@dataclass(frozen=True)
class Table:
    """Figures to print, and to put into docs/performance.md between the markers of that name."""

    name: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __str__(self) -> str:
        lines = [self.header, ["---"] + ["---:"] * (len(self.header) - 1), *self.rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)


@dataclass(frozen=True)
class Figures:
    """What a benchmark found.

    Attributes
    ----------
    tables : list of Table
        For people.
    curves : dict of str to list of (int, float)
        For the plot: what each way costs at each size.
    """

    tables: list[Table]
    curves: dict[str, list[tuple[int, float]]] = field(default_factory=dict)

    def publish(self, name: str) -> None:
        """Print the tables, and keep the figures for `run_all.py`."""
        print(f"\n{machine()}")
        for table in self.tables:
            print(f"\n{table}")
        KEPT.mkdir(exist_ok=True)
        tables = {table.name: str(table) for table in self.tables}
        kept = {"machine": machine(), "tables": tables, "curves": asdict(self)["curves"]}
        (KEPT / f"{name}.json").write_text(json.dumps(kept), encoding="utf-8")


def alternated(ways: Mapping[str, Way], rounds: int, shortest: float = SHORTEST) -> dict[str, np.ndarray]:
    """Give the seconds a message of each way in each round.

    The ways take turns, so that what else the machine does meets all of them alike; ratios are taken within a round.
    Libraries of linear algebra are kept to one thread.
    """
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    with threadpool_limits(1):
        for _ in range(rounds):
            for name, way in ways.items():
                seconds[name].append(turn(way, shortest))
    return {name: np.array(values) for name, values in seconds.items()}


def turn(way: Way, shortest: float) -> float:
    """Give the seconds a message of one turn."""
    calls = 0
    start = time.perf_counter()
    while not calls or time.perf_counter() - start < shortest:
        way.call()
        calls += 1
    return (time.perf_counter() - start) / (calls * way.messages)


def spread(values: np.ndarray, form: str) -> str:
    """Give the median and the range."""
    return f"{np.median(values):{form}} ({values.min():{form}} to {values.max():{form}})"


def judged(ratios: np.ndarray, target: float) -> str:
    """Give a ratio with its spread, and whether it reaches its target."""
    return f"{spread(ratios, '.3g')} {'✓' if np.median(ratios) >= target else '✗'}"


def machine() -> str:
    """Name the machine."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(": ")[1] for line in lines if line.startswith("model name")] or [platform.processor()]
    memory = Path("/proc/meminfo")
    gigabytes = f", {int(memory.read_text().split()[1]) / 2**20:.0f} GiB" if memory.exists() else ""
    return f"{len(names)} × {names[0]}{gigabytes}, {platform.system()}, Python {platform.python_version()}"


def filled(page: str, tables: Mapping[str, str]) -> str:
    """Put tables between the markers of their names, and tell of those that a page has no place for."""
    for name, table in tables.items():
        between = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        page, places = between.subn(lambda match, table=table: f"{match[1]}{table}\n{match[2]}", page)
        if not places:
            print(f"the page has no place for the table {name}")
    return page

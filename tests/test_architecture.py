"""The rooms of docs/architecture.md import downwards only."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import caretone

ROOT = Path(caretone.__file__).parent
LEVELS = [
    {"tones", "text", "errors", "files", "shipped", "tabular"},
    {"model"},
    {"scoring"},
    {"predictor"},
    {"corpus"},
    {"training", "evaluation", "dask"},
    {"commands"},
    {"cli", "__main__"},
]
LIGHT = ("tones", "text", "errors", "files", "shipped", "model", "predictor")
HEAVY = {"sklearn", "pandas", "nltk", "scipy", "numpy"}


def room_of(module: str) -> str:
    return module.split(".")[1] if "." in module else "__init__"


def level_of(room: str) -> int:
    return next((level for level, rooms in enumerate(LEVELS) if room in rooms), -1)


def imports_of(path: Path, *, only_at_import: bool) -> set[str]:
    """Give the modules that a file imports, with or without those imported inside functions or for types only."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = set()
    for node in ast.walk(tree):
        for_types = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        if for_types or (only_at_import and isinstance(node, ast.FunctionDef)):
            skipped |= set(ast.walk(node))
    found = set()
    for node in set(ast.walk(tree)) - skipped:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


FILES = sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_room_imports_a_room_above_it(path):
    room = path.relative_to(ROOT).parts[0].removesuffix(".py")
    assert level_of(room) >= 0, f"{room} has no place in docs/architecture.md"
    inner = [module for module in imports_of(path, only_at_import=False) if module.startswith("caretone.")]
    assert [module for module in inner if level_of(room_of(module)) > level_of(room)] == []


@pytest.mark.parametrize("name", LIGHT)
def test_what_predicts_imports_nothing_heavy_at_module_level(name):
    heavy = {module.split(".")[0] for module in imports_of(ROOT / f"{name}.py", only_at_import=True)}
    assert heavy & HEAVY == set()

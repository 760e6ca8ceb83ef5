"""Every notebook runs from top to bottom, and what is committed shows its outputs and nothing private."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

from caretone.corpus.public import public_corpus
from caretone.shipped import shipped_path

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
PUBLIC = FOLDER / "4-a-public-corpus.ipynb"
RUN_OF_WORDS = 10
"""So many words in a row of a corpus's text are a quotation."""

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@each_notebook
def test_the_notebook_runs_to_its_end_without_any_public_corpus(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert_clean(run(path, tmp_path))


def test_the_notebook_on_a_public_corpus_finds_it_in_the_cache(
    tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
):
    corpora = tmp_path / "cache" / "caretone" / "corpora"
    corpora.parent.mkdir(parents=True)
    corpora.symlink_to(shared / "public")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    notebook = run(PUBLIC, tmp_path)
    assert_clean(notebook)
    assert "STAND-IN" not in shown(notebook)


@each_notebook
def test_the_committed_notebook_was_executed_and_shows_no_error_or_warning(path: Path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1)), "run it anew, from top to bottom"
    assert any("image/png" in output.get("data", {}) for cell in code for output in cell.outputs)
    assert_clean(notebook)


@each_notebook
def test_the_committed_notebook_names_no_path_of_the_machine_and_loads_no_script(path: Path):
    text = shown(nbformat.read(path, as_version=4))
    assert not re.search(r"(?<![\w.<])/(home|root|Users|tmp|work|var|usr)/|[A-Z]:\\\\", text)
    assert str(Path.home()) not in text
    assert "<script" not in text


def test_the_notebook_on_a_public_corpus_was_committed_as_run_on_it_and_quotes_nothing_of_it(shared: Path):
    shown_text = shown(nbformat.read(PUBLIC, as_version=4))
    assert "STAND-IN" not in shown_text
    table = public_corpus("epitome").read(shared / "public")
    quotable = {run for column in ("text", "seeker_post") for text in table[column] for run in runs_of_words(text)}
    assert not quotable & set(runs_of_words(html.unescape(shown_text)))


def test_messages_are_shown_only_of_our_own():
    own = shipped_path("data", "messages.csv").read_text(encoding="utf-8")
    notebook = nbformat.read(FOLDER / "3-annotate-agree-adjudicate.ipynb", as_version=4)
    ids = re.findall(r"\b[0-9a-f]{10}\b", shown(notebook))
    assert ids
    assert all(f"\n{item}," in own for item in ids)


def run(path: Path, folder: Path) -> Any:
    """Execute a copy in a folder of its own, so that neither the notebook nor anything beside it changes."""
    notebook = nbformat.read(path, as_version=4)
    place = folder / "notebooks"
    place.mkdir()
    return nbclient.NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(place)}}
    ).execute()


def assert_clean(notebook: Any) -> None:
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert outputs
    assert not [output for output in outputs if output.output_type == "error"]
    assert not [output.text for output in outputs if output.get("name") == "stderr"]


def shown(notebook: Any) -> str:
    """Give all that the outputs show, images apart."""
    data = [
        {kind: part for kind, part in output.get("data", {}).items() if not kind.startswith("image/")}
        | {"stream": output.get("text", "")}
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    ]
    return "\n".join(json.dumps(part, ensure_ascii=False).replace("\\n", "\n") for part in data)


def runs_of_words(text: str) -> list[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return [tuple(words[start : start + RUN_OF_WORDS]) for start in range(len(words) - RUN_OF_WORDS + 1)]

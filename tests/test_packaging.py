"""The wheel and the checkout both carry the shipped model and the data."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import caretone
from caretone.shipped import shipped_path

CHECKOUT = Path(__file__).resolve().parents[1]
CARRIED = (
    "models/caretone.caretone",
    "data/messages.csv",
    "data/recombined.csv.gz",
    "data/README.md",
    "data/CODEBOOK.md",
    "py.typed",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", ".", "--no-deps", "--no-build-isolation", "--wheel-dir", folder]
    built = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("caretone-*.whl")
    return path


def test_the_wheel_carries_model_data_and_types(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"caretone/{name}" for name in CARRIED} <= names


def test_what_the_wheel_installs_predicts_and_finds_its_data(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = (
        "import caretone; from caretone.shipped import shipped_path;"
        "print(caretone.__file__); print(caretone.predict('So sorry for your loss.').label);"
        "print(shipped_path('data', 'messages.csv'))"
    )
    run = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {[str(tmp_path), *_site_packages()]!r}; {code}"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    home, label, data = run.stdout.splitlines()
    assert home.startswith(str(tmp_path))
    assert label == "sympathy"
    assert data.startswith(str(tmp_path))


def _site_packages() -> list[str]:
    return [path for path in sys.path if path.endswith("site-packages")]


def test_this_installation_finds_model_and_data():
    assert shipped_path("models", "caretone.caretone").is_file()
    assert shipped_path("data", "messages.csv").is_file()


def test_the_shipped_model_is_small_and_says_where_it_comes_from():
    path = shipped_path("models", "caretone.caretone")
    assert path.stat().st_size < 10_000_000
    assert caretone.load(path).model.provenance["data"]["names"] == ["data/messages.csv"]


def test_a_missing_part_of_the_installation_is_named():
    with pytest.raises(FileNotFoundError, match=r"data/absent\.csv"):
        shipped_path("data", "absent.csv")

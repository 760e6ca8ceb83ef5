"""What several test modules share: the shared material's path, labelled messages, a small trained model."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, settings

from caretone.model import FoldedModel
from caretone.training import CareToneClassifier
from caretone.training.folding import fold

settings.register_profile("caretone", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("caretone")  # tests do not time things

SHARED = Path(__file__).resolve().parents[2] / "shared"

_SENTENCES = {
    "sympathy": ["I'm so sorry for your loss.", "That must be hard, poor you…", "Oh no, that is awful! Hugs 😢"],
    "empathy": ["I lost my dad too.", "Been there, same here with my knee.", "I know that feeling, mine left as well."],
    "compassion": ["I'll bring soup tonight.", "Try to see a doctor soon.", "Let me take your shift, rest."],
    "none": ["The meeting moved to 3pm.", "Nice café, Zoë!", "Who won the game? 🎉"],
}


@pytest.fixture(scope="session")
def shared() -> Path:
    """Give the folder of shared material, or skip the test where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("needs ../shared, which is not part of the repository")
    return SHARED


@pytest.fixture(scope="session")
def labelled() -> pd.DataFrame:
    """Give 120 short messages, several of them with two tones, in the tones layout."""
    rows = []
    for n in range(10):
        for first, openings in _SENTENCES.items():
            rows += [(f"{text} {n}", first) for text in openings[:2]]
            second = "empathy" if first == "sympathy" else "sympathy"
            rows.append((f"{openings[2]} {_SENTENCES[second][n % 3]} {n}", f"{first};{second}".replace("none;", "")))
    return pd.DataFrame(rows, columns=["text", "tones"])


@pytest.fixture(scope="session")
def present(labelled: pd.DataFrame) -> pd.DataFrame:
    """Give the tones of `labelled` as a 0/1 matrix with named columns."""
    tones = ("sympathy", "empathy", "compassion")
    return pd.DataFrame({tone: labelled["tones"].str.contains(tone).astype(int) for tone in tones})


@pytest.fixture(scope="session")
def classifier(labelled: pd.DataFrame, present: pd.DataFrame) -> CareToneClassifier:
    """Give a classifier fitted on `labelled`."""
    return CareToneClassifier(min_df=1, cv=3).fit(labelled["text"], present)


@pytest.fixture(scope="session")
def small_model(classifier: CareToneClassifier, labelled: pd.DataFrame) -> FoldedModel:
    """Give the folded model of `classifier`."""
    return fold(classifier, labelled["text"], {"caretone": "test"})


@pytest.fixture
def caretone_command() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Give a function that runs the real command line in a process of its own."""

    def run(
        *arguments: str | Path, stdin: str | None = None, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "caretone", *map(str, arguments)],
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=cwd,
            check=False,
        )

    return run

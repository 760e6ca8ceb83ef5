"""Whole paths through `caretone evaluate` and `caretone compare`."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pandas as pd
import pytest


@pytest.fixture
def folder(tmp_path, small_model, labelled):
    """Give a folder with a labelled file and two models, one of them hard of hearing."""
    labelled.assign(team=["a"] * 60 + ["b"] * 56 + ["c"] * 4).to_csv(tmp_path / "test.csv", index=False)
    small_model.save(tmp_path / "good.caretone")
    replace(small_model, thresholds=(0.999, 0.999, 0.3)).save(tmp_path / "deaf.caretone")
    return tmp_path


def test_json_holds_figures_curves_groups_and_bias(caretone_command, folder):
    run = caretone_command(
        *("evaluate", "test.csv", "-m", "good.caretone", "--by", "team", "--group", "team", "--bias"),
        *("--bootstrap", "10", "--format", "json", "-o", "out.json"),
        cwd=folder,
    )
    assert run.returncode == 0, run.stderr
    told = json.loads((folder / "out.json").read_text())
    assert set(told) == {"all", "team=a", "team=b", "team=(smaller groups)", "bias"}
    assert told["all"]["curves"]["empathy"]["f1_by_threshold"]["threshold"][:2] == [0, 0.01]
    assert told["all"]["seen"] == 120
    assert {"name", "changes", "gaps", "flips", "within_bounds"} <= set(told["bias"][0])
    assert "also in the training data of the model: 120 of 120" in run.stderr


def test_a_page_is_written_beside_the_tables_and_shows_no_message(caretone_command, folder, labelled):
    pytest.importorskip("matplotlib")
    run = caretone_command(
        "evaluate", "test.csv", "-m", "good.caretone", "--html", "page.html", "--bootstrap", "10", cwd=folder
    )
    assert run.returncode == 0, run.stderr
    assert "macro f1" in run.stdout
    page = (folder / "page.html").read_text(encoding="utf-8")
    assert "test.csv" in page
    assert "good.caretone" in page
    assert not any(text in page or text in run.stdout for text in labelled["text"])


def test_bias_is_measured_without_messages(caretone_command, folder):
    run = caretone_command("evaluate", "--bias", "-m", "good.caretone", "--bootstrap", "10", cwd=folder)
    assert run.returncode == 0, run.stderr
    assert "names by gender" in run.stdout
    assert "at most 0.05" in re.sub(r"\s+", " ", run.stdout)


def test_models_are_compared_and_their_disagreements_written(caretone_command, folder, labelled):
    run = caretone_command(
        *("compare", "good.caretone", "deaf.caretone", "test.csv", "--disagreements", "apart.csv"),
        *("--bootstrap", "50", "--format", "json"),
        cwd=folder,
    )
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert told["models"]["good"]["macro_f1"]["value"] > told["models"]["deaf"]["macro_f1"]["value"]
    assert told["pairs"][0]["mcnemar"]["sympathy"]["p_holm"] < 0.01
    apart = pd.read_csv(folder / "apart.csv")
    assert len(apart) == len(told["disagreements"]) > 0
    assert apart["gap"].is_monotonic_decreasing
    assert labelled["text"][apart["row"][0] - 2] == apart["text"][0]
    assert apart["text"][0] not in run.stdout


def test_a_single_model_is_compared_with_the_shipped_one_in_tables_that_show_no_messages(
    caretone_command, folder, labelled
):
    run = caretone_command("compare", "deaf.caretone", "--labelled", "test.csv", "--bootstrap", "10", cwd=folder)
    assert run.returncode == 0, run.stderr
    assert "deaf − shipped" in run.stdout
    assert "worst first" in run.stdout
    assert not any(text in run.stdout for text in labelled["text"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["evaluate"], "labelled file"),
        (["evaluate", "--bias", "--html", "p.html"], "labelled file"),
        (["evaluate", "test.csv", "--html", "nowhere/p.html"], "no folder nowhere"),
        (["evaluate", "test.csv", "-o", "out.txt"], "--format json"),
        (["evaluate", "test.csv", "--by", "colour"], "colour"),
        (["compare", "good.caretone", "deaf.caretone"], "last the labelled file"),
        (["compare", "good.caretone", "good.caretone", "test.csv"], "each model once"),
        (["compare", "good.caretone", "test.csv", "--disagreements", "test.csv"], "exists already"),
    ],
)
def test_a_mistake_exits_with_2_and_says_what_to_do(caretone_command, folder, arguments, said):
    run = caretone_command(*arguments, cwd=folder)
    assert run.returncode == 2
    assert said in re.sub(r"[\s│]+", " ", run.stderr)
    assert "Traceback" not in run.stderr

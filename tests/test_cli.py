"""Whole paths through the real command line, each in a process of its own."""

from __future__ import annotations

import csv
import io
import json
import re

import pandas as pd
import pytest

from caretone.model import FoldedModel

SORRY, LUNCH = "I'm so sorry for your loss.", "Lunch?"


def rows_of(run):
    assert run.returncode == 0, run.stderr
    return list(csv.DictReader(io.StringIO(run.stdout)))


def test_texts_are_predicted_and_piped_as_csv(caretone_command):
    rows = rows_of(caretone_command("predict", SORRY, LUNCH))
    assert [(row["text"], row["label"]) for row in rows] == [(SORRY, "sympathy"), (LUNCH, "none")]


def test_standard_input_is_one_message_a_line(caretone_command):
    rows = rows_of(caretone_command("predict", "-", stdin=f"{SORRY}\r\n\n{LUNCH}"))
    assert [row["label"] for row in rows] == ["sympathy", "none", "none"]


def test_json_lines_hold_every_figure(caretone_command):
    run = caretone_command("predict", SORRY, "--format", "jsonl")
    row = json.loads(run.stdout)
    assert row["label"] == "sympathy"
    assert row["sympathy"] > 0.5 > row["compassion"]


def test_a_table_for_people_on_request(caretone_command):
    run = caretone_command("predict", SORRY, "--format", "table")
    assert "sympathy" in run.stdout
    assert "message" in run.stdout


def test_an_argument_that_names_a_file_is_read_as_one_unless_said_to_be_text(caretone_command, tmp_path):
    (tmp_path / "sorry").write_text("Lunch?\n")
    assert rows_of(caretone_command("predict", "sorry", cwd=tmp_path))[0]["text"] == "Lunch?"
    assert rows_of(caretone_command("predict", "--text", "sorry", cwd=tmp_path))[0]["text"] == "sorry"


def test_a_file_keeps_its_columns_and_its_own_label(caretone_command, tmp_path):
    pd.DataFrame({"who": ["a", "b"], "text": [SORRY, LUNCH], "label": ["x", "y"]}).to_csv(
        tmp_path / "in.csv", index=False
    )
    out = tmp_path / "out.csv"
    run = caretone_command("predict", tmp_path / "in.csv", "-o", out)
    assert run.returncode == 0, run.stderr
    table = pd.read_csv(out, keep_default_na=False)
    assert table["who"].tolist() == ["a", "b"]
    assert table["label"].tolist() == ["x", "y"]
    assert table["predicted_label"].tolist() == ["sympathy", "none"]


def test_an_output_file_is_never_overwritten_in_silence(caretone_command, tmp_path):
    out = tmp_path / "out.csv"
    out.write_text("mine")
    run = caretone_command("predict", LUNCH, "-o", out)
    assert run.returncode == 2
    assert "exists already" in run.stderr
    assert out.read_text() == "mine"
    assert caretone_command("predict", LUNCH, "-o", out, "--force").returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_a_failed_run_leaves_no_half_file(caretone_command, tmp_path):
    (tmp_path / "in.csv").write_bytes(b"text\nfine\n\xff\xfe\n")
    run = caretone_command("predict", tmp_path / "in.csv", "-o", tmp_path / "out.csv")
    assert run.returncode == 2
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["predict"], "give a message"),
        (["predict", "hi", "--model", "absent.caretone"], "absent.caretone"),
        (["predict", "hi", "--prior", "2"], "prior"),
        (["predict", "hi", "--format", "xml"], "xml"),
        (["explain", "hi", "--tone", "pity"], "pity"),
        (["evaluate", "absent.csv"], "absent.csv"),
        (["train", "absent.csv", "-o", "m.caretone"], "absent.csv"),
        (["train", "-o", "nowhere/m.caretone"], "nowhere"),
        (["no-such-command"], "no-such-command"),
    ],
)
def test_a_users_mistake_exits_with_2_says_what_and_shows_no_traceback(caretone_command, tmp_path, arguments, said):
    run = caretone_command(*arguments, cwd=tmp_path)
    assert run.returncode == 2
    assert said in re.sub(r"\s+", " ", run.stderr)
    assert "Traceback" not in run.stderr


def test_a_damaged_model_is_a_named_error(caretone_command, tmp_path, small_model):
    content = bytearray(small_model.to_bytes())
    content[-1] ^= 1
    (tmp_path / "m.caretone").write_bytes(content)
    run = caretone_command("predict", "hi", "--model", tmp_path / "m.caretone")
    assert run.returncode == 2
    assert "damaged" in run.stderr


@pytest.mark.parametrize("command", ["predict", "explain", "train", "evaluate"])
def test_the_help_of_every_command_shows_an_example(caretone_command, command):
    run = caretone_command(command, "--help")
    assert run.returncode == 0
    assert f"caretone {command}" in run.stdout


def test_explain_gives_words_and_evidence_as_json(caretone_command):
    run = caretone_command("explain", "The bus was late. I'm so sorry for your loss.", "--tone", "sympathy")
    told = json.loads(run.stdout)
    assert told["evidence"]["sympathy"][0]["text"] == SORRY
    words = told["words"]["sympathy"]
    assert max(words, key=lambda word: word["weight"])["text"] in SORRY


def test_explain_colours_words_on_request(caretone_command):
    run = caretone_command("explain", SORRY, "--format", "table")
    assert run.returncode == 0
    assert "label: sympathy" in run.stdout


def test_train_evaluate_and_predict_work_together(caretone_command, tmp_path, labelled):
    labelled.to_csv(tmp_path / "mine.csv", index=False, sep=";", encoding="utf-8-sig")
    run = caretone_command("train", "mine.csv", "-o", "mine.caretone", "--jobs", "1", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert "macro" in run.stdout
    figures = json.loads((tmp_path / "mine.metrics.json").read_text())
    assert set(figures["cross_validated"]["labels"]) == {"sympathy", "empathy", "compassion"}
    assert FoldedModel.load(tmp_path / "mine.caretone").provenance["rows"] == len(labelled)

    run = caretone_command(
        "evaluate", "mine.csv", "-m", "mine.caretone", "--bootstrap", "20", "--format", "json", cwd=tmp_path
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["all"]["overall"]["macro_f1"]["value"] > 0.9
    assert rows_of(caretone_command("predict", SORRY, "-m", "mine.caretone", cwd=tmp_path))[0]["label"] == "sympathy"


def test_training_does_not_overwrite_a_model_or_its_figures(caretone_command, tmp_path, labelled):
    labelled.to_csv(tmp_path / "mine.csv", index=False)
    (tmp_path / "mine.metrics.json").write_text("old")
    run = caretone_command("train", "mine.csv", "-o", "mine.caretone", cwd=tmp_path)
    assert run.returncode == 2
    assert "mine.metrics.json exists already" in run.stderr


def test_too_few_messages_of_a_tone_are_said_to_be_too_few(caretone_command, tmp_path):
    (tmp_path / "mine.csv").write_text("text,label\nhello,none\nso sorry,sympathy\n")
    run = caretone_command("train", "mine.csv", "-o", "mine.caretone", cwd=tmp_path)
    assert run.returncode == 2
    assert "at least 5 are needed" in run.stderr


def test_evaluation_by_source_on_the_real_benchmark(caretone_command, shared):
    run = caretone_command("evaluate", shared / "benchmark" / "dev.csv", "--by", "source", "--bootstrap", "20")
    assert run.returncode == 0, run.stderr
    assert "epitome_reddit" in run.stdout
    assert re.search(r"macro f1\s+│ 0\.\d{3} \[0\.\d{3}, 0\.\d{3}\]", run.stdout)

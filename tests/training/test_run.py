from __future__ import annotations

import pandas as pd
import pytest

import caretone
from caretone.corpus.reading import read_labelled
from caretone.corpus.sentences import sentence_labels
from caretone.errors import LabelledDataError, TrainingError

SETTINGS = {"cv": 2, "C": 0.3, "n_jobs": 1}


@pytest.fixture(scope="module")
def result(labelled):
    return caretone.train(labelled, **SETTINGS)


def test_the_same_data_and_seed_give_the_same_table(result, labelled):
    again = caretone.train(labelled, **SETTINGS)
    assert again.model.weights == result.model.weights
    assert again.model.thresholds == result.model.thresholds


def test_the_model_records_where_it_comes_from(result, labelled):
    provenance = result.model.provenance
    assert provenance["caretone"] == caretone.__version__
    assert provenance["rows"] == len(labelled)
    assert len(provenance["data"]["sha256"]) == 64
    assert provenance["settings"]["random_state"] == 0
    assert provenance["cross_validated"] == result.metrics


def test_the_pipeline_is_the_fitted_classifier(result):
    (expected,) = result.pipeline.predict_proba(["so sorry"]).tolist()
    assert list(result.predictor.predict("so sorry").probabilities.values()) == pytest.approx(expected, abs=1e-9)


def test_several_files_in_several_layouts_train_together(labelled, tmp_path):
    half = len(labelled) // 2
    labelled[:half].to_csv(tmp_path / "a.csv", index=False)
    labelled[half:].to_json(tmp_path / "b.jsonl", orient="records", lines=True)
    result = caretone.train(tmp_path / "a.csv", tmp_path / "b.jsonl", **SETTINGS)
    assert result.model.provenance["rows"] == len(labelled)
    assert result.model.provenance["data"]["names"] == ["a.csv", "b.jsonl"]


def test_repeated_and_contradictory_rows_are_left_out_with_a_warning(labelled):
    twice = pd.concat([labelled, labelled[:1], labelled[1:2].assign(tones="compassion")], ignore_index=True)
    result = caretone.train(twice, **SETTINGS)
    assert result.model.provenance["rows"] == len(labelled) - 1
    assert len(result.warnings) == 2


def test_a_file_without_a_tone_says_which(labelled):
    with pytest.raises(TrainingError, match="empathy"):
        caretone.train(labelled[~labelled["tones"].str.contains("empathy")])


def test_an_unknown_group_column_lists_the_columns_there_are(labelled):
    with pytest.raises(LabelledDataError, match="author"):
        caretone.train(labelled, group="author")


def test_groups_are_kept_together(labelled):
    grouped = labelled.assign(author=[str(n % 6) for n in range(len(labelled))])
    assert caretone.train(grouped, group="author", **SETTINGS).metrics["messages"] == len(labelled)


def test_sentence_cells_are_read_only_where_they_fit():
    cells = ["sympathy|none", "sympathy", "", "x|y"]
    rows = pd.DataFrame(
        {"text": ["So sorry. Noon?", "Oh no. Why? Hm.", "Hi.", "A. B."], "tones": "sympathy", "sentences": cells}
    )
    first, *others = sentence_labels(read_labelled(rows))
    assert first.tolist() == [[1, 0, 0], [0, 0, 0]]
    assert others == [None, None, None]

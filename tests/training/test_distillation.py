"""What a teacher labelled: read, learnt from, and kept away from the folds that it was made of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import caretone
from caretone.errors import LabelledDataError, TrainingError
from caretone.predictor import Predictor
from caretone.shipped import shipped_path
from caretone.tones import TONES
from caretone.training import CareToneClassifier
from caretone.training.distillation import TEACHER_WEIGHT, TeacherLabels, read_teacher_labels
from caretone.training.folding import fold
from caretone.training.linear import CountedTask, LinearSettings
from caretone.training.material import tone_material
from caretone.training.recombination import PARTS, part_of
from caretone.training.run import train
from caretone.training.task import OF_TEACHER, TrainingTask

TEXTS = ["So sorry for your loss, dad", "Lunch at noon?", "I lost mine too"]


def _taught(texts, probabilities, part):
    labels = TONES[: len(probabilities[0])]
    return TeacherLabels(texts, np.array(probabilities, dtype=float), np.full(len(texts), part), labels)


def test_labels_are_read_in_hundredths(tmp_path):
    path = tmp_path / "labels.csv.gz"
    table = pd.DataFrame({"text": ["nan", "so sorry"], "sympathy": [3, 98], "empathy": 0, "compassion": 50, "part": 2})
    table.to_csv(path, index=False)
    read = read_teacher_labels(path)
    assert read.texts == ["nan", "so sorry"]
    np.testing.assert_allclose(read.probabilities, [[0.03, 0, 0.5], [0.98, 0, 0.5]])
    assert read.parts.tolist() == [2, 2]


def test_a_file_without_a_column_names_it_and_says_what_to_do(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("text,sympathy,empathy,compassion\na b,1,2,3\n")
    with pytest.raises(LabelledDataError, match=r"labels\.csv has no column 'part'; make it with"):
        read_teacher_labels(path)


def test_taught_texts_stand_behind_the_messages_with_the_teachers_probabilities():
    task = TrainingTask.of(TEXTS, np.eye(3), np.ones(3), None, 0.5, teacher=_taught(["sorry mine"], [[0.9, 0.4, 0]], 0))
    assert task.originals.tolist() == [0, 1, 2, OF_TEACHER]
    assert task.own.tolist() == [True, True, True, False]
    np.testing.assert_allclose(task.present[3], [0.9, 0.4, 0])
    np.testing.assert_allclose(task.weights[3], TEACHER_WEIGHT)


def test_what_was_made_of_a_part_is_held_out_with_any_message_of_it():
    part = part_of(TEXTS[0])
    teacher = TeacherLabels(["of it", "of another"], np.zeros((2, 3)), np.array([part, (part + 1) % PARTS]), TONES)
    task = TrainingTask.of(TEXTS, np.eye(3), np.ones(3), None, 0.5, teacher=teacher)
    assert 3 not in task.without([0])
    assert 4 in task.without([0])
    assert task.without([]).tolist() == [0, 1, 2, 3, 4]


def test_folds_are_the_parts_when_there_is_a_teacher(labelled, present):
    teacher = _taught(["so sorry", "noon?"], [[1, 0, 0], [0, 0, 0]], 0)
    classifier = CareToneClassifier(C=1.0, min_df=1)
    parts = np.array([part_of(text) for text in labelled["text"]])
    for held in classifier._folds(present.to_numpy(), parts):
        assert not set(parts[held]) & set(np.delete(parts, held))
    assert classifier.fit(labelled["text"], present, teacher=teacher).oof_scores_.shape == present.shape


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_a_probability_teaches_as_so_many_texts_with_the_label_and_without(share):
    texts = ["red blue", "red green", "blue green"] * 4
    present = np.array([[1], [0], [0]] * 4)
    taught = CountedTask.of(
        LinearSettings(1, 0.25, 1.0, 0.7, None, 0),
        TrainingTask.of(texts, present, np.ones(12), None, 0, teacher=_taught(["red"] * 40, [[share]] * 40, 0)),
        [],
    )
    drawn = CountedTask.of(
        LinearSettings(1, 0.25, 1.0, 0.7, None, 0),
        TrainingTask.of(
            texts,
            present,
            np.ones(12),
            None,
            0,
            teacher=_taught(["red"] * 40, [[float(n < 40 * share)] for n in range(40)], 0),
        ),
        [],
    )
    kept = np.arange(52)
    (_, ((coef, intercept),)), (_, ((other, constant),)) = taught.fit(kept, [1.0]), drawn.fit(kept, [1.0])
    np.testing.assert_allclose(coef, other, atol=2e-3)
    np.testing.assert_allclose(intercept, constant, atol=2e-3)


def test_a_teacher_that_knows_better_changes_what_is_learnt(labelled, present):
    texts = [f"lunch {n} gran" for n in range(60)]
    plain = CareToneClassifier(C=1.0, min_df=1).fit(labelled["text"], present)
    taught = CareToneClassifier(C=1.0, min_df=1).fit(
        labelled["text"], present, teacher=_taught(texts, [[0, 0, 1]] * 60, 0)
    )
    assert taught.decision_function(["lunch"])[0, 2] > plain.decision_function(["lunch"])[0, 2]


def test_the_folded_model_gives_the_same_probabilities_with_a_teacher(labelled, present):
    teacher = _taught(["so sorry noon", "lost mine noon"], [[0.7, 0, 0], [0, 0.9, 0]], 1)
    classifier = CareToneClassifier(C=1.0, min_df=1).fit(labelled["text"], present, teacher=teacher)
    table = Predictor(fold(classifier)).predict_many(labelled["text"][:9].tolist())
    np.testing.assert_allclose(table[list(TONES)], classifier.predict_proba(labelled["text"][:9]), atol=1e-9)


def test_only_the_shipped_messages_come_with_the_shipped_teacher(labelled):
    assert tone_material([]).teacher is not None
    assert tone_material([shipped_path("data", "messages.csv")]).teacher is not None
    assert tone_material([], teacher=False).teacher is None
    assert tone_material([labelled]).teacher is None
    assert tone_material([]).take(np.arange(5)).teacher is None


def test_a_model_records_which_texts_a_teacher_labelled(labelled):
    assert train(labelled, C=1.0, min_df=1, n_jobs=1).model.provenance["taught"] is None
    taught, shipped = caretone.load().model.provenance["taught"], tone_material([]).teacher
    assert taught == {"texts": len(shipped.texts), "sha256": shipped.digest}


def test_a_teacher_with_groups_or_with_other_labels_is_refused(labelled, present):
    classifier = CareToneClassifier(C=1.0, min_df=1)
    with pytest.raises(TrainingError, match="give no groups"):
        classifier.fit(labelled["text"], present, groups=labelled.index % 5, teacher=_taught(["so"], [[0, 0, 0]], 0))
    teacher = replace(_taught(["so"], [[0, 0, 0]], 0), labels=("empathy", "sympathy", "compassion"))
    with pytest.raises(TrainingError, match="need as many rows and columns of probabilities, not 1 × 3"):
        replace(teacher, labels=("empathy",))
    with pytest.raises(TrainingError, match="knows the labels empathy, sympathy, compassion, but those of the texts"):
        classifier.fit(labelled["text"], present, teacher=teacher)


def test_folds_are_at_most_as_many_as_the_parts(labelled, present):
    teacher = _taught(["so sorry"], [[1, 0, 0]], 0)
    assert CareToneClassifier(C=1.0, min_df=1, cv=9).fit(labelled["text"], present, teacher=teacher).n_folds_ == PARTS


def test_probabilities_below_one_half_alone_still_teach():
    task = TrainingTask.of(
        ["red", "blue"] * 9, np.zeros((18, 1)), np.ones(18), None, 0, teacher=_taught(["red"], [[0.45]], 0)
    )
    counted = CountedTask.of(LinearSettings(1, 0.25, 1.0, 0.7, None, 0), task, [])
    _, ((coef, _),) = counted.fit(np.arange(19), [1.0])
    assert coef[0, counted.features.counts_.vocabulary_["red"]] > 0

from __future__ import annotations

import io
import json

import krippendorff
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from nltk.metrics.agreement import AnnotationTask
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats import inter_rater

from caretone.errors import LabelledDataError
from caretone.evaluation.agreement import (
    adjudicate,
    agreement,
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
    mean_cohen_kappa,
    percent_agreement,
)
from caretone.evaluation.annotations import MISSING, Annotations, read_annotations, read_wide_annotations
from caretone.tones import TONES, format_tones

shapes = st.tuples(st.integers(4, 25), st.integers(2, 5))
complete = shapes.flatmap(lambda shape: npst.arrays(np.int64, shape, elements=st.integers(0, 3)))
with_gaps = shapes.flatmap(lambda shape: npst.arrays(np.int64, shape, elements=st.integers(-1, 3)))
tone_answers = shapes.flatmap(lambda shape: npst.arrays(np.int8, (*shape, 3), elements=st.integers(0, 1)))


def once(statistic, answers):
    return statistic(answers, np.ones((1, len(answers))))[0]


def annotations(tones):
    n_items, n_annotators, _ = tones.shape
    return Annotations([f"i{n}" for n in range(n_items)], tuple(f"a{n}" for n in range(n_annotators)), tones)


@given(complete)
def test_kappas_agree_with_statsmodels_and_scikit_learn(answers):
    assume(len(np.unique(answers)) > 1)
    table, _ = inter_rater.aggregate_raters(answers)
    assert once(fleiss_kappa, answers) == pytest.approx(inter_rater.fleiss_kappa(table), nan_ok=True)
    pair = answers[:, :2]
    assume(len(np.unique(pair)) > 1)
    square = np.zeros((4, 4))
    np.add.at(square, tuple(pair.T), 1)
    assert once(cohen_kappa, pair) == pytest.approx(inter_rater.cohens_kappa(square).kappa)
    assert once(cohen_kappa, pair) == pytest.approx(cohen_kappa_score(*pair.T))


@given(with_gaps)
def test_alpha_with_missing_annotations_agrees_with_krippendorff_and_nltk(answers):
    several = (answers != MISSING).sum(axis=1) > 1
    assume(len(np.unique(answers[several][answers[several] != MISSING])) > 1)
    alpha = once(krippendorff_alpha, answers)
    gaps = np.where(answers == MISSING, np.nan, answers)
    assert alpha == pytest.approx(krippendorff.alpha(gaps.T, level_of_measurement="nominal"))
    said = [(a, i, answers[i, a]) for i, a in np.argwhere(answers != MISSING) if several[i]]
    assert alpha == pytest.approx(AnnotationTask(said).alpha())


@given(complete)
def test_averages_over_pairs_agree_with_nltk(answers):
    task = AnnotationTask([(a, i, answers[i, a]) for i, a in np.ndindex(answers.shape)])
    assert once(percent_agreement, answers) == pytest.approx(task.avg_Ao())
    assume(all(len(np.unique(answers[:, [a, b]])) > 1 for a in range(answers.shape[1]) for b in range(a)))
    assert once(mean_cohen_kappa, answers) == pytest.approx(task.kappa())


@given(with_gaps, st.integers(0, 1000))
def test_a_weight_counts_like_repeated_items(answers, seed):
    weights = np.random.default_rng(seed).integers(0, 4, len(answers))
    repeated = np.repeat(answers, weights, axis=0)
    assume((repeated != MISSING).any() and repeated.max() == answers.max())
    for statistic in (percent_agreement, mean_cohen_kappa, fleiss_kappa, krippendorff_alpha):
        weighted = statistic(answers, weights[None].astype(float))[0]
        assert weighted == pytest.approx(once(statistic, repeated), nan_ok=True)


@given(tone_answers)
@settings(max_examples=30)
def test_every_figure_lies_below_one_and_one_means_nobody_differs(tones):
    found = agreement(annotations(tones), n_bootstrap=10)
    for of, codes in annotations(tones).codes().items():
        alike = (codes == codes[:, :1]).all()
        for figure in found.figures[of].values():
            assert np.isnan(figure.value) or figure.value <= 1
            assert np.isnan(figure.value) or (figure.value == pytest.approx(1)) == alike


@given(tone_answers)
@settings(max_examples=30)
def test_the_biases_of_two_annotators_mirror_each_other(tones):
    rows = agreement(annotations(tones[:, :2]), n_bootstrap=10).bias
    for first, second in zip(rows[:3], rows[3:], strict=True):
        assert (first.own, first.others) == (second.others, second.own)


@given(tone_answers)
def test_the_majority_is_that_of_a_count_by_hand(tones):
    for n, row in adjudicate(annotations(tones)).iterrows():
        yes = tones[n].sum(axis=0)
        no = tones.shape[1] - yes
        assert row["tones"] == format_tones(tone for tone, y, o in zip(TONES, yes, no, strict=True) if y > o)
        assert row["undecided"] == ";".join(tone for tone, y, o in zip(TONES, yes, no, strict=True) if y == o)
        assert row["agreed"] == pytest.approx(np.maximum(yes, no).mean() / tones.shape[1])


def test_intervals_hold_the_figure_and_shrink_with_more_items():
    widths = []
    for n in (50, 2000):
        generator = np.random.default_rng(0)
        truth = generator.random((n, 1, 3)) < 0.4
        tones = (truth ^ (generator.random((n, 3, 3)) < 0.1)).astype(np.int8)
        figure = agreement(annotations(tones), n_bootstrap=200).figures["empathy"]["krippendorff_alpha"]
        assert figure.low < figure.value < figure.high
        widths.append(figure.high - figure.low)
    assert widths[1] < widths[0] / 4


def test_the_most_disputed_items_come_first_and_undisputed_ones_never():
    table = pd.DataFrame({"id": list("pqr"), "x": ["none", "empathy", "none"], "y": ["none", "sympathy", "compassion"]})
    found = agreement(read_wide_annotations(table, ["x", "y"], item="id"), n_bootstrap=10)
    assert [(row.item, row.tones) for row in found.disputed] == [("q", ("sympathy", "empathy")), ("r", ("compassion",))]


def test_long_and_wide_layouts_mean_the_same():
    wide = pd.DataFrame({"i": ["1", "2", "3"], "x": ["none", "empathy", ""], "y": ["none", "sympathy;empathy", "none"]})
    long = wide.melt("i", var_name="who", value_name="said").query("said != ''")
    from_long = read_annotations(long, item="i", annotator="who", tones="said")
    from_wide = read_wide_annotations(wide, ["x", "y"], item="i")
    order = [from_long.items.index(item) for item in from_wide.items]
    np.testing.assert_array_equal(from_long.tones[order], from_wide.tones)
    assert from_long.annotators == from_wide.annotators


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ({"item": ["1", "1"], "annotator": ["x", "x"], "tones": ["none", "empathy"]}, "row 2 .* same annotator"),
        ({"item": ["1", "1"], "annotator": ["x", "y"], "tones": ["none", "pity"]}, "row 2, column 'tones'"),
        ({"item": ["1", "1"], "annotator": ["x", ""], "tones": ["none", "none"]}, "row 2, column 'annotator'"),
        ({"item": ["1", "1"], "annotator": ["x", "y"], "tones": ["none", ""]}, "row 2, column 'tones'"),
        ({"id": ["1", "1"], "annotator": ["x", "y"], "tones": ["none", "none"]}, "no column 'item'.*--item"),
    ],
)
def test_what_cannot_be_used_is_named_by_row_and_column(table, complaint):
    with pytest.raises(LabelledDataError, match=complaint):
        read_annotations(pd.DataFrame(table))


def test_agreement_needs_an_item_with_two_annotations():
    table = pd.DataFrame({"item": ["1", "2"], "annotator": ["x", "y"], "tones": ["none", "none"]})
    with pytest.raises(LabelledDataError, match="no item has annotations by two"):
        agreement(read_annotations(table))


LONG = """id,annotator,tones
m1,ann,sympathy
m1,ben,sympathy
m2,ann,none
m2,ben,empathy
m3,[ann],none
m3,ben,none
"""


def test_the_command_gives_json_and_writes_the_majority_once(caretone_command, tmp_path):
    (tmp_path / "long.csv").write_text(LONG)
    arguments = ("agreement", "long.csv", "--item", "id", "--format", "json", "--majority", "settled.csv")
    run = caretone_command(*arguments, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    figures = json.loads(run.stdout)
    assert figures["figures"]["empathy"]["percent_agreement"]["value"] == pytest.approx(2 / 3)
    assert figures["figures"]["compassion"]["krippendorff_alpha"]["value"] is None
    settled = pd.read_csv(tmp_path / "settled.csv", keep_default_na=False)
    assert settled["undecided"].tolist() == ["", "empathy", ""]
    assert list(settled.columns) == ["id", "tones", "agreed", "undecided", "annotators"]
    again = caretone_command(*arguments, cwd=tmp_path)
    assert again.returncode == 2
    assert "settled.csv exists already" in again.stderr


def test_the_command_shows_tables_for_names_with_brackets_and_reads_the_wide_layout(caretone_command, tmp_path):
    (tmp_path / "long.csv").write_text(LONG)
    run = caretone_command("agreement", "long.csv", "--item", "id", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert "krippendorff alpha" in run.stdout
    assert "[ann]" in run.stdout
    pd.read_csv(io.StringIO(LONG)).pivot(index="id", columns="annotator", values="tones").to_csv(tmp_path / "wide.csv")
    run = caretone_command("agreement", "wide.csv", "--annotators", "ann, ben,[ann]", "-f", "json", cwd=tmp_path)
    assert json.loads(run.stdout)["annotations"] == {"ann": 2, "ben": 3, "[ann]": 1}
    assert caretone_command("agreement", "wide.csv", "--annotators", "ann", cwd=tmp_path).returncode == 2

from __future__ import annotations

import json
import sys
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.metrics.association import BigramAssocMeasures
from scipy.stats import mannwhitneyu, power_divergence

from caretone.corpus import read_labelled
from caretone.corpus.audit import audit
from caretone.corpus.audit_report import page_template, sections
from caretone.corpus.duplicates import _folded, _vectors, near_texts, same_texts
from caretone.corpus.keyness import marking_collocations, marking_ngrams
from caretone.corpus.label_errors import find_label_errors
from caretone.corpus.language import looks_english
from caretone.corpus.personal_data import find_personal_data, kinds_of_personal_data
from caretone.corpus.shortcuts import length_effects, stray_tokens
from caretone.errors import CaretoneError, LabelledDataError, TrainingError
from caretone.text import sentences
from caretone.tones import TONES

# ---- duplicates

words = st.sampled_from(
    ["so", "sorry", "to", "hear", "that", "your", "dad", "is", "ill", "call", "me", "lunch", "at", "noon"]
)
messages_of_words = st.lists(words, min_size=1, max_size=8).map(" ".join)


def clusters_by_brute_force(texts, threshold):
    folded = [_folded(text) for text in texts]
    distinct = list(dict.fromkeys(folded))
    vectors = _vectors(distinct)
    alike = np.zeros((len(distinct),) * 2) if vectors is None else (vectors @ vectors.T).toarray()
    linked = (alike >= threshold - 1e-5) | np.eye(len(distinct), dtype=bool)
    linked = linked[np.ix_(*[[distinct.index(text) for text in folded]] * 2)]
    for _ in texts:  # the closure: who is linked to whom over any chain
        linked = (linked.astype(int) @ linked.astype(int)) > 0
    return [tuple(np.flatnonzero(row)) for row in linked]


@given(st.lists(messages_of_words | st.text(max_size=12), min_size=1, max_size=25), st.floats(0.3, 0.95))
def test_near_duplicates_are_those_that_comparing_every_pair_finds(texts, threshold):
    clusters = near_texts(texts, threshold)
    assert [tuple(np.flatnonzero(clusters == cluster)) for cluster in clusters] == clusters_by_brute_force(
        texts, threshold
    )


def test_a_typo_makes_a_near_duplicate_and_case_and_blanks_the_same_text():
    long = "I was so sorry to hear about your grandmother, she always had a kind word for everybody who came by."
    texts = [long, long.upper().replace(" ", "  "), long.replace("kind", "kynd"), "Is lunch at noon or at one today?"]
    assert same_texts(texts).tolist() == [0, 0, 1, 2]
    assert near_texts(texts, 0.7).tolist() == [0, 0, 0, 1]


def test_no_texts_and_texts_shorter_than_an_ngram_are_no_trouble():
    assert len(near_texts([])) == 0
    assert near_texts(["", "a", "👍", "A "]).tolist() == [0, 1, 2, 1]


# ---- personal data


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("mail ann.lee+x@mail.example.org", ("e-mail",)),
        ("call +44 (0)20 7946 0958 or 555-010-0199", ("phone",)),
        ("0301 2345678 is my number", ("phone",)),
        ("my account is DE89 3704 0044 0532 0130 00 THANKS", ("IBAN",)),
        ("gb82west12345698765432", ("IBAN",)),
        ("DE88 3704 0044 0532 0130 00", ()),  # the checksum is wrong
        ("on 2024-01-15 10:30, 01.02.2024 12.30, 1,000,000 pounds, 24/7, 0.123456789", ()),
        ("order 12345678901 for @ann at 5 @ 3", ()),
    ],
)
def test_personal_data_is_told_by_its_form_and_checksum(text, kinds):
    assert kinds_of_personal_data(text) == kinds


@given(st.text(), st.from_regex(r"\A[a-z]{1,9}\.[a-z]{1,9}@[a-z]{1,9}\.(org|com)\Z"))
def test_an_address_is_found_in_any_text_and_never_repeated(before, address):
    (found,) = find_personal_data([f"{before} {address} soon"], [7])
    assert found.row == 7
    assert "e-mail" in found.kinds
    assert address not in repr(found)


# ---- language


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("Sorry mate, that's rough. You know where to find us if it gets worse.", True),
        ("👍 Danke!", True),  # too short to judge
        ("Mir tut das so leid, ich war am Ende selbst so lange krank und allein.", False),
        ("Je suis vraiment désolé, on a tous perdu quelqu'un et la vie est dure.", False),
        ("Мне очень жаль", False),
        ("", True),
    ],
)
def test_other_languages_are_told_by_letters_and_function_words(text, english):
    assert looks_english(text) is english


# ---- shortcuts and telling words

labelled_texts = st.lists(
    st.tuples(messages_of_words, st.tuples(*[st.integers(0, 1)] * 3)), min_size=20, max_size=60
).map(lambda rows: ([text for text, _ in rows], np.array([tones for _, tones in rows], dtype=np.int8)))


@given(labelled_texts)
@settings(max_examples=40)
def test_the_auc_of_length_is_that_of_mann_and_whitney(given_messages):
    texts, tones = given_messages
    lengths = np.array([len(text.split()) for text in texts])
    for effect, present in zip(length_effects(texts, tones), tones.T == 1, strict=True):
        if present.all() or not present.any():
            assert np.isnan(effect.auc)
            continue
        statistic = mannwhitneyu(lengths[present], lengths[~present]).statistic
        assert effect.auc == pytest.approx(statistic / (present.sum() * (~present).sum()))
        assert effect.with_tone == np.median(lengths[present])


@given(labelled_texts)
@settings(max_examples=40)
def test_ngrams_are_counted_by_message_and_scored_like_scipys_g_test(given_messages):
    texts, tones = given_messages
    for mark in marking_ngrams(texts, tones):
        holds = np.array([f" {mark.ngram} " in f" {text} " for text in texts])
        present = tones[:, TONES.index(mark.tone)] == 1
        assert (mark.with_tone, mark.overall) == ((holds & present).sum(), holds.sum())
        table = np.array([[(holds == a) & (present == b) for b in (True, False)] for a in (True, False)]).sum(axis=2)
        expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / len(texts)
        g = power_divergence(table.ravel(), expected.ravel(), lambda_="log-likelihood").statistic
        if (expected > 0).all():
            assert mark.likelihood_ratio == pytest.approx(g, abs=1e-6)
        assert mark.pmi == pytest.approx(np.log2(table[0, 0] / expected[0, 0]))


def test_collocations_are_of_neighbours_within_a_sentence_and_of_the_tone():
    texts = ["so sorry. call me", "so sorry! oh well then", "lunch at noon"] * 5
    tones = np.array([[1, 0, 0], [1, 0, 0], [0, 0, 0]] * 5)
    found = {mark.ngram: mark for mark in marking_collocations(texts, tones)}
    assert set(found) == {"so sorry", "call me", "oh well", "well then"}
    tokens = Counter(token for text in texts if "lunch" not in text for part in sentences(text) for token in part)
    expected = BigramAssocMeasures.pmi(10, (tokens["so"], tokens["sorry"]), sum(tokens.values()))
    assert found["so sorry"].pmi == pytest.approx(expected)


def test_a_mark_that_follows_a_tone_is_stray_and_a_common_word_is_not():
    generator = np.random.default_rng(0)
    present = generator.random(400) < 0.3
    texts = [f"you there {'~' if there else ''} {generator.choice(['a', 'b'])}" for there in present]
    tones = np.column_stack([present, np.zeros((400, 2))]).astype(np.int8)
    assert [(token.tone, token.token, token.share) for token in stray_tokens(texts, tones)] == [("sympathy", "~", 1.0)]


# ---- label errors


def test_a_flipped_label_is_found_and_the_surest_error_comes_first():
    pytest.importorskip("cleanlab")
    generator = np.random.default_rng(0)
    truth = (generator.random((300, 3)) < 0.4).astype(np.int8)
    probabilities = np.clip(truth * 0.8 + 0.1 + generator.normal(0, 0.03, truth.shape), 0.01, 0.99)
    tones = truth.copy()
    tones[[5, 17], 1] ^= 1
    probabilities[5, 1] = 0.999 if truth[5, 1] else 0.001
    errors = find_label_errors(tones, probabilities, range(1000, 1300))
    assert [(error.row, error.tone) for error in errors] == [(1005, "empathy"), (1017, "empathy")]
    assert errors[0].given != bool(truth[5, 1])


# ---- the whole


def test_an_audit_gathers_what_each_part_finds_and_plain_values_of_it(labelled):
    table = labelled.assign(source=["a", "b"] * 60)
    table.loc[len(table)] = [table.loc[0, "text"].lower(), "compassion", "c"]
    table.loc[len(table)] = ["Mail me: ann@example.org", "none", "c"]
    found = audit(read_labelled(table, name="chat"), group="source")
    assert found.same_text[0].rows == (1, 121)
    assert found.same_text[0].contradictory
    assert [(row.row, row.kinds) for row in found.personal_data] == [(122, ("e-mail",))]
    assert [(group.group, group.messages) for group in found.balance.groups] == [("a", 60), ("b", 60), ("c", 2)]
    assert sum(found.balance.labels.values()) == 122
    assert "not looked for" in found.notes[0]
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["messages"] == 122


def test_a_group_that_is_no_column_is_refused(labelled):
    with pytest.raises(LabelledDataError, match="no column 'nowhere'"):
        audit(read_labelled(labelled), group="nowhere")


def test_label_errors_wait_for_cleanlab_and_for_enough_messages(labelled, monkeypatch):
    few = read_labelled(labelled[:6])

    def refuses(messages, clusters):
        raise TrainingError("too few")

    pytest.importorskip("cleanlab")
    assert "too few" in audit(few, out_of_fold=refuses).notes[0]
    monkeypatch.setattr("caretone.corpus.audit.find_spec", lambda name: None)
    assert 'pip install "caretone[audit]"' in audit(few, out_of_fold=refuses).notes[0]


def test_near_duplicates_never_judge_one_another(labelled):
    pytest.importorskip("cleanlab")
    seen = []

    def out_of_fold(messages, clusters):
        seen.append(clusters)
        return np.full((len(messages), 3), 0.5)

    texts = ["So sorry for your loss, my dear old friend.", "so sorry for your loss, my dear old friend."]
    audit(read_labelled(pd.DataFrame({"text": [*texts, "Noon?"], "label": ["none"] * 3})), out_of_fold=out_of_fold)
    assert seen[0].tolist() == [0, 0, 1]


def test_no_section_quotes_a_message(labelled):
    messages = read_labelled(labelled)
    cells = {cell for section in sections(audit(messages)) for row in section.rows for cell in row}
    assert not cells & set(messages.texts)


def test_the_command_writes_a_page_and_json_and_changes_nothing(caretone_command, labelled, tmp_path):
    pytest.importorskip("cleanlab")
    pytest.importorskip("jinja2")
    file = tmp_path / "chat <b>.csv"
    labelled.assign(who="<i>").to_csv(file, index=False)
    before = file.read_bytes()
    run = caretone_command(
        *("audit", file, "--group", "who", "--html", "a.html", "--format", "json", "-j", "1"), cwd=tmp_path
    )
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert found["messages"] == 120
    assert found["notes"] == []
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "chat &lt;b&gt;.csv" in page
    assert "&lt;i&gt;" in page
    assert "src=" not in page
    assert 'href="http' not in page
    assert file.read_bytes() == before


def test_the_command_prints_tables_and_refuses_what_it_could_not_write(caretone_command, labelled, tmp_path):
    labelled.to_csv(tmp_path / "chat.csv", index=False)
    run = caretone_command("audit", "chat.csv", "--no-label-errors", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert "n-grams that mark empathy" in run.stdout
    (tmp_path / "a.html").write_text("mine")
    for arguments in (("--html", "a.html"), ("-o", "tables.txt"), ("--threshold", "2")):
        run = caretone_command("audit", "chat.csv", "--no-label-errors", *arguments, cwd=tmp_path)
        assert run.returncode == 2, arguments
        assert "Traceback" not in run.stderr
    assert (tmp_path / "a.html").read_text() == "mine"


def test_a_page_without_jinja2_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(CaretoneError, match=r"caretone\[report\]"):
        page_template()

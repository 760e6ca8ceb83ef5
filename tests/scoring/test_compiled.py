"""The compiled scorer gives what the plain one and scikit-learn give, for any text and any kind of column."""

from __future__ import annotations

import random
import re
import sys
import warnings
from array import array
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from caretone import predictor
from caretone.errors import ModelFileError
from caretone.model import KEY_BITS, FoldedModel
from caretone.predictor import Predictor
from caretone.scoring.plain import probabilities
from caretone.text import SUBWORD_REACH
from caretone.training import CareToneClassifier
from caretone.training.folding import fold

pytest.importorskip("numba")
pa = pytest.importorskip("pyarrow")

from caretone.scoring import characters, kernel  # noqa: E402
from caretone.scoring.compiled import batch_probabilities  # noqa: E402

_ODD_WORDS = """
    i I'm I’m sorry so SO no loss hug hugs been there rock'n'roll ıt ﬁne ﬀ Zoë café ÄRGER straße K ǅ ʼtis oʼclock
    ΚΑΛΗ ΜΈΡΑ привет ЁЖИК 你好 こんにちは 안녕 你好你好你 a你好b你好 𝒳𝒴𝒵 𐐀𐐨 ²³ Ⅷ ٣ äöüßäöüß aäöüßäöü
    sevenxx eight888 nine99999 fifteen15151515 sixteen161616161 seventeen17171717
"""
_ODD_MARKS = """
    . .. ... … ! ?! ? !!1 , ; - _ __ ' ’ '' ʼ " ” ) ] 😢 🎉 ❤️ 👩‍👩‍👧 🇬🇧 🏴\U000e0067\U000e007f < > & İ Σ ς
    \u0301 \u0307 \u200d \u200b \ufeff \U0001ffff \U00020000 \U0010ffff
"""
WORDS = [*_ODD_WORDS.split(), "Donaudampfschiff" * 5, "x" * (SUBWORD_REACH - 1), "y" * SUBWORD_REACH, "z" * 80]
MARKS = _ODD_MARKS.split()
SPACES = ["", " ", "  ", *"\n\r\t\x0b\x0c\x1c\x85\xa0\u2003\u2028\u3000", "\r\n", "\n\n"]

parts = st.sampled_from([*WORDS, *MARKS, *SPACES, *SPACES, "\0"])
ends = st.tuples(st.sampled_from(WORDS), st.text(".!?…", max_size=3), st.text("\"'”’)]", max_size=2), parts)
messages = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.lists(parts, max_size=30).map("".join),
    st.lists(ends.map("".join), max_size=6).map("".join),
)
"""Any text, and texts made of what the tokenizer treats in a way of its own."""


@pytest.fixture(scope="session")
def trained() -> tuple[CareToneClassifier, FoldedModel]:
    """Give a classifier fitted on 200 odd messages, and its table."""
    draw = random.Random(1)
    texts, labels = [], []
    for number in range(200):
        label = number % 4
        own = draw.sample(WORDS[label::4], 3) + draw.sample(MARKS[label::4], 2)
        parts = [*own, *draw.sample(WORDS, 3), *draw.sample(MARKS, 2)]
        draw.shuffle(parts)
        texts.append("".join(part + draw.choice(SPACES) for part in parts))
        labels.append([label == 0, label == 1 or number % 8 == 0, label == 2])
    present = pd.DataFrame(labels, columns=["sympathy", "empathy", "compassion"]).astype(int)
    classifier = CareToneClassifier(C=1.0, min_df=1, cv=3).fit(texts, present)
    return classifier, fold(classifier)


@pytest.fixture(scope="session")
def model(trained: tuple[CareToneClassifier, FoldedModel]) -> FoldedModel:
    return trained[1]


@pytest.fixture(scope="session")
def some_texts() -> list[str]:
    draw = random.Random(2)
    pieces = [*WORDS, *MARKS, *SPACES, *SPACES, "\0"]
    return ["".join(draw.choices(pieces, k=draw.randrange(30))) for _ in range(3_000)]


@pytest.fixture(scope="session")
def expected(model: FoldedModel, some_texts: list[str]) -> np.ndarray:
    return plain(model, some_texts)


def plain(model: FoldedModel, texts: list[str]) -> np.ndarray:
    return np.array([probabilities(model, text) for text in texts])


def same(found: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@settings(max_examples=2_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(texts=st.lists(messages, min_size=1, max_size=3))
def test_scikit_learn_and_the_plain_and_the_compiled_scorer_agree_on_any_text(
    trained: tuple[CareToneClassifier, FoldedModel], texts: list[str]
) -> None:
    classifier, model = trained
    found = batch_probabilities(model, texts)
    same(found, plain(model, texts))
    np.testing.assert_allclose(found, classifier.predict_proba(texts), rtol=0, atol=1e-6)


def test_every_code_point_counts_like_in_the_plain_scorer(model: FoldedModel) -> None:
    points = [*range(0xD800), *range(0xE000, 0x10000), *range(0x10000, characters.TABLE_END + 64, 3)]
    texts = [f"so{point}sorry.{point} hug{point}'{point}s" for point in map(chr, points)]
    same(batch_probabilities(model, texts), plain(model, texts))


def test_lower_case_of_what_the_table_calls_a_letter_does_not_depend_on_its_neighbours() -> None:
    table = characters.character_table()
    for point in np.flatnonzero(table >> kernel.KIND_SHIFT == kernel.WORD).tolist():
        letter, lower = chr(point), chr(table[point] & (1 << kernel.KIND_SHIFT) - 1)
        assert letter.isalnum()
        assert lower.isalnum()
        assert f"a{letter} {letter}a{letter}".lower() == f"a{lower} {lower}a{lower}"


def test_every_shared_text_scores_like_in_the_plain_scorer(shared: Path) -> None:
    model = predictor.load().model
    files = sorted(path for folder in ("public", "benchmark") for path in (shared / folder).rglob("*.*"))
    lines = {line for path in files for line in path.read_text("utf-8", "replace").split("\n")}
    texts = sorted({text for line in lines for text in re.split(r"\t| EOS |,(?=\S)", line)})
    assert len(texts) > 50_000
    same(batch_probabilities(model, texts), plain(model, texts))


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_every_kind_of_arrow_column_is_read(
    model: FoldedModel, some_texts: list[str], expected: np.ndarray, kind: pa.DataType
) -> None:
    column = pa.array(some_texts).cast(kind)
    same(batch_probabilities(model, column), expected)
    same(batch_probabilities(model, column[7:-9]), expected[7:-9])
    chunked = pa.chunked_array([column[:5], column[5:5], column[5:1500], column[1500:]])
    same(batch_probabilities(model, chunked), expected)
    same(batch_probabilities(model, chunked[3:1600]), expected[3:1600])


@pytest.mark.parametrize("empty", [[], pa.array([], pa.string()), pa.chunked_array([], pa.large_string())])
def test_no_messages_give_no_rows(model: FoldedModel, empty: object) -> None:
    assert batch_probabilities(model, empty).shape == (0, 3)


def test_messages_without_a_token_score_like_in_the_plain_scorer(model: FoldedModel) -> None:
    texts = ["", " ", "\n", "_", "\n _\r\n"]
    same(batch_probabilities(model, texts), plain(model, texts))
    same(batch_probabilities(model, pa.array(["", ""])), plain(model, ["", ""]))


def test_lone_surrogates_are_left_to_the_plain_scorer(model: FoldedModel) -> None:
    texts = ["so sorry", "so \ud83d sorry", "\udc00", "hugs"]
    same(batch_probabilities(model, texts), plain(model, texts))


def test_bytes_that_are_no_utf8_are_an_error_and_not_read_beyond(model: FoldedModel) -> None:
    for data in (b"so \xf0\x9f", b"so \xe2", b"\xff"):
        offsets = pa.py_buffer(np.array([0, len(data)], dtype=np.int32).tobytes())
        column = pa.Array.from_buffers(pa.string(), 1, [None, offsets, pa.py_buffer(data)])
        with pytest.raises(UnicodeDecodeError):
            batch_probabilities(model, column)


def test_threads_give_what_one_thread_gives(model: FoldedModel, some_texts: list[str], expected: np.ndarray) -> None:
    texts = some_texts * 5
    alone = batch_probabilities(model, texts, threads=1)
    same(alone, np.tile(expected, (5, 1)))
    for threads in (2, 3, None):
        np.testing.assert_array_equal(batch_probabilities(model, texts, threads=threads), alone)


@pytest.mark.parametrize("n_labels", [2, 5])
def test_models_with_other_labels_are_scored(some_texts: list[str], n_labels: int) -> None:
    texts = [text.replace("\0", "") for text in some_texts[:200]]
    classifier = CareToneClassifier(C=1.0, min_df=1, cv=2).fit(texts, [f"l{n % n_labels}" for n in range(200)])
    model = fold(classifier)
    same(batch_probabilities(model, some_texts[:400]), plain(model, some_texts[:400]))
    table = Predictor(model).predict_many(some_texts[:400])
    assert table["label"].tolist() == [Predictor(model).predict(text).label for text in some_texts[:400]]


def test_a_model_without_longer_ngrams_skip_bigrams_or_subwords_is_scored(
    model: FoldedModel, some_texts: list[str]
) -> None:
    for words, subwords in ((model.words[:1], ()), ((), model.subwords[:1]), ((), ("ab", "abcd")), ((), ())):
        weights = tuple(column[: len(words) + len(subwords)] for column in model.weights)
        empty = model.ngrams[:0]
        bare = with_values(model, words=words, ngrams=empty, skip_bigrams=empty, subwords=subwords, weights=weights)
        texts = [*some_texts[:100], "abcd", "abc", "xabcdx"]
        same(batch_probabilities(bare, texts), plain(bare, texts))


def test_a_table_that_does_not_fit_together_is_refused(model: FoldedModel) -> None:
    short = tuple(column[:-1] for column in model.weights)
    astray, skipping_astray, ending_astray = model.ngrams[:], model.skip_bigrams[:], model.skip_bigrams[:]
    astray[0] = 2**60
    skipping_astray[0] = len(model.words) << KEY_BITS
    ending_astray[0] = len(model.words)
    wide = tuple(column[:-1] + array("i", [2**15]) for column in model.weights)
    changes: tuple[dict[str, object], ...] = (
        {"weights": short},
        {"weights": wide},
        {"ngrams": astray},
        {"skip_bigrams": skipping_astray},
        {"skip_bigrams": ending_astray},
    )
    for broken in (with_values(model, **change) for change in changes):
        with pytest.raises(ModelFileError, match="does not fit together"):
            batch_probabilities(broken, ["so sorry"])


def with_values(model: FoldedModel, **changed: object) -> FoldedModel:
    values = {name: getattr(model, name) for name in FoldedModel.__dataclass_fields__}
    return FoldedModel(**{**values, **changed})


@pytest.mark.parametrize("bad", [None, 3, b"bytes", float("nan")])
def test_what_is_no_message_is_a_type_error(model: FoldedModel, bad: object) -> None:
    with pytest.raises(TypeError, match="every message"):
        batch_probabilities(model, ["so sorry", bad])
    for few_or_many in (1, predictor.MANY_AT_FIRST):
        column = ["so sorry"] * few_or_many + [bad]
        for texts in (column, pd.Series(column), pd.Series(column, dtype=object)):
            with pytest.raises(TypeError, match=f"number {few_or_many + 1} is"):
                Predictor(model).predict_many(texts)


def test_nulls_in_a_column_are_a_type_error(model: FoldedModel) -> None:
    column = ["so sorry"] * predictor.MANY_AT_FIRST + [None]
    with pytest.raises(TypeError, match="null"):
        batch_probabilities(model, pa.array(column))
    for texts in (pa.array(column), pd.Series(column, dtype="str"), pd.Series(column, dtype="string")):
        with pytest.raises(TypeError, match=f"number {len(column)} is"):
            Predictor(model).predict_many(texts)


@pytest.mark.parametrize(
    "kind", [list, tuple, iter, np.array, pd.Series, pa.array, lambda t: pd.Series(t, dtype=object), pd.Index]
)
def test_predict_many_gives_the_same_table_with_and_without_compiled_code(
    model: FoldedModel, some_texts: list[str], monkeypatch: pytest.MonkeyPatch, kind: type
) -> None:
    texts = [text.replace("\0", "") for text in some_texts]  # numpy's strings drop it at the end
    compiled = Predictor(model).predict_many(kind(texts))
    monkeypatch.setattr(predictor, "MANY", len(texts) + 1)
    pd.testing.assert_frame_equal(compiled, Predictor(model).predict_many(kind(texts)), rtol=0, atol=1e-12)
    assert compiled["label"].tolist() == [Predictor(model).predict(text).label for text in texts]
    assert list(compiled.columns) == ["label", *model.labels]


def test_predict_many_keeps_the_index(model: FoldedModel, some_texts: list[str]) -> None:
    for size in (3, len(some_texts)):
        texts = pd.Series(some_texts[:size], index=[f"id{n}" for n in range(size)][::-1])
        assert Predictor(model).predict_many(texts).index.equals(texts.index)


def test_without_numba_many_messages_are_scored_and_the_way_to_speed_is_told_once(
    model: FoldedModel, some_texts: list[str], expected: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("compiled", "kernel", "tables", "characters"):
        monkeypatch.delitem(sys.modules, f"caretone.scoring.{name}")
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.setattr(predictor, "MANY_AT_FIRST", 10)
    monkeypatch.setattr(predictor, "SLOW", 100)
    predictor._say_how_to_be_fast.cache_clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Predictor(model).predict_many(some_texts[:50])
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = [Predictor(model).predict_many(some_texts[:200]) for _ in range(2)]
    assert [warning.category for warning in told] == [RuntimeWarning]
    assert 'pip install "caretone[fast]"' in str(told[0].message)
    assert told[0].filename == __file__
    same(found[0][list(model.labels)].to_numpy(), expected[:200])

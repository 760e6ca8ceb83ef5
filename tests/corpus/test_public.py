"""The public corpora: oddities of their files, fetching whole and unharmed files only, licences, and exports."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from caretone.corpus.public import CORPORA, CorpusFile, PublicCorpus, cache_folder, fetch, public_corpus
from caretone.errors import CaretoneError, LabelledDataError
from caretone.shipped import shipped_path
from caretone.tones import parse_tones

# ---- what is said of them


@pytest.mark.parametrize("corpus", CORPORA.values(), ids=CORPORA)
def test_a_corpus_says_what_a_user_must_know_before_using_it(corpus):
    assert all((corpus.title, corpus.measures, corpus.relation, corpus.licence))
    assert "https://aclanthology.org/" in corpus.citation
    assert all(file.url.startswith("https://raw.githubusercontent.com/") for file in corpus.files)
    assert all(len(file.sha256) == 64 for file in corpus.files)
    assert len({file.path for file in corpus.files}) == len({file.sha256 for file in corpus.files}) == len(corpus.files)


def test_an_unknown_corpus_is_answered_with_the_known_ones():
    with pytest.raises(CaretoneError, match="epitome, esconv"):
        public_corpus("emobank")
    assert public_corpus("Empathic-Reactions").name == "empathic_reactions"


# ---- reading, on invented files


def written(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def test_goemotions_quotes_are_part_of_the_comment_and_numbers_become_names(tmp_path):
    files = {
        "labels.txt": "joy\nneutral",
        "train.tsv": '"Never closed\t0,1\tid1\nA line\u2028 separator\t1\tid2\n',
        "dev.tsv": b"a stray \xff byte\t1\tid3\n",
    }
    table = CORPORA["goemotions"].read(written(tmp_path, files))
    assert table["text"].tolist() == ['"Never closed', "A line\u2028 separator", "a stray \ufffd byte"]
    assert table["emotions"].tolist() == ["joy;neutral", "neutral", "neutral"]
    assert table["split"].tolist() == ["train", "train", "dev"]


def test_empathetic_intents_commas_come_back_and_neutral_is_not_questioning(tmp_path):
    files = {file.path: "Oh dear\n\n" for file in CORPORA["empathetic_intents"].files}
    files["train_data/labels.txt"] = "questioning,38\nWishing,39\nneutral,38"
    files |= {f"train_data/{split}.txt": "40 <SEP> Well_comma_ ok\n38 <SEP> Why?\n" for split in ("train", "valid")}
    files["train_data/test.txt"] = "39 <SEP> Good luck\n"
    table = CORPORA["empathetic_intents"].read(written(tmp_path, files))
    assert table["text"].tolist()[:2] == ["Well, ok", "Why?"]
    assert table.loc[table["split"] != "manual", "intent"].tolist() == [*["neutral", "questioning"] * 2, "wishing"]
    assert set(table.loc[table["split"] == "manual", "intent"]) >= {"consoling", "sympathizing"}
    assert set(table.loc[table["intent"] == "consoling", "tendency"]) == {"sympathy"}


def test_esconv_gives_the_last_turn_of_each_line_and_tells_conversations_apart(tmp_path):
    turns = "1.0 0 0 Knock EOS 1.0 1 1 [Questions] Who knocks?\r\n"
    longer = "1.0 1 1 [Questions] Who knocks? EOS 0.0 0 2 Low EOS 0.0 1 3 [Providing Suggestions] Try a walk\r\n"
    failed = [{"dialog": [{"speaker": "listener", "annotation": {"strategy": "Other"}, "content": "Bye\n"}]}]
    files = {
        "esconv-dev.tsv": turns + longer + turns,
        "esconv-test.tsv": turns,
        "failed_esconv.json": json.dumps(failed),
    }
    table = CORPORA["esconv"].read(written(tmp_path, files))
    assert table["text"].tolist() == ["Who knocks?", "Try a walk", "Who knocks?", "Who knocks?", "Bye"]
    assert table["conversation"].tolist() == ["dev-0", "dev-0", "dev-1", "test-0", "failed-0"]
    assert table["tendency"].tolist() == ["", "compassion", "", "", ""]


def test_epitome_puts_the_mechanisms_side_by_side(tmp_path):
    pair = pd.DataFrame({"sp_id": ["s1"], "rp_id": ["r1"], "seeker_post": ["Help"]})
    files = {
        file.path: pair.assign(response_post="So sorry, friend", level=level, rationales="So sorry|").to_csv(
            index=False
        )
        for level, file in enumerate(CORPORA["epitome"].files)
    }
    table = CORPORA["epitome"].read(written(tmp_path, files))
    row = table.iloc[0]
    assert (row["text"], row["emotional_reactions"], row["explorations"]) == ("So sorry, friend", 0, 2)
    assert row["interpretations_rationales"] == "So sorry"
    assert row["tendency"] == ""


def test_a_lacking_or_foreign_file_is_answered_with_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="caretone data fetch goemotions"):
        CORPORA["goemotions"].read(tmp_path)
    written(tmp_path, {"labels.txt": "joy", "train.tsv": "no tabs here\n", "dev.tsv": ""})
    with pytest.raises(LabelledDataError, match="as published") as caught:
        CORPORA["goemotions"].read(tmp_path)
    assert "no tabs" not in str(caught.value)


# ---- reading, on the published files

ROWS = {
    "epitome": 3084,
    "esconv": 8137,
    "empathic_reactions": 1860,
    "empathetic_intents": 31792 + 506,
    "goemotions": 48836,
}


@pytest.mark.parametrize("corpus", CORPORA.values(), ids=CORPORA)
def test_the_published_files_are_read_whole(shared, corpus):
    table = corpus.read(shared / "public")
    assert len(table) == ROWS[corpus.name]
    assert (table["text"].str.strip() != "").all()
    assert not table["text"].str.contains("_comma_").any()
    assert table.notna().all(axis=None)
    assert not {"tones", "label"} & set(table.columns), "the corpus's labels must not be taken for tones"
    if corpus.tendencies:
        assert table["tendency"].map(lambda cell: parse_tones(cell) if cell else ()).astype(bool).any()


@pytest.mark.parametrize("corpus", CORPORA.values(), ids=CORPORA)
def test_the_published_files_have_the_checksums_on_record(shared, corpus, tmp_path):
    home = fetch(corpus, tmp_path, source=shared / "public")
    assert corpus.missing(tmp_path) == []
    assert home == corpus.folder_in(tmp_path)


# ---- fetching

CONTENT = bytes(range(256)) * 1000


class _Server(BaseHTTPRequestHandler):
    """Serves one file, from where it is asked to begin."""

    ranges: list[str | None]

    def do_GET(self):
        asked = self.headers.get("Range")
        self.ranges.append(asked)
        start = int(asked[len("bytes=") : -1]) if asked else 0
        if self.path == "/gone":
            self.send_error(404)
        elif start >= len(CONTENT):
            self.send_error(416)
        else:
            self.send_response(206 if asked else 200)
            self.send_header("Content-Length", str(len(CONTENT) - start))
            self.end_headers()
            self.wfile.write(CONTENT[start : len(CONTENT) // 2] if self.path == "/cut" else CONTENT[start:])

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    """Give a server's address and the ranges that it was asked for."""
    handler = type("Handler", (_Server,), {"ranges": []})
    serving = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{serving.server_port}", handler.ranges
    serving.shutdown()
    serving.server_close()


def corpus_at(url: str, sha256: str = hashlib.sha256(CONTENT).hexdigest()) -> PublicCorpus:
    return PublicCorpus(*["tiny"] * 7, (CorpusFile("deep/file.bin", url, sha256),), pd.read_csv)


def test_a_download_is_whole_checked_and_not_repeated(server, tmp_path):
    address, ranges = server
    told = []
    for _ in range(2):
        fetch(corpus_at(f"{address}/file"), tmp_path, report=lambda file, what: told.append(what))
    assert (tmp_path / "tiny/deep/file.bin").read_bytes() == CONTENT
    assert told == ["downloaded", "there"]
    assert ranges == [None]


def test_a_download_that_was_cut_off_goes_on_where_it_stopped(server, tmp_path):
    address, ranges = server
    with pytest.raises(ConnectionError, match="goes on from there"):
        fetch(corpus_at(f"{address}/cut"), tmp_path)
    assert not (tmp_path / "tiny/deep/file.bin").exists()
    fetch(corpus_at(f"{address}/file"), tmp_path)
    assert (tmp_path / "tiny/deep/file.bin").read_bytes() == CONTENT
    assert ranges == [None, f"bytes={len(CONTENT) // 2}-"]


def test_a_download_that_was_whole_but_not_named_yet_is_taken(server, tmp_path):
    written(tmp_path, {"tiny/deep/file.bin.part": CONTENT})
    fetch(corpus_at(f"{server[0]}/file"), tmp_path)
    assert (tmp_path / "tiny/deep/file.bin").read_bytes() == CONTENT


def test_a_file_that_is_not_the_published_one_is_not_kept(server, tmp_path):
    with pytest.raises(LabelledDataError, match="not the file that was published"):
        fetch(corpus_at(f"{server[0]}/file", sha256="0" * 64), tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_file_that_is_gone_or_a_silent_server_is_answered_with_the_other_way(server, tmp_path):
    with pytest.raises(ConnectionError, match=r"404.*--from"):
        fetch(corpus_at(f"{server[0]}/gone"), tmp_path)
    with pytest.raises(ConnectionError, match="cannot be downloaded"):
        fetch(corpus_at("http://127.0.0.1:9/file"), tmp_path)


def test_a_folder_without_the_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"file\.bin"):
        fetch(corpus_at("http://127.0.0.1:9/file"), tmp_path, source=tmp_path)


def test_the_cache_follows_the_users_setting(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "caretone" / "corpora"


# ---- the commands


def test_list_is_json_for_programs_and_shows_each_licence(caretone_command):
    listed = json.loads(caretone_command("data", "list").stdout)
    assert [corpus["name"] for corpus in listed] == list(CORPORA)
    assert all(corpus["licence"] and corpus["relation"] and corpus["files"] for corpus in listed)
    assert "CC BY-NC 4.0" in caretone_command("data", "list", "--format", "table").stdout


def test_nothing_is_fetched_before_the_licence_is_accepted(caretone_command, shared, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    arguments = ("data", "fetch", "empathic_reactions", "--from", shared / "public")
    refused = caretone_command(*arguments, stdin="y\n")
    assert refused.returncode == 2
    assert "CC BY 4.0" in refused.stdout
    assert "--accept-licence" in refused.stderr
    assert list(tmp_path.iterdir()) == []

    accepted = caretone_command(*arguments, "--accept-licence")
    assert accepted.returncode == 0, accepted.stderr
    exported = caretone_command("data", "export", "empathic_reactions", "-o", tmp_path / "out.csv")
    assert exported.returncode == 0, exported.stderr
    assert len(pd.read_csv(tmp_path / "out.csv")) == ROWS["empathic_reactions"]


def test_an_export_with_tones_is_a_labelled_file(caretone_command, shared, tmp_path):
    from caretone.corpus import read_labelled

    arguments = ("data", "export", "goemotions", "--with-tones", "--from", shared / "public", "-o", tmp_path / "go.csv")
    run = caretone_command(*arguments)
    assert run.returncode == 0, run.stderr
    messages = read_labelled(tmp_path / "go.csv")
    assert len(messages) > 4900
    assert messages.tones.sum(axis=0).min() > 100
    assert {"emotions", "annotators"} <= set(messages.table.columns)

    again = caretone_command(*arguments)
    assert again.returncode == 2
    assert "exists already" in again.stderr


def test_our_own_messages_are_exported_as_they_are(caretone_command, tmp_path):
    run = caretone_command("data", "export", "shipped", "-o", tmp_path / "ours.csv")
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "ours.csv").read_bytes() == shipped_path("data", "messages.csv").read_bytes()


def test_an_export_of_what_was_not_fetched_says_how_to_fetch_it(caretone_command, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    run = caretone_command("data", "export", "esconv", "-o", tmp_path / "out.csv")
    assert run.returncode == 2
    assert "caretone data fetch esconv" in run.stderr
    assert "Traceback" not in run.stderr
    assert not (tmp_path / "out.csv").exists()


# ---- the benchmark's measures


@pytest.fixture(scope="module")
def benchmark():
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "public_corpora.py"
    spec = importlib.util.spec_from_file_location("public_corpora", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_rationales_are_found_by_their_words_whatever_their_case_and_blanks(benchmark):
    marks = benchmark.rationale_tokens("I see. SO  sorry, friend. Bye", "so sorry|bye|not there")
    assert marks.astype(int).tolist() == [0, 0, 0, 1, 1, 0, 0, 0, 1]
    assert not benchmark.rationale_tokens("Hello", "").any()


def test_token_f1_and_iou_f1_are_the_formulas_of_eraser(benchmark):
    gold, marked = np.array([1, 1, 1, 0, 0, 1], bool), np.array([1, 1, 0, 0, 1, 0], bool)
    assert benchmark.token_f1(gold, marked) == pytest.approx(2 * 2 / (4 + 3))
    assert benchmark.spans(gold) == [(0, 3), (5, 6)]
    assert benchmark.iou((0, 3), (0, 2)) == pytest.approx(2 / 3)
    assert benchmark.iou_f1(gold, marked) == pytest.approx(2 * 1 / (2 + 2))
    assert benchmark.iou_f1(gold, gold) == benchmark.token_f1(gold, gold) == 1
    assert benchmark.iou_f1(gold, ~gold) == benchmark.token_f1(gold, ~gold) == 0

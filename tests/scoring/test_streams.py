"""Files of any size are scored whole, in order and in constant memory, and a killed run goes on where it was."""

from __future__ import annotations

import csv
import gzip
import io
import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import caretone
from caretone.errors import CaretoneError, LabelledDataError
from caretone.scoring import batches as reading
from caretone.scoring.broken import OnError
from caretone.scoring.columns import with_tones
from caretone.scoring.formats import Format
from caretone.scoring.sources import Codec, names_sources, sources_of
from caretone.scoring.streams import Job, score_to_file, unfinished

SORRY, LUNCH, SOUP = "I'm so sorry for your loss.", "Lunch?", "I'll bring soup, go be with her."
ADDED = ["label", "tones", "sympathy", "empathy", "compassion"]


@pytest.fixture
def tiny_batches(monkeypatch):
    """Cut files into batches of three rows."""
    monkeypatch.setattr(reading, "ROWS", 3)


def job_of(*paths: Path, to: Path, codec: Codec | None = None, on_error: OnError = OnError.stop) -> Job:
    sources = tuple(source for path in paths for source in sources_of(str(path)))
    return Job(caretone.load().model, sources, Format(to.suffix[1:]), codec, on_error=on_error)


def scored(*paths: Path, to: Path, **options) -> bytes:
    score_to_file(job_of(*paths, to=to, **options), to, overwrite=True)
    return to.read_bytes()


def messages(count: int) -> list[str]:
    return [f"{(SORRY, LUNCH, SOUP)[n % 3]} {n}" for n in range(count)]


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


# ---- what comes out


def test_every_cell_of_a_csv_file_stays_what_it_was(tmp_path):
    cells = ["007", "1e5", "NA", "", " x ", "None", 'say "hi"', "two\nlines", "1,5", "2024-01-01", "=1+1"]
    table = [["code", "text"], *([cell, SORRY] for cell in cells)]
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows(table)
    written(tmp_path, "in.csv", stream.getvalue())
    rows = list(csv.reader(io.StringIO(scored(tmp_path / "in.csv", to=tmp_path / "out.csv").decode(), newline="")))
    assert rows[0] == ["code", "text", *ADDED]
    assert [row[:2] for row in rows] == table
    assert {row[2] for row in rows[1:]} == {"sympathy"}


def test_parquet_keeps_its_types_and_order_in_parquet(tmp_path, tiny_batches):
    table = pa.table(
        {
            "id": pa.array(range(10), pa.int16()),
            "at": pa.array([1_700_000_000_000_000_001 + n for n in range(10)], pa.timestamp("ns", "UTC")),
            "kind": pa.array(["a", "b"] * 5).dictionary_encode(),
            "tags": pa.array([["x"], [], None, ["y", "z"]] + [[]] * 6),
            "text": pa.array([SORRY, None, *messages(8)]),
        }
    )
    pq.write_table(table, tmp_path / "in.parquet")
    scored(tmp_path / "in.parquet", to=tmp_path / "out.parquet")
    found = pq.read_table(tmp_path / "out.parquet")
    assert found.column_names == [*table.column_names, *ADDED]
    assert found.select(table.column_names).to_pylist() == table.to_pylist()
    assert [found.schema.field(name).type for name in table.column_names] == table.schema.types
    assert found["label"].to_pylist()[:2] == ["sympathy", "none"]


def test_parquet_values_without_a_counterpart_become_text_in_csv_and_json(tmp_path):
    at = pa.array([1_700_000_000_000_000_001], pa.timestamp("ns"))
    table = pa.table({"at": at, "tags": [["x", "é"]], "gone": pa.array([None], pa.int64()), "text": [SORRY]})
    pq.write_table(table, tmp_path / "in.parquet")
    [row] = csv.DictReader(io.StringIO(scored(tmp_path / "in.parquet", to=tmp_path / "out.csv").decode()))
    assert (row["at"], row["tags"], row["gone"]) == ("2023-11-14 22:13:20.000000001", '["x", "é"]', "")
    record = json.loads(scored(tmp_path / "in.parquet", to=tmp_path / "out.jsonl"))
    assert (record["at"], record["tags"], record["gone"]) == ("2023-11-14 22:13:20.000000001", ["x", "é"], None)


def test_json_objects_keep_their_values_and_may_differ(tmp_path, tiny_batches):
    records = [{"text": SORRY, "n": 12345678901234567890123}, {"x": [1, {"y": None}], "text": None}, {"text": "é"}] * 3
    written(tmp_path, "in.jsonl", "\n\n".join(map(json.dumps, records)))
    found = [json.loads(line) for line in scored(tmp_path / "in.jsonl", to=tmp_path / "out.jsonl").splitlines()]
    assert [{key: row[key] for key in row if key not in ADDED} for row in found] == records
    assert [row["label"] for row in found[:2]] == ["sympathy", "none"]


def test_json_types_become_parquet_types_and_nothing_is_guessed_from_texts(tmp_path):
    record = {
        "id": 1,
        "share": 0.5,
        "ok": True,
        "at": "2024-01-01T00:00:00Z",
        "none": None,
        "tags": ["a"],
        "text": SORRY,
    }
    written(tmp_path, "in.jsonl", json.dumps(record))
    scored(tmp_path / "in.jsonl", to=tmp_path / "out.parquet")
    types = {field.name: str(field.type) for field in pq.read_schema(tmp_path / "out.parquet")}
    assert [types[name] for name in record] == [
        "int64",
        "double",
        "bool",
        "string",
        "string",
        "list<element: string>",
        "string",
    ]


def test_columns_that_are_there_already_are_kept_beside_the_predicted_ones(tmp_path):
    written(tmp_path, "in.csv", f"label,text,predicted_label,Tones\nx,{LUNCH},y,z\n")
    [row] = csv.DictReader(io.StringIO(scored(tmp_path / "in.csv", to=tmp_path / "out.csv").decode()))
    assert list(row) == ["label", "text", "predicted_label", "Tones", "predicted_predicted_label", *ADDED[1:]]
    assert (row["label"], row["predicted_label"], row["predicted_predicted_label"]) == ("x", "y", "none")


def test_figures_are_those_of_the_predictor(tmp_path):
    texts = [*messages(50), "", "Σ", "héllo 😢"]
    written(tmp_path, "in.jsonl", "\n".join(json.dumps({"text": text}) for text in texts))
    rows = [json.loads(line) for line in scored(tmp_path / "in.jsonl", to=tmp_path / "out.jsonl").splitlines()]
    for text, row in zip(texts, rows, strict=True):
        prediction = caretone.predict(text)
        assert (row["label"], row["tones"]) == (prediction.label, ";".join(prediction.tones) or "none")
        assert {name: row[name] for name in prediction.probabilities} == pytest.approx(
            prediction.probabilities, abs=1e-6
        )


def test_a_table_that_is_at_hand_gets_the_same_columns():
    table = with_tones(caretone.load().model, pa.table({"Text": [SORRY, None], "label": ["a", "b"]}).to_batches()[0])
    assert table.column_names == ["Text", "label", "predicted_label", *ADDED[1:]]
    assert table["predicted_label"].to_pylist() == ["sympathy", "none"]
    with pytest.raises(LabelledDataError, match="no texts but values of the type int64"):
        with_tones(caretone.load().model, pa.table({"text": [1]}))


def test_a_german_excel_file_is_read_as_it_is(tmp_path):
    content = f"\ufeffNr;Text;Betrag\r\n1;{SORRY};3,50\r\n2;Grüße, Zoë; 4,00 \r\n"
    written(tmp_path, "excel.csv", content)
    rows = list(csv.DictReader(io.StringIO(scored(tmp_path / "excel.csv", to=tmp_path / "out.csv").decode())))
    assert [(row["Nr"], row["Text"], row["Betrag"]) for row in rows] == [
        ("1", SORRY, "3,50"),
        ("2", "Grüße, Zoë", " 4,00 "),
    ]
    assert rows[0]["label"] == "sympathy"


any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@settings(max_examples=40, deadline=None)
@given(st.lists(any_text, min_size=1, max_size=9), st.sampled_from([".csv", ".tsv", ".jsonl", ".parquet"]))
def test_any_texts_go_through_every_format_unchanged(texts, ending):
    with tempfile.TemporaryDirectory() as folder:
        start, middle, end = (Path(folder, name) for name in ("a.jsonl", "b" + ending, "c.jsonl"))
        start.write_text("\n".join(json.dumps({"text": text}) for text in texts))
        scored(start, to=middle)
        found = [json.loads(line) for line in scored(middle, to=end).decode().split("\n")[:-1]]
        assert [row["text"] for row in found] == texts
        assert [row["label"] for row in found] == [row["predicted_label"] for row in found]


# ---- what goes in


def test_a_folder_of_every_format_is_read_in_the_order_of_names(caretone_command, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    one_column = f"text\n{SORRY}\n"
    written(folder, "a.csv", f"text,id\n{SORRY},1\n")
    written(folder, "b.tsv", f"id\ttext\n2\t{LUNCH}\n")
    written(folder, "c.jsonl", json.dumps({"text": SOUP}))
    written(folder, "d.ndjson.gz", gzip.compress(json.dumps({"text": SORRY}).encode()))
    written(folder, "e.csv.zst", pa.Codec("zstd").compress(one_column.encode(), asbytes=True))
    written(folder, "f.txt", f"{LUNCH}\r\n{SOUP}")
    pq.write_table(pa.table({"text": [SORRY]}), folder / "g.parquet")
    written(folder, "_SUCCESS", "")
    written(folder, "notes.md", "not for us")
    run = caretone_command("predict", folder, "-o", folder / "out.jsonl")
    assert run.returncode == 0, run.stderr
    rows = [json.loads(line) for line in (folder / "out.jsonl").read_text().splitlines()]
    assert [row["text"] for row in rows] == [SORRY, LUNCH, SOUP, SORRY, SORRY, LUNCH, SOUP, SORRY]
    assert [row.get("id") for row in rows[:3]] == ["1", "2", None]
    assert rows[2]["label"] == "compassion"

    again = caretone_command("predict", folder, "-o", folder / "out.jsonl", "--force")
    assert again.returncode == 0, again.stderr
    assert len((folder / "out.jsonl").read_text().splitlines()) == 8, "the output must not be taken for an input"


def test_a_pattern_goes_through_compressed_output_and_back(caretone_command, tmp_path):
    for n in range(3):
        written(tmp_path, f"part-{n}.csv", f"id,text\n{n},{SORRY}\n")
    for name in ("all.csv.gz", "all.jsonl.zst"):
        run = caretone_command("predict", tmp_path / "part-*.csv", "-o", tmp_path / name)
        assert run.returncode == 0, run.stderr
    assert gzip.decompress((tmp_path / "all.csv.gz").read_bytes()).decode().count(SORRY) == 3
    assert scored(tmp_path / "all.csv.gz", to=tmp_path / "a.csv").splitlines()[1].startswith(b"0,I'm")
    assert scored(tmp_path / "all.jsonl.zst", to=tmp_path / "b.jsonl").count(b"predicted_label") == 3


def test_standard_input_flows_to_standard_output(caretone_command):
    text = "".join(f"{message}\n" for message in messages(40_010))
    run = caretone_command("predict", "-", "--format", "tsv", stdin=text)
    rows = list(csv.DictReader(io.StringIO(run.stdout), delimiter="\t"))
    assert [row["text"] for row in rows] == messages(40_010)
    assert [row["label"] for row in rows[:3]] == ["sympathy", "none", "compassion"]


def test_a_table_for_people_can_be_had_of_a_file(caretone_command, tmp_path):
    written(tmp_path, "in.csv", f"text,label\n{SORRY},x\n")
    run = caretone_command("predict", tmp_path / "in.csv", "--format", "table")
    assert "sympathy" in run.stdout


def test_what_looks_like_a_file_but_is_not_there_is_no_message(caretone_command, tmp_path):
    assert names_sources("absent.csv.gz")
    assert not names_sources("I read it in notes.txt")
    assert not names_sources("*hugs*")
    assert not names_sources("x" * 5000)
    assert not names_sources("nul\0")
    run = caretone_command("predict", "absent.csv", cwd=tmp_path)
    assert run.returncode == 2
    assert "there is no file absent.csv" in run.stderr


# ---- broken rows

BROKEN = {
    "bytes.csv": (b"id,text\n1,fine\n2,\xff\xfe\n3,ok\n", 3, "UTF-8"),
    "ragged.csv": (b'id,text\n1,"two\nlines"\n2,a,b\n3,ok\n', 4, "3 cells stand here, 2 in the header"),
    "quote.csv": (b'id,text\n1,fine\n2,"never closed\n3,ok\n', 3, "never closed"),
    "stray.csv": (b'id,text\n1,fine\n\n2,"a"b\n3,ok\n', 4, "closing quote"),
    "json.jsonl": (b'{"text": "fine"}\n{"text": \n{"text": "ok"}\n', 2, "JSON object"),
    "array.jsonl": (b'{"text": "fine"}\n["secret"]\n{"text": "ok"}\n', 2, "JSON object"),
    "number.jsonl": (b'{"text": "fine"}\n{"text": 5}\n{"text": "ok"}\n', 2, "no text but a value of type int"),
    "half.jsonl": (b'{"text": "fine"}\n{"text": "a", "b": "\\ud800"}\n{"text": "ok"}\n', 2, "surrogate"),
    "utf8.jsonl": (b'{"text": "fine"}\n{"text": "\xe9"}\n{"text": "ok"}\n', 2, "UTF-8"),
    "lines.txt": (b"fine\n\xff\nok\n", 2, "UTF-8"),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("rows", [1, 20_000])
def test_a_broken_row_stops_or_is_left_out_and_told_without_its_text(tmp_path, monkeypatch, name, rows):
    monkeypatch.setattr(reading, "ROWS", rows)
    content, line, reason = BROKEN[name]
    source, out = written(tmp_path, name, content), tmp_path / "out.jsonl"
    with pytest.raises(LabelledDataError, match=f"{name}, line {line}: .*{reason}"):
        score_to_file(job_of(source, to=out), out)
    done = score_to_file(job_of(source, to=out, on_error=OnError.skip), out, overwrite=True, resume=True)
    assert (done.messages, done.broken) == (2, 1)
    assert [json.loads(row)["text"].split("\n")[0] for row in out.read_text().splitlines()][1] == "ok"
    [told] = map(json.loads, (tmp_path / "out.jsonl.errors.jsonl").read_text().splitlines())
    assert (told["file"], told["line"]) == (str(source), line)
    assert reason in told["reason"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "out.jsonl", "out.jsonl.errors.jsonl"])


def test_texts_in_parquet_that_are_not_in_utf8_are_broken_rows(tmp_path):
    texts = pa.StringArray.from_buffers(2, pa.py_buffer(b"\0\0\0\0\2\0\0\0\4\0\0\0"), pa.py_buffer(b"ok\xff\xff"))
    pq.write_table(pa.table({"text": texts}), tmp_path / "in.parquet")
    done = score_to_file(
        job_of(tmp_path / "in.parquet", to=tmp_path / "out.csv", on_error=OnError.skip), tmp_path / "out.csv"
    )
    assert (done.messages, done.broken) == (1, 1)


def test_json_rows_that_do_not_fit_the_settled_columns_are_broken(tmp_path, tiny_batches):
    rows = [{"id": n, "text": LUNCH} for n in range(3)]
    late = [
        *rows,
        {"id": 3, "text": LUNCH, "new": 1},
        {"id": "x", "text": LUNCH},
        {"id": 2.5, "text": LUNCH},
        {"text": SORRY},
    ]
    written(tmp_path, "in.jsonl", "\n".join(map(json.dumps, late)))
    for name, kept in (("out.csv", 6), ("out.parquet", 4), ("out.jsonl", 7)):
        out = tmp_path / name
        assert score_to_file(job_of(tmp_path / "in.jsonl", to=out, on_error=OnError.skip), out).messages == kept
    assert pq.read_table(tmp_path / "out.parquet")["id"].to_pylist() == [0, 1, 2, None]
    written(tmp_path, "late.jsonl", "\n".join(map(json.dumps, [*rows, {"text": LUNCH, "label": "mine"}])))
    with pytest.raises(LabelledDataError, match="line 4: a key here has the name of a predicted column"):
        scored(tmp_path / "late.jsonl", to=tmp_path / "late_out.jsonl")


def test_skipped_rows_are_counted_at_the_end_by_the_command(caretone_command, tmp_path):
    written(tmp_path, "in.jsonl", f'{{"text": "{SORRY}"}}\n{{\n' * 2)
    run = caretone_command("predict", tmp_path / "in.jsonl", "-o", tmp_path / "out.csv", "--on-error", "skip")
    assert run.returncode == 0
    assert "2 broken rows were left out" in run.stderr
    assert (tmp_path / "out.csv").read_text().count(",sympathy,sympathy,0.") == 2
    run = caretone_command("predict", tmp_path / "in.jsonl", "-o", tmp_path / "other.csv")
    assert run.returncode == 2
    assert "in.jsonl, line 2" in run.stderr
    assert not (tmp_path / "other.csv.part").exists()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("utf16.csv", "text\nhi\n".encode("utf-16"), "UTF-16"),
        ("empty.csv", b"", "is empty"),
        ("column.csv", b"a,b\n1,2\n", "has no column 'text'; its columns are 'a', 'b'"),
        ("twice.csv", b"text,text\n1,2\n", "several columns called 'text'"),
        ("key.jsonl", b'{"a": 1}\n', "has no column 'text'"),
        ("cut.csv.gz", gzip.compress(b"text\n" + b"hi\n" * 9999)[:-20], "damaged"),
        ("cut.csv.zst", pa.Codec("zstd").compress(b"text\n" + b"hi\n" * 9999, asbytes=True)[:-9], "damaged"),
        ("no.parquet", b"PAR1nonsense", "damaged or not a Parquet file"),
        ("long.txt", b"x" * 5_000_000, "longer than 4,000,000 characters"),
        ("what.xlsx", b"PK", "a file of this kind cannot be read"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_name_and_leaves_nothing(tmp_path, name, content, said):
    written(tmp_path, name, content)
    with pytest.raises(LabelledDataError, match=said) as caught:
        scored(tmp_path / name, to=tmp_path / "out.csv", on_error=OnError.skip)
    assert name in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_files_with_other_columns_are_refused_where_all_rows_need_the_same(tmp_path):
    written(tmp_path, "a.csv", "id,text\n1,x\n")
    written(tmp_path, "b.csv", "text,id\ny,2\n")
    written(tmp_path, "c.csv", "text\nz\n")
    assert scored(tmp_path / "a.csv", tmp_path / "b.csv", to=tmp_path / "out.csv").splitlines()[2].startswith(b"2,y,")
    with pytest.raises(LabelledDataError, match=r"c\.csv has other columns .*'id'"):
        scored(tmp_path / "a.csv", tmp_path / "c.csv", to=tmp_path / "out.csv")


def test_files_without_rows_leave_no_mark_but_the_header(tmp_path):
    written(tmp_path, "a.jsonl", "")
    written(tmp_path, "b.jsonl", '{"id": 1, "text": "x"}')
    written(tmp_path, "c.csv", "text\n")
    for name in ("ab.csv", "ab.parquet"):
        scored(tmp_path / "a.jsonl", tmp_path / "b.jsonl", to=tmp_path / name)
    assert (tmp_path / "ab.csv").read_text().startswith("id,text,label")
    assert pq.read_table(tmp_path / "ab.parquet")["id"].to_pylist() == [1]
    assert scored(tmp_path / "c.csv", to=tmp_path / "c_out.csv").decode().strip() == ",".join(["text", *ADDED])


# ---- a run that does not end


class KilledError(Exception):
    """Stands in for a kill."""


@pytest.mark.parametrize("name", ["out.csv", "out.csv.gz", "out.jsonl.zst", "out.parquet"])
@pytest.mark.parametrize("after", [1, 3, 4, 6])
def test_a_resumed_run_gives_the_bytes_of_an_unbroken_one(tmp_path, tiny_batches, name, after):
    parts = [
        written(tmp_path, "a.jsonl", "\n".join(json.dumps({"text": text}) for text in messages(7)) + "\n{\n"),
        written(tmp_path, "b.txt", b"\n".join([b"\xff", *(text.encode() for text in messages(8))])),
    ]
    format, codec = name.split(".")[1], {"gz": Codec.gzip, "zst": Codec.zstd}.get(name.split(".")[-1])
    job = job_of(*parts, to=Path(f"x.{format}"), codec=codec, on_error=OnError.skip)
    whole, out = tmp_path / f"whole.{name}", tmp_path / name
    total = score_to_file(job, whole)
    reports = []

    def kill(progress):
        reports.append(progress)
        if len(reports) == after:
            raise KilledError

    with pytest.raises(KilledError):
        score_to_file(job, out, report=kill)
    assert unfinished(out)
    with (tmp_path / f"{name}.part").open("ab") as part:
        part.write(b"half a row that was being written")
    with pytest.raises(FileExistsError, match="--resume"):
        score_to_file(job, out)
    assert score_to_file(job, out, resume=True) == total
    assert out.read_bytes() == whole.read_bytes()
    errors = [tmp_path / f"{path.name}.errors.jsonl" for path in (out, whole)]
    assert errors[0].read_bytes() == errors[1].read_bytes()
    assert not list(tmp_path.glob("*.part*"))


def test_columns_are_settled_the_same_when_the_first_rows_are_broken(tmp_path, tiny_batches):
    rows = [json.dumps({"id": 1, "text": SORRY})] * 4
    parts = [
        written(tmp_path, "a.jsonl", "\n".join(["{"] * 3 + rows)),
        written(tmp_path, "b.jsonl", "\n".join([json.dumps({"text": LUNCH})] * 7)),
    ]
    job = job_of(*parts, to=Path("x.csv"), on_error=OnError.skip)
    score_to_file(job, tmp_path / "whole.csv")
    assert (tmp_path / "whole.csv").read_text().count("id,text") == 1

    def kill(progress):
        if progress.source == 1:
            raise KilledError

    with pytest.raises(KilledError):
        score_to_file(job, tmp_path / "out.csv", report=kill)
    score_to_file(job, tmp_path / "out.csv", resume=True)
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_a_run_started_anew_forgets_the_older_one(tmp_path, tiny_batches):
    good, out = written(tmp_path, "a.txt", "\n".join(messages(9))), tmp_path / "out.csv"

    def kill(_):
        raise KilledError

    with pytest.raises(KilledError):
        score_to_file(job_of(good, to=out), out, report=kill)
    bad = written(tmp_path, "b.txt", b"\xff\n")
    with pytest.raises(LabelledDataError):
        score_to_file(job_of(bad, to=out), out, overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "b.txt"]


def test_a_run_is_not_resumed_with_other_files_or_options(tmp_path, tiny_batches):
    source, out = written(tmp_path, "a.txt", "\n".join(messages(9))), tmp_path / "out.csv"

    def kill(_):
        raise KilledError

    with pytest.raises(KilledError):
        score_to_file(job_of(source, to=out), out, report=kill)
    written(tmp_path, "a.txt", "\n".join(messages(10)))
    with pytest.raises(CaretoneError, match=r"left of another run \(look at sources\)"):
        score_to_file(job_of(source, to=out), out, resume=True)
    score_to_file(job_of(source, to=out), out, overwrite=True)
    assert len(out.read_text().splitlines()) == 11


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_after_a_real_kill_the_command_goes_on_without_losing_or_doubling_a_row(caretone_command, tmp_path, ending):
    source, out, whole = (tmp_path / name for name in ("in.txt", f"out.{ending}", f"whole.{ending}"))
    source.write_text("".join(f"{text}\n" for text in messages(100_000)))
    process = subprocess.Popen([sys.executable, "-m", "caretone", "predict", source, "-o", out])
    while not unfinished(out) and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not out.exists()
    done = json.loads(Path(f"{out}.part.json").read_text())["done"]["messages"]
    assert 0 < done < 100_000
    run = caretone_command("predict", source, "-o", out, "--resume")
    assert run.returncode == 0, run.stderr
    score_to_file(job_of(source, to=whole), whole)
    assert out.read_bytes() == whole.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([source.name, out.name, whole.name])


def test_the_command_refuses_options_that_do_not_go_together(caretone_command, tmp_path):
    for arguments in (["--resume"], ["--format", "parquet"]):
        run = caretone_command("predict", LUNCH, *arguments)
        assert run.returncode == 2
        assert "Traceback" not in run.stderr


# ---- cost


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the peak of its memory from /proc")
@pytest.mark.parametrize("ending", ["tsv", "parquet"])
def test_memory_does_not_grow_with_the_file(tmp_path, ending):
    code = (
        "import sys; from caretone.cli import app; app(['predict', *sys.argv[1:]], standalone_mode=False);"
        "print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
    )
    peaks = []
    for rows in (50_000, 200_000):
        source = written(tmp_path, f"{rows}.csv", "id,text\n" + "".join(f"{n},{SORRY} {n % 99}\n" for n in range(rows)))
        run = subprocess.run(
            [sys.executable, "-c", code, source, "-o", f"{source}.{ending}"], capture_output=True, text=True, check=True
        )
        peaks.append(int(run.stdout) / 1024)
    assert peaks[1] - peaks[0] < 25
    assert max(peaks) < 300


def test_scoring_files_imports_neither_pandas_nor_scikit_learn(tmp_path):
    written(tmp_path, "in.jsonl", json.dumps({"text": SORRY, "n": 1}))
    code = (
        "import sys; from caretone.cli import app;"
        "app(['predict', 'in.jsonl', '-o', 'out.parquet'], standalone_mode=False);"
        "sys.exit(any(name in sys.modules for name in ('pandas', 'sklearn', 'nltk')))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False).returncode == 0


def test_pandas_reads_what_was_written(tmp_path):
    written(tmp_path, "in.csv", f"id,text\n1,{SORRY}\n")
    scored(tmp_path / "in.csv", to=tmp_path / "out.parquet")
    frame = pd.read_parquet(tmp_path / "out.parquet")
    assert frame.loc[0, ["id", "label", "tones"]].tolist() == ["1", "sympathy", "sympathy"]

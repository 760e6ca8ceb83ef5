"""What reading messages promises: every format and layout, cells as they stand, and findings by row and column."""

from __future__ import annotations

import csv
import gzip
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from caretone.corpus import LabelledMessages, concatenate, read_labelled, read_messages, without_repeats
from caretone.errors import LabelledDataError
from caretone.tones import TONES, format_tones

TABLE = [
    {"id": "1", "text": 'So sorry; "really", I\'ll call.\nTomorrow', "tones": "sympathy;compassion"},
    {"id": "2", "text": "Been there | too\tyes", "tones": "empathy"},
    {"id": "3", "text": "NA", "tones": "None"},
]
TEXTS = [row["text"] for row in TABLE]
TONE_ROWS = [[1, 0, 1], [0, 1, 0], [0, 0, 0]]


def as_csv(rows: list[dict[str, str]], delimiter: str = ",", newline: str = "\r\n") -> str:
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, list(rows[0]), delimiter=delimiter, lineterminator=newline)
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def as_json_lines(rows: list[dict[str, object]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def refusal(path: Path | pd.DataFrame, **options: str) -> str:
    with pytest.raises(LabelledDataError) as caught:
        read_labelled(path, **options)
    assert caught.value.__cause__ is None
    return str(caught.value)


# ---- formats


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("ending", [".csv", ".tsv", ".CSV", ".csv.gz"])
def test_delimited_files_of_every_dialect_read_the_same(tmp_path, delimiter, newline, bom, ending):
    path = written(tmp_path, "mine" + ending, bom + as_csv(TABLE, delimiter, newline))
    messages = read_labelled(path)
    assert messages.texts == TEXTS
    assert messages.tones.tolist() == TONE_ROWS
    assert messages.tones.dtype == np.int8
    assert messages.rows == [2, 4, 5]
    assert messages.table["id"].tolist() == ["1", "2", "3"]
    assert list(messages.table) == ["id"]
    assert messages.name == "mine" + ending


@pytest.mark.parametrize("ending", [".jsonl", ".ndjson", ".json", ".jsonl.gz"])
def test_json_lines_read_the_same(tmp_path, ending):
    messages = read_labelled(written(tmp_path, "mine" + ending, as_json_lines(TABLE)))
    assert (messages.texts, messages.tones.tolist(), messages.rows) == (TEXTS, TONE_ROWS, [1, 2, 3])


def test_parquet_reads_the_same_and_keeps_types_of_other_columns(tmp_path):
    pd.DataFrame(TABLE).assign(size=[1, 2, 3]).set_index("text").to_parquet(tmp_path / "mine.parquet")
    messages = read_labelled(tmp_path / "mine.parquet")
    assert (messages.texts, messages.tones.tolist(), messages.rows) == (TEXTS, TONE_ROWS, [1, 2, 3])
    assert messages.table["size"].tolist() == [1, 2, 3]


def test_a_dataframe_reads_the_same_whatever_its_index_and_is_left_alone():
    frame = pd.DataFrame(TABLE, index=["x", "y", "x"])
    before = frame.copy()
    messages = read_labelled(frame, name="mine")
    assert (messages.texts, messages.tones.tolist(), messages.rows) == (TEXTS, TONE_ROWS, [1, 2, 3])
    assert messages.name == "mine"
    assert messages.table.index.tolist() == [0, 1, 2]
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize("dtype", [object, "str", "category", "string"])
def test_a_dataframe_of_any_text_type_reads(dtype):
    frame = pd.DataFrame({"text": ["NA", "hm"], "label": ["none", "empathy"]}).astype(dtype)
    assert read_labelled(frame).texts == ["NA", "hm"]


def test_a_path_may_be_a_string(tmp_path):
    assert len(read_labelled(str(written(tmp_path, "a.csv", as_csv(TABLE))))) == 3


@pytest.mark.parametrize("word", ["NA", "None", "null", "nan", "1", "007", "1.50", "2024-01-31", "TRUE", "1e5"])
def test_no_text_is_taken_for_missing_a_number_or_a_date(tmp_path, word):
    path = written(tmp_path, "a.csv", f"text,label,extra\n{word},None,{word}\n")
    messages = read_labelled(path)
    assert messages.texts == [word]
    assert messages.labels == ["none"]
    assert messages.table["extra"].tolist() == [word]


def test_a_file_of_one_column_keeps_the_delimiters_in_its_texts(tmp_path):
    path = written(tmp_path, "a.csv", 'text\nWell, well; then\n"quoted, too"\na|b\tc\n')
    assert read_messages(path).texts == ["Well, well; then", "quoted, too", "a|b\tc"]


def test_delimiters_inside_texts_do_not_mislead_the_sniffing(tmp_path):
    rows = [f'"{"a,b,c,d|e|f" * 3}";none' for _ in range(60)]
    assert len(read_labelled(written(tmp_path, "a.csv", "text;label\n" + "\n".join(rows)))) == 60
    assert len(read_messages(written(tmp_path, "b.csv", "nr;body\n" + "1;so, so\n2;oh, well\n"), text="body")) == 2


def test_an_index_column_without_a_name_is_no_hindrance(tmp_path):
    pd.DataFrame(TABLE).to_csv(tmp_path / "a.csv")
    assert list(read_labelled(tmp_path / "a.csv").table) == ["column 1", "id"]


def test_blank_lines_are_skipped_and_counted(tmp_path):
    path = written(tmp_path, "a.csv", "\ntext,label\n\nHm,none\n\n\nHo,none\n\n")
    assert read_labelled(path).rows == [4, 7]
    path = written(tmp_path, "a.jsonl", '\n{"text": "Hm", "label": "none"}\r\n\r\n{"text": "Ho", "label": "none"}')
    assert read_labelled(path).rows == [2, 4]


# ---- layouts


def test_the_label_alone_is_present(tmp_path):
    path = written(tmp_path, "a.csv", "text,label\na,sympathy\nb, Empathy \nc,COMPASSION\nd,none\n")
    messages = read_labelled(path)
    assert messages.tones.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]]
    assert messages.labels == ["sympathy", "empathy", "compassion", "none"]
    assert messages.columns == ("text", "label")


@pytest.mark.parametrize("yes", ["1", "1.0", "true", "True", "YES", " yes "])
@pytest.mark.parametrize("no", ["0", "0.0", "FALSE", "no"])
def test_three_columns_take_every_way_to_say_yes_and_no(tmp_path, yes, no):
    path = written(tmp_path, "a.csv", f"compassion,text,sympathy,empathy\n{yes},a,{no},{yes}\n{no},b,{no},{no}\n")
    messages = read_labelled(path)
    assert messages.tones.tolist() == [[0, 1, 1], [0, 0, 0]]
    assert messages.table.shape == (2, 0)


@pytest.mark.parametrize("dtype", [int, float, bool])
def test_three_columns_of_numbers_or_booleans_in_a_dataframe_read(dtype):
    flags = pd.DataFrame([[1, 0, 1], [0, 0, 0]], columns=list(TONES)).astype(dtype)
    assert read_labelled(flags.assign(text=["a", "b"])).tones.tolist() == [[1, 0, 1], [0, 0, 0]]


def test_columns_are_found_whatever_their_case_and_blanks(tmp_path):
    path = written(tmp_path, "a.csv", " TEXT ,Tones \nHm,none\n")
    assert read_labelled(path).texts == ["Hm"]


def test_an_exact_column_name_wins_over_one_in_another_case():
    frame = pd.DataFrame({"Text": ["no"], "text": ["yes"], "tones": ["none"]})
    assert read_labelled(frame).texts == ["yes"]


def test_tones_win_over_label_and_label_over_the_three_columns_and_an_option_over_all():
    frame = pd.DataFrame(
        {
            "text": ["a"],
            "tones": ["sympathy"],
            "label": ["empathy"],
            "sympathy": ["0"],
            "empathy": ["0"],
            "compassion": ["1"],
            "mine": ["none"],
        }
    )
    assert read_labelled(frame).labels == ["sympathy"]
    assert read_labelled(frame.drop(columns="tones")).labels == ["empathy"]
    assert read_labelled(frame.drop(columns=["tones", "label"])).labels == ["compassion"]
    assert read_labelled(frame, label="mine").labels == ["none"]
    assert read_labelled(frame, tones="LABEL").labels == ["empathy"]


def test_columns_of_any_name_can_be_given(tmp_path):
    path = written(tmp_path, "a.csv", "body;codes;klass\nOh, no;sympathy;none\n")
    assert read_labelled(path, text="body", tones="codes").labels == ["sympathy"]
    assert read_labelled(path, text="body", label="klass").labels == ["none"]


def test_json_tones_may_be_lists(tmp_path):
    rows = [{"text": "a", "tones": tones} for tones in (["Compassion", "sympathy"], [], ["none"], "empathy")]
    messages = read_labelled(written(tmp_path, "a.jsonl", as_json_lines(rows)))
    assert messages.tones.tolist() == [[1, 0, 1], [0, 0, 0], [0, 0, 0], [0, 1, 0]]


def test_parquet_tones_may_be_lists(tmp_path):
    frame = pd.DataFrame({"text": ["a", "b"], "tones": [["sympathy", "empathy"], []]})
    frame.to_parquet(tmp_path / "a.parquet")
    assert read_labelled(tmp_path / "a.parquet").tones.tolist() == [[1, 1, 0], [0, 0, 0]]


def test_json_objects_may_differ_in_other_keys(tmp_path):
    path = written(tmp_path, "a.jsonl", '{"text": "a", "label": "none", "n": 1}\n{"label": "none", "text": "b"}\n')
    assert read_labelled(path).table["n"].tolist() == [1, None]


# ---- files that are none


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no file .*absent\.csv"):
        read_labelled(tmp_path / "absent.csv")
    with pytest.raises(IsADirectoryError, match="is a folder"):
        read_labelled(tmp_path)


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.csv.gz"])
@pytest.mark.parametrize("content", ["", "\ufeff", "\n \n"])
def test_an_empty_file_is_refused(tmp_path, name, content):
    assert "a." in (message := refusal(written(tmp_path, name, content)))
    assert "is empty" in message


@pytest.mark.parametrize("content", ["text,label", "text,label\r\n\r\n"])
def test_a_header_alone_is_refused(tmp_path, content):
    assert "holds no messages" in refusal(written(tmp_path, "a.csv", content))


def test_an_empty_table_is_refused(tmp_path):
    frame = pd.DataFrame({"text": [], "label": []})
    frame.to_parquet(tmp_path / "a.parquet")
    assert "holds no messages" in refusal(tmp_path / "a.parquet")
    assert "the DataFrame holds no messages" in refusal(frame)


def test_a_file_of_another_kind_is_refused_with_what_can_be_read(tmp_path):
    message = refusal(written(tmp_path, "a.xlsx", b"PK"))
    assert "a.xlsx" in message
    assert ".csv" in message
    assert ".parquet" in message


def test_a_file_that_is_not_parquet_is_refused(tmp_path):
    for content in (b"", b"text,label\n", b"PAR1" + b"\0" * 50 + b"PAR1"):
        assert "not a Parquet file" in refusal(written(tmp_path, "a.parquet", content))


def test_a_truncated_parquet_file_is_refused(tmp_path):
    pd.DataFrame(TABLE * 50).to_parquet(tmp_path / "a.parquet")
    data = (tmp_path / "a.parquet").read_bytes()
    assert "a.parquet is damaged" in refusal(written(tmp_path, "a.parquet", data[: len(data) // 2]))
    broken = data[:20] + bytes(200) + data[220:]
    assert "a.parquet is damaged" in refusal(written(tmp_path, "a.parquet", broken))


def test_a_gz_file_that_is_damaged_is_refused(tmp_path):
    path = written(tmp_path, "a.csv.gz", as_csv(TABLE * 50))
    whole = path.read_bytes()
    for data in (b"text,label\n", whole[:-20], whole[:30] + b"\xff" * 20 + whole[50:]):
        path.write_bytes(data)
        assert "a.csv.gz is damaged or not compressed" in refusal(path)


def test_cp1252_is_refused_with_byte_offset_row_and_remedy(tmp_path):
    content = "\r\n".join(["text;label", "Hm;none", "Schön;none"]).encode("cp1252")
    message = refusal(written(tmp_path, "a.csv", content))
    assert f"row 3 holds the byte 0xF6 at offset {content.index(0xF6)}" in message
    assert "CSV UTF-8" in message
    assert "iconv -f CP1252" in message


def test_the_offset_counts_the_byte_order_mark(tmp_path):
    assert "0xE4 at offset 3" in refusal(written(tmp_path, "a.csv", b"\xef\xbb\xbf\xe4"))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_utf16_is_refused_as_such(tmp_path, encoding, name):
    message = refusal(written(tmp_path, name, "text,label\nHm,none\n".encode(encoding)))
    assert "row 1 holds the byte" in message
    assert "iconv -f UTF-16" in message


# ---- columns that are none


def test_a_missing_text_column_lists_the_columns_and_the_option(tmp_path):
    message = refusal(written(tmp_path, "a.csv", "id,body,label\n1,Hm,none\n"))
    assert "no column 'text'" in message
    assert "'id', 'body', 'label'" in message
    assert "--text-column" in message


def test_a_column_asked_for_that_is_missing_is_named_with_its_option(tmp_path):
    path = written(tmp_path, "a.csv", as_csv(TABLE))
    assert "no column 'codes'" in (message := refusal(path, tones="codes"))
    assert "--tones-column" in message
    assert "no column 'klass'" in (message := refusal(path, label="klass"))
    assert "--label-column" in message


def test_missing_labels_list_the_columns_and_the_options(tmp_path):
    message = refusal(written(tmp_path, "a.csv", "text,sympathy,empathy\nHm,0,1\n"))
    assert "'text', 'sympathy', 'empathy'" in message
    assert "--tones-column" in message
    assert "--label-column" in message


def test_columns_that_cannot_be_told_apart_are_refused(tmp_path):
    assert "'Text' and 'TEXT'" in refusal(written(tmp_path, "a.csv", "Text,TEXT,label\na,b,none\n"))
    assert "several columns called 'n'" in refusal(written(tmp_path, "a.csv", "text,label,n,n\na,none,1,2\n"))


def test_a_headerless_file_does_not_give_its_first_message_away(tmp_path):
    secret = "I have never told this to anybody before"
    assert secret not in refusal(written(tmp_path, "a.csv", f"{secret},none\n{secret},none\n"))


# ---- rows that cannot be used


def test_unknown_labels_and_empty_texts_are_listed_together_in_order(tmp_path):
    path = written(tmp_path, "a.csv", 'text,label\n"two\nlines",pity\n  ,none\nHm,\nToo,many,cells\n')
    message = refusal(path)
    assert str(path) in message
    assert "4 things to mend" in message
    lines = message.splitlines()[1:]
    assert lines[0].strip().startswith("row 2, column 'label': 'pity' is not a label; use one of none, sympathy")
    assert lines[1].strip().startswith("row 4, column 'text': the text is missing or empty")
    assert lines[2].strip().startswith("row 5, column 'label': a missing or empty value is not a label")
    assert lines[3].strip().startswith("row 6: 3 cells stand here, 2 in the header")


@pytest.mark.parametrize("cell", ["pity", "sympathy;pity", "none;empathy", ""])
def test_cells_that_name_no_tones_are_refused(tmp_path, cell):
    message = refusal(written(tmp_path, "a.csv", as_csv([{"text": "Hm", "tones": cell}])))
    assert "row 2, column 'tones'" in message
    assert "does not name tones" in message


@pytest.mark.parametrize("cell", ["2", "", "maybe", "-1"])
def test_flags_that_say_neither_yes_nor_no_are_refused(tmp_path, cell):
    message = refusal(written(tmp_path, "a.csv", f"text,sympathy,empathy,compassion\nHm,0,{cell},1\n"))
    assert "row 2, column 'empathy'" in message
    assert "neither yes nor no" in message


def test_ten_findings_are_listed_and_the_others_counted(tmp_path):
    message = refusal(written(tmp_path, "a.csv", "text,label\n" + "Hm,pity\n" * 25))
    assert "25 things to mend" in message
    assert message.count("row ") == 10
    assert message.endswith("and 15 more")


def test_too_few_cells_are_refused(tmp_path):
    assert "row 3: 1 cells stand here, 2 in the header" in refusal(
        written(tmp_path, "a.csv", "text,label\nHm,none\nHo\nHa,none\n")
    )


def test_an_unclosed_quote_is_named_by_the_row_where_it_opens(tmp_path):
    path = written(tmp_path, "a.csv", 'text,label\n"a\nb",none\n"never closed,none\n' + "Hm,none\n" * 5)
    assert 'row 4: a quote (") opens a cell here and is never closed' in refusal(path)
    path = written(tmp_path, "b.csv", 'text,label\nHm,none\n"never closed,none\n' + "Hm,none\n" * 30_000)
    assert "row 3: a cell here is longer than 131,072 characters; most likely its quote" in refusal(path)
    assert "row 1: a quote" in refusal(written(tmp_path, "c.csv", '"text,label\nHm,none\n'))


def test_a_stray_quote_is_named_by_its_row(tmp_path):
    message = refusal(written(tmp_path, "a.csv", 'text,label\nHm,none\n"Hi" she said,none\n'))
    assert "row 3: a cell goes on behind its closing quote" in message


def test_json_lines_that_are_no_objects_are_refused_by_line(tmp_path):
    good = '{"text": "Hm", "label": "none"}'
    path = written(tmp_path, "a.jsonl", "\n".join([good, "{", good, "[1]", '"x"', "[" * 100_000]))
    message = refusal(path)
    for line in (2, 4, 5, 6):
        assert f"row {line}: this is not one whole JSON object" in message


def test_missing_json_keys_are_refused_by_line(tmp_path):
    message = refusal(
        written(tmp_path, "a.jsonl", '{"text": "a", "label": "none"}\n{"text": "b"}\n{"label": "none"}\n')
    )
    assert "row 2, column 'label'" in message
    assert "row 3, column 'text'" in message


def test_values_that_are_no_text_are_refused(tmp_path):
    message = refusal(written(tmp_path, "a.jsonl", '{"text": 5, "label": "none"}\n{"text": null, "label": 3}\n'))
    assert "row 1, column 'text': this is no text but a value of type int" in message
    assert "row 2, column 'text': the text is missing" in message
    assert "row 2, column 'label': '3' is not a label" in message


def test_half_a_surrogate_pair_is_refused(tmp_path):
    message = refusal(written(tmp_path, "a.jsonl", '{"text": "oh \\ud83d", "label": "none"}\n'))
    assert "row 1, column 'text': half of a surrogate pair" in message


def test_missing_values_of_a_dataframe_are_refused():
    frame = pd.DataFrame({"text": ["a", None, np.nan, pd.NA], "label": [None, "none", "none", "none"]})
    message = refusal(frame)
    assert "the DataFrame" in message
    assert "row 1, column 'label'" in message
    assert "row 4, column 'text'" in message


def test_no_error_gives_a_message_away_that_stands_in_the_wrong_column():
    secret = "I have never told this to anybody before"
    frame = pd.DataFrame({"text": [secret], "label": [secret]})
    for options in ({"label": "text"}, {"tones": "text"}, {}):
        assert secret not in refusal(frame, **options)


# ---- unlabelled messages


def test_unlabelled_messages_keep_every_row_and_every_other_column(tmp_path):
    path = written(tmp_path, "a.csv", "text,label\nHm,pity\n  ,\nNA,none\n")
    messages = read_messages(path)
    assert messages.texts == ["Hm", "  ", "NA"]
    assert messages.rows == [2, 3, 4]
    assert messages.table["label"].tolist() == ["pity", "", "none"]
    assert (messages.name, len(messages)) == ("a.csv", 3)
    assert read_messages(pd.DataFrame({"text": ["a", None]})).texts == ["a", ""]


def test_unlabelled_messages_are_refused_where_they_cannot_be_read(tmp_path):
    with pytest.raises(LabelledDataError, match="row 3: 2 cells"):
        read_messages(written(tmp_path, "a.csv", "id,text,n\n1,Hm,1\n1,Hm\n"))
    with pytest.raises(LabelledDataError, match="no column 'body'"):
        read_messages(written(tmp_path, "a.csv", "id,text\n1,Hm\n"), text="body")


# ---- labelled messages


def labelled(texts: list[str], labels: list[str], name: str = "chat") -> LabelledMessages:
    return read_labelled(pd.DataFrame({"text": texts, "label": labels, "n": range(len(texts))}), name=name)


def test_take_keeps_everything_in_step_and_in_the_order_asked_for():
    messages = labelled(["a", "b", "c"], ["none", "empathy", "sympathy"])
    for taken in (messages.take([2, 0]), messages.take(np.array([2, 0]))):
        assert (taken.texts, taken.labels, taken.rows) == (["c", "a"], ["sympathy", "none"], [3, 1])
        assert taken.table["n"].tolist() == [2, 0]
    assert messages.take(np.array([True, False, True])).texts == ["a", "c"]
    assert len(messages.take([])) == 0
    assert messages.take([]).tones.shape == (0, 3)


def test_the_digest_depends_on_texts_tones_and_order_alone():
    messages = labelled(["a", "bc"], ["none", "empathy"])
    assert messages.digest == labelled(["a", "bc"], ["none", "empathy"], name="other").digest
    assert messages.digest == "0bdf407ab9bdb03b71f8f8dffbbff2cd0c6541119f41c8d8ca2e9c2aa467f990"
    others = [
        labelled(["ab", "c"], ["none", "empathy"]),
        labelled(["a", "bc"], ["none", "sympathy"]),
        messages.take([1, 0]),
        messages.take([0]),
    ]
    assert len({messages.digest, *(other.digest for other in others)}) == 5


def test_parts_are_put_together_with_their_files_and_warnings():
    one = without_repeats(labelled(["a", "a"], ["none", "none"], name="one"))
    two = read_labelled(pd.DataFrame({"text": ["b"], "tones": ["sympathy"], "m": ["x"]}), name="two")
    both = concatenate([one, two])
    assert (both.texts, both.labels, both.rows, both.files) == (
        ["a", "b"],
        ["none", "sympathy"],
        [1, 1],
        ["one", "two"],
    )
    assert (both.name, both.warnings, both.columns) == ("one + two", one.warnings, ("text", "label", "tones"))
    assert both.table["m"].isna().tolist() == [True, False]
    assert concatenate([one, two], name="all").name == "all"
    with pytest.raises(ValueError, match="nothing to put together"):
        concatenate([])


def test_parts_without_other_columns_keep_tables_of_their_length():
    part = read_labelled(pd.DataFrame({"text": ["a", "b"], "label": ["none", "none"]}))
    assert concatenate([part, part]).table.shape == (4, 0)


def test_reading_leaves_repeated_rows_as_they_are():
    messages = labelled(["a", "a", "a"], ["none", "none", "empathy"])
    assert len(messages) == 3
    assert messages.warnings == ()


def test_duplicates_are_kept_once_and_contradictions_left_out_with_warnings():
    messages = labelled(
        ["dup", "clash", "one", "dup", "clash", "clash", "dup"],
        ["none", "empathy", "none", "none", "empathy", "none", "none"],
    )
    left = without_repeats(messages)
    assert (left.texts, left.rows, left.table["n"].tolist()) == (["dup", "one"], [1, 3], [0, 2])
    duplicate, contradictory = left.warnings
    assert "chat, columns 'text' and 'label'" in duplicate
    assert "row 1, row 4, row 7" in duplicate
    assert "different tones" in contradictory
    assert "row 2, row 5, row 6" in contradictory
    assert "clash" not in contradictory
    assert "dup" not in duplicate


def test_repetitions_across_files_name_the_files():
    both = concatenate([labelled(["a"], ["none"], name="one"), labelled(["b", "a"], ["none", "none"], name="two")])
    assert "row 1 of one, row 2 of two" in without_repeats(both).warnings[0]


def test_many_repetitions_are_listed_up_to_ten():
    texts = [str(number) for number in range(12)]
    warning = without_repeats(labelled(texts * 2, ["none"] * 24)).warnings[0]
    assert "12 texts stand there" in warning
    assert warning.endswith("and 2 more")
    warning = without_repeats(labelled(["a"] * 14, ["none"] * 14)).warnings[0]
    assert warning.endswith("row 10 and 4 more")


def test_messages_without_repeats_stay_as_they_are():
    messages = labelled(["a", "b"], ["none", "empathy"])
    left = without_repeats(messages)
    assert (left.texts, left.warnings, left.digest) == (messages.texts, (), messages.digest)


# ---- any text

any_text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda text: text.strip())
any_tones = st.sets(st.sampled_from(TONES))
any_messages = st.lists(st.tuples(any_text, any_tones), min_size=1, max_size=6)
in_one_folder = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def assert_same(read: LabelledMessages, messages: list[tuple[str, set[str]]]) -> None:
    assert read.texts == [text for text, _ in messages]
    assert read.tones.tolist() == [[tone in tones for tone in TONES] for _, tones in messages]


def as_rows(messages: list[tuple[str, set[str]]]) -> list[dict[str, str]]:
    return [{"text": text, "tones": format_tones(tones)} for text, tones in messages]


@in_one_folder
@given(any_messages, st.sampled_from(",;\t|"), st.booleans(), st.booleans())
def test_any_messages_written_as_csv_read_back(tmp_path, messages, delimiter, bom, zipped):
    content = "\ufeff" * bom + as_csv(as_rows(messages), delimiter)
    assert_same(read_labelled(written(tmp_path, "a.csv.gz" if zipped else "a.csv", content)), messages)


@in_one_folder
@given(st.lists(any_text, min_size=1, max_size=6), st.sampled_from(",;\t|"))
def test_any_texts_in_a_file_of_one_column_read_back(tmp_path, texts, delimiter):
    content = as_csv([{"text": text} for text in texts], delimiter)
    assert read_messages(written(tmp_path, "a.csv", content)).texts == texts


@in_one_folder
@given(any_messages, st.booleans(), st.booleans())
def test_any_messages_written_as_json_lines_read_back(tmp_path, messages, escaped, listed):
    rows = [{"text": text, "tones": sorted(tones) if listed else format_tones(tones)} for text, tones in messages]
    content = "".join(json.dumps(row, ensure_ascii=escaped) + "\n" for row in rows)
    assert_same(read_labelled(written(tmp_path, "a.jsonl", content)), messages)


@in_one_folder
@given(any_messages)
def test_any_messages_written_as_parquet_read_back(tmp_path, messages):
    pd.DataFrame(as_rows(messages)).to_parquet(tmp_path / "a.parquet")
    assert_same(read_labelled(tmp_path / "a.parquet"), messages)


@in_one_folder
@given(st.binary(max_size=200), st.sampled_from([".csv", ".tsv", ".jsonl", ".csv.gz", ".parquet"]))
def test_any_bytes_are_read_or_refused_in_our_words(tmp_path, content, ending):
    path = tmp_path / f"a{ending}"
    path.write_bytes(content)
    with pytest.raises(LabelledDataError, match="a\\."):
        read_labelled(path)


@given(any_messages)
@settings(max_examples=60, deadline=None)
def test_without_repeats_leaves_each_text_once_and_finds_nothing_more(messages):
    left = without_repeats(read_labelled(pd.DataFrame(as_rows(messages * 2))))
    assert len(set(left.texts)) == len(left.texts)
    assert without_repeats(left).warnings == left.warnings


def test_reading_imports_nothing_from_training_or_evaluation():
    command = (
        "import sys, caretone.corpus; print([name for name in sys.modules if 'training' in name or 'sklearn' in name])"
    )
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

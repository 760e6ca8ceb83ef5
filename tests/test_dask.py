"""On a real cluster of two processes nothing is lost, even if one of them dies in the middle."""

from __future__ import annotations

import json
import os
import signal

import numpy as np
import pandas as pd
import pytest

import caretone
from caretone.dask import connected, predict, score_files
from caretone.errors import CaretoneError, LabelledDataError
from caretone.model import FoldedModel
from caretone.scoring.broken import OnError
from caretone.scoring.formats import Format
from caretone.scoring.sources import sources_of
from caretone.scoring.streams import Job, score_to_file

dd = pytest.importorskip("dask.dataframe")
distributed = pytest.importorskip("distributed")

SORRY, LUNCH, SOUP = "I'm so sorry for your loss.", "Lunch?", "I'll bring soup, go be with her."


@pytest.fixture(scope="module")
def cluster():
    """Give a cluster of two processes; a worker that dies comes back."""
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as made:
        yield made


@pytest.fixture
def client(cluster):
    with connected(cluster.scheduler_address) as client:
        client.wait_for_workers(2)
        yield client


@pytest.fixture
def frame():
    texts = [f"{(SORRY, LUNCH, SOUP)[n % 3]} {n}" for n in range(3_000)]
    return pd.DataFrame({"text": texts, "label": "mine"}, index=np.arange(3_000) * 2)


def kill_one_worker(client):
    pids = client.run(os.getpid)
    os.kill(min(pids.values()), signal.SIGKILL)


def job_of(folder, format=Format.csv, on_error=OnError.stop):
    return Job(caretone.load().model, tuple(sources_of(str(folder))), format, on_error=on_error)


def test_a_dask_frame_is_scored_lazily_and_says_beforehand_what_comes(frame):
    scored = predict(dd.from_pandas(frame.iloc[:9], npartitions=3))
    assert list(scored.columns) == ["text", "label", "predicted_label", "tones", "sympathy", "empathy", "compassion"]
    found = scored.compute(scheduler="sync")
    assert found.dtypes.to_dict() == scored.dtypes.to_dict()
    assert found.index.tolist() == frame.index[:9].tolist()
    expected = caretone.predict_many(frame["text"].iloc[:9])
    assert found["predicted_label"].tolist() == expected["label"].tolist()
    np.testing.assert_allclose(found[["sympathy", "compassion"]], expected[["sympathy", "compassion"]], atol=1e-6)


def test_missing_messages_are_empty_and_other_values_are_refused():
    found = predict(dd.from_pandas(pd.DataFrame({"Text": [SORRY, None]}), npartitions=1)).compute(scheduler="sync")
    assert found["label"].tolist() == ["sympathy", "none"]
    with pytest.raises(LabelledDataError, match="no column 'text'"):
        predict(dd.from_pandas(pd.DataFrame({"words": ["a"]}), npartitions=1))
    with pytest.raises(LabelledDataError, match="holds no texts"):
        predict(dd.from_pandas(pd.DataFrame({"text": [1]}), npartitions=1))


def test_a_frame_is_whole_though_a_worker_dies_in_the_middle(client, frame):
    persisted = client.persist(predict(dd.from_pandas(frame, npartitions=30)))
    next(iter(distributed.as_completed(distributed.futures_of(persisted), loop=client.loop)))
    kill_one_worker(client)
    found = client.compute(persisted).result()
    pd.testing.assert_frame_equal(found, predict(dd.from_pandas(frame, npartitions=1)).compute(scheduler="sync"))


def test_files_are_whole_though_a_worker_dies_in_the_middle(client, frame, tmp_path):
    folder, out, alone = (tmp_path / name for name in ("in", "out", "alone"))
    folder.mkdir()
    alone.mkdir()
    for n in range(12):
        frame.iloc[n * 250 : (n + 1) * 250].to_parquet(folder / f"{n:02}.parquet")
    done = []

    def kill_after_the_first(progress):
        done.append(progress)
        if len(done) == 1:
            kill_one_worker(client)

    total = score_files(job_of(folder, Format.parquet), out, client, report=kill_after_the_first)
    assert (total.source, total.messages) == (12, 3_000)
    for source in job_of(folder).sources:
        job = Job(caretone.load().model, (source,), Format.parquet)
        score_to_file(job, alone / source.path.name)
        assert (out / source.path.name).read_bytes() == (alone / source.path.name).read_bytes()
    assert len(list(out.iterdir())) == 12


def test_the_command_scores_files_on_a_cluster_and_resumes(caretone_command, cluster, tmp_path):
    for n in range(3):
        (tmp_path / f"{n}.jsonl").write_text(json.dumps({"text": SORRY, "n": n}) + "\n{\n")
    arguments = ["predict", tmp_path / "*.jsonl", "-o", tmp_path / "out", "--dask", cluster.scheduler_address]
    run = caretone_command(*arguments, "--on-error", "skip")
    assert run.returncode == 0, run.stderr
    assert "3 broken rows were left out" in run.stderr
    names = [f"{n}.jsonl{ending}" for n in range(3) for ending in ("", ".errors.jsonl")]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(names)
    assert json.loads((tmp_path / "out" / "2.jsonl").read_text())["label"] == "sympathy"

    assert "exists already" in caretone_command(*arguments).stderr
    (tmp_path / "out" / "1.jsonl").unlink()
    stopped = caretone_command(*arguments, "--resume")
    assert stopped.returncode == 2
    assert "1.jsonl, line 2" in stopped.stderr
    assert not (tmp_path / "out" / "1.jsonl").exists()


def test_training_on_a_cluster_gives_the_same_model(caretone_command, cluster, labelled, tmp_path):
    labelled.to_csv(tmp_path / "mine.csv", index=False)
    run = caretone_command("train", "mine.csv", "-o", "far.caretone", "--dask", cluster.scheduler_address, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert any("held_out" in name for name in cluster.scheduler.task_prefixes), "nothing ran on the cluster"
    near = caretone.train(tmp_path / "mine.csv", n_jobs=1).model
    far = FoldedModel.load(tmp_path / "far.caretone")
    assert (far.words, far.weights, far.thresholds) == (near.words, near.weights, near.thresholds)


def test_what_is_no_cluster_or_no_file_is_said_plainly(tmp_path):
    with pytest.raises(CaretoneError, match="no address of a scheduler"), connected("nonsense://x"):
        pass
    with pytest.raises(ValueError, match="No clients found"):
        distributed.default_client()  # all that is computed afterwards would wait for it
    (tmp_path / "a.csv").write_text("text\nx\n")
    (tmp_path / "a.tsv").write_text("text\nx\n")
    with pytest.raises(CaretoneError, match="two files would be written to"):
        score_files(job_of(tmp_path), tmp_path / "out", client=None)

"""Score on a Dask cluster: the partitions of a DataFrame lazily, or files of any format one by one.

The model travels to each worker once, as the bytes of its file; a worker that dies loses only the
partition or file it was at, which another one takes up. It needs the extra ``dask``.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from caretone.errors import CaretoneError
from caretone.model import FoldedModel
from caretone.predictor import Predictor, load
from caretone.scoring.sources import Source

if TYPE_CHECKING:
    import dask.dataframe as dd
    import pandas as pd
    from distributed import Client

    from caretone.scoring.streams import Job, Progress, Report


def predict(messages: dd.DataFrame, text: str = "text", *, predictor: Predictor | None = None) -> dd.DataFrame:
    """Predict the tones of the messages in a Dask DataFrame, partition by partition, when they are asked for.

    Parameters
    ----------
    messages : dask.dataframe.DataFrame
        A row a message.
    text : str, default "text"
        The column of the messages; a missing message counts as empty.
    predictor : Predictor, optional
        The predictor to ask; by default the one that caretone ships.

    Returns
    -------
    dask.dataframe.DataFrame
        The same rows, index and columns, then ``label``, ``tones`` and the probability of each tone, each
        with ``predicted_`` before its name if there is a column of that name.

    Raises
    ------
    LabelledDataError
        If there is no such column, or it holds no texts.

    Examples
    --------
    >>> import dask.dataframe as dd
    >>> import pandas as pd
    >>> messages = dd.from_pandas(pd.DataFrame({"text": ["So sorry for your loss.", "Lunch?"]}), npartitions=2)
    >>> predict(messages)["label"].compute().tolist()
    ['sympathy', 'none']
    """
    from dask.delayed import delayed

    model = (predictor or load()).model.to_bytes()
    meta = _scored(messages._meta, model, text)
    shipped = delayed(model, name=_key(model), pure=True)  # one key of the graph, so that it travels once
    return messages.map_partitions(_scored, shipped, text, meta=meta)


def _scored(partition: pd.DataFrame, model: bytes, text: str) -> pd.DataFrame:
    import pandas as pd
    import pyarrow as pa

    from caretone.scoring.columns import added_names, predicted, text_column, texts_of

    folded = _model(model)
    columns = [str(column) for column in partition.columns]
    messages = partition.iloc[:, text_column(columns, text, "the DataFrame")]
    table = pa.table({text: pa.array(messages, from_pandas=True)})
    added = predicted(folded, texts_of(table, text, "the DataFrame"))
    names = added_names(folded.labels, columns)
    values = {
        name: pd.array(column.to_pylist(), dtype="float64" if pa.types.is_floating(column.type) else "string")
        for name, column in zip(names, added.columns, strict=True)
    }
    return partition.assign(**values)


@lru_cache(maxsize=2)
def _model(data: bytes) -> FoldedModel:
    """Read the model once in each process."""
    return FoldedModel.from_bytes(data)


def _key(model: bytes) -> str:
    return f"caretone-model-{hashlib.sha256(model).hexdigest()}"


def score_files(
    job: Job,
    folder: Path,
    client: Client,
    *,
    overwrite: bool = False,
    resume: bool = False,
    report: Report = lambda _: None,
) -> Progress:
    """Score each file of a job into a file of the same name in a folder, on the workers of a cluster.

    Parameters
    ----------
    job : Job
        What is scored; the workers have to see its files, and the folder, under the same paths.
    folder : Path
        Where the scored files go; it is made if need be.
    client : Client
        The cluster.
    overwrite : bool, default False
        Whether existing files may be replaced.
    resume : bool, default False
        Whether existing files count as done.
    report : callable, optional
        Is told after every file how far the run is.

    Returns
    -------
    Progress
        The totals.

    Raises
    ------
    FileExistsError
        If a file exists already and neither option says what to do.
    LabelledDataError
        If a file cannot be used, or a row is broken and the job is not to leave it out.
    CaretoneError
        If a source is no file, or two of them would be written to one file.
    """
    from distributed import as_completed

    from caretone.scoring.streams import Progress

    folder.mkdir(exist_ok=True)
    todo = _targets(job, folder.resolve(), overwrite, resume)
    data = job.model.to_bytes()
    settings = {"format": job.format, "text": job.text, "on_error": job.on_error}
    done = Progress()
    with TemporaryDirectory(prefix=".scoring-", dir=folder.resolve()) as scratch:
        model = client.submit(bytes, data, key=_key(data))
        futures = [client.submit(_score_file, *pair, model, settings, scratch, pure=False) for pair in todo.items()]
        sizes = {future.key: source.size for future, source in zip(futures, todo, strict=True)}
        try:
            for future in as_completed(futures, loop=client.loop):
                messages, broken = future.result()
                done = Progress(
                    done.source + 1,
                    0,
                    done.messages + messages,
                    done.broken + broken,
                    done.position + sizes[future.key],
                )
                report(done)
        finally:
            client.cancel(futures)
    return done


def _targets(job: Job, folder: Path, overwrite: bool, resume: bool) -> dict[Source, Path]:
    """Give the files that are to be scored, each with the file that comes of it."""
    targets: dict[Source, Path] = {}
    for source in job.sources:
        if source.path is None:
            raise CaretoneError("a cluster scores files, neither messages nor standard input; name files")
        bare = source.path.with_suffix("") if source.codec else source.path
        target = folder / f"{bare.stem}.{job.format}"
        if target in targets.values():
            raise CaretoneError(f"two files would be written to {target}; give them names of their own")
        targets[replace(source, path=source.path.resolve())] = target
    there = [target for target in targets.values() if target.exists()]
    if there and not (overwrite or resume):
        raise FileExistsError(f"{there[0]} exists already; choose another folder, or add --force or --resume")
    return {source: target for source, target in targets.items() if overwrite or target not in there}


def _score_file(source: Source, target: Path, model: bytes, settings: dict[str, Any], scratch: str) -> tuple[int, int]:
    """Score one file on a worker; what a worker leaves that dies at it lies apart, and no other one meets it."""
    from caretone.scoring.streams import Job, score_to_file

    with TemporaryDirectory(dir=scratch) as own:
        done = score_to_file(Job(_model(model), (source,), **settings), Path(own) / target.name)
        for path in Path(own).iterdir():
            os.replace(path, target.with_name(path.name))
    return done.messages, done.broken


@contextmanager
def connected(address: str) -> Iterator[Client]:
    """Connect to a cluster by the address of its scheduler.

    Parameters
    ----------
    address : str
        Such as ``tcp://scheduler:8786``.

    Yields
    ------
    Client

    Raises
    ------
    CaretoneError
        If Dask is not installed, or this is no address.
    OSError
        If no scheduler answers there.
    """
    try:
        from distributed import Client
    except ImportError:
        raise CaretoneError("a cluster needs Dask; install it with: pip install 'caretone[dask]'") from None
    try:
        # a default one that cannot connect stays the default: all that Dask computes afterwards would wait for it
        client = Client(address, set_as_default=False)
    except ValueError:
        raise CaretoneError(f"{address!r} is no address of a scheduler, such as tcp://scheduler:8786") from None
    with client:
        yield client


@contextmanager
def on_cluster(address: str) -> Iterator[None]:
    """Let joblib run what is parallel, such as the search of the training, on a cluster; see `connected`."""
    import joblib

    with connected(address) as client, joblib.parallel_config(backend="dask", client=client):
        yield

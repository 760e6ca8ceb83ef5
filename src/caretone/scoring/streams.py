"""Score files of any size in constant memory, so that a run that was killed can go on where it was.

Beside ``OUT`` grow ``OUT.part`` and, in ``OUT.part.json``, a note of how far it is whole. Since batches
are always cut in the same places, a run that goes on from there ends in the very bytes of an unbroken one.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import caretone
from caretone.errors import CaretoneError
from caretone.model import FoldedModel
from caretone.scoring.batches import batches
from caretone.scoring.broken import Broken, OnError
from caretone.scoring.columns import predicted
from caretone.scoring.formats import Format, Layout, compressed, parquet_from_arrow
from caretone.scoring.sources import Codec, Source


@dataclass(frozen=True)
class Job:
    """What is to be scored, and how.

    Attributes
    ----------
    model : FoldedModel
        The model to ask.
    sources : tuple of Source
        The files, in the order of their rows in the output.
    format : Format
        How the output is written.
    codec : Codec or None
        What it is compressed by.
    text : str
        The column of the messages.
    on_error : OnError
        Whether a broken row ends the run or is left out.
    """

    model: FoldedModel
    sources: tuple[Source, ...]
    format: Format
    codec: Codec | None = None
    text: str = "text"
    on_error: OnError = OnError.stop


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes
    ----------
    source, batch : int
        How many sources are done, and how many batches of the next one.
    messages, broken : int
        How many messages are scored, and how many broken rows left out.
    position : int
        How many bytes of the sources are read.
    """

    source: int = 0
    batch: int = 0
    messages: int = 0
    broken: int = 0
    position: int = 0


Report = Callable[[Progress], object]
"""Is told after every batch how far the run is."""


def score_to_stream(job: Job, out: BinaryIO, errors: BinaryIO, report: Report = lambda _: None) -> Progress:
    """Score files and write the messages, with what is predicted of them, to a stream.

    Parameters
    ----------
    job : Job
        What is scored; in any format but Parquet.
    out : binary stream
        Where the rows go.
    errors : binary stream
        Where broken rows are told, as JSON lines, if the job leaves them out.
    report : callable, optional
        Is told after every batch how far the run is.

    Returns
    -------
    Progress
        The totals.

    Raises
    ------
    LabelledDataError
        If a source cannot be used, or a row is broken and the job is not to leave it out.
    """
    done = Progress()
    for done, data, told in _steps(job, Progress()):
        out.write(data)
        errors.write(told)
        report(done)
    out.flush()
    return done


def score_to_file(
    job: Job, output: Path, *, overwrite: bool = False, resume: bool = False, report: Report = lambda _: None
) -> Progress:
    """Score files and write the messages, with what is predicted of them, to a file, whole or not at all.

    Broken rows that are left out are told in ``OUT.errors.jsonl``, by file, line and reason.

    Parameters
    ----------
    job : Job
        What is scored.
    output : Path
        The file to write.
    overwrite : bool, default False
        Whether an existing file, or what is left of a run that did not end, may be replaced.
    resume : bool, default False
        Whether to go on where a run that did not end was; without one it starts from the beginning.
    report : callable, optional
        Is told after every batch how far the run is.

    Returns
    -------
    Progress
        The totals.

    Raises
    ------
    FileExistsError
        If the file exists, or a run to it did not end, and neither option says what to do.
    FileNotFoundError
        If the folder does not exist.
    LabelledDataError
        If a source cannot be used, or a row is broken and the job is not to leave it out.
    CaretoneError
        If the run to be resumed was another one.
    """
    names = _Names(output)
    names.check(overwrite, resume)
    identity = _identity(job)
    start, lengths = _read_note(names, identity) if resume else (Progress(), [0, 0])
    if start == Progress():
        names.discard()  # an older run's note must not be taken for this one's
    done = start
    try:
        with _opened_at(names.part, lengths[0]) as out, _opened_at(names.errors_part, lengths[1]) as errors:
            for done, data, told in _steps(job, start):
                out.write(data)
                errors.write(told)
                _write_note(names.note, {"run": identity, "done": asdict(done), "lengths": _flushed(out, errors)})
                report(done)
        names.finish(job.format)
    except BaseException:
        if not unfinished(output):
            names.discard()  # nothing was done that a further run could build on
        raise
    return done


def unfinished(output: Path) -> bool:
    """Tell whether there is something left of a run to a file that can go on with ``resume``."""
    names = _Names(output)
    return names.note.exists() and names.part.exists()


def _steps(job: Job, done: Progress) -> Iterator[tuple[Progress, bytes, bytes]]:
    """Give, batch by batch from where a run is: how far it is then, the bytes to write, those on broken rows."""
    layout: Layout | None = None
    behind, messages, broken = 0, done.messages, done.broken
    for place, source in enumerate(job.sources):
        for number, batch in enumerate(batches(source, job.text)):
            data = b""
            if layout is None and batch.has_columns:
                layout = Layout.settled_by(batch, job.model.labels, job.format)
                data = layout.header()
            if place < done.source and layout is not None:
                break  # the source is done, and was only needed to settle the columns
            if (place, number) < (done.source, done.batch):
                continue
            if layout is not None:
                batch = layout.fitted(batch)
            if batch.broken and job.on_error is OnError.stop:
                raise batch.broken[0].error()
            if layout is not None:
                data += layout.encoded(batch.rows, predicted(job.model, batch.texts))
            messages += len(batch.texts)
            broken += len(batch.broken)
            progress = Progress(place, number + 1, messages, broken, behind + batch.position)
            yield progress, compressed(data, job.codec), _error_lines(batch.broken)
        behind += source.size


def _error_lines(broken: tuple[Broken, ...]) -> bytes:
    return "".join(json.dumps(row._asdict(), ensure_ascii=False) + "\n" for row in broken).encode()


# ---- what lies beside the output until a run ends


class _Names:
    """The names of the files of a run, and what happens to them."""

    def __init__(self, output: Path) -> None:
        self.output = output
        self.errors = _beside(output, ".errors.jsonl")
        self.part = _beside(output, ".part")
        self.errors_part = _beside(output, ".errors.jsonl.part")
        self.note = _beside(output, ".part.json")
        self.whole = _beside(output, ".part.parquet")

    def check(self, overwrite: bool, resume: bool) -> None:
        """Refuse to start where something would be lost."""
        if not self.output.parent.is_dir():
            raise FileNotFoundError(f"there is no folder {self.output.parent}; make it first")
        if self.output.is_dir():
            raise IsADirectoryError(f"{self.output} is a folder; name a file in it")
        for path in (self.output, self.errors):
            if path.exists() and not overwrite:
                raise FileExistsError(f"{path} exists already; choose another name or add --force")
        if self.part.exists() and self.note.exists() and not (overwrite or resume):
            raise FileExistsError(
                f"{self.part} is left of a run that did not end; go on with it by --resume, or start anew by --force"
            )

    def finish(self, format: Format) -> None:
        """Give the files of a run that has ended their names."""
        if format is Format.parquet:
            parquet_from_arrow(self.part, self.whole)
            os.replace(self.whole, self.output)
            self.part.unlink()
        else:
            os.replace(self.part, self.output)
        if self.errors_part.stat().st_size:
            os.replace(self.errors_part, self.errors)
        self.discard()

    def discard(self) -> None:
        """Remove what is left."""
        for path in (self.part, self.errors_part, self.whole, self.note):
            path.unlink(missing_ok=True)


def _beside(output: Path, ending: str) -> Path:
    return output.with_name(output.name + ending)


def _identity(job: Job) -> dict[str, Any]:
    """Give what has to be the same for a run to be gone on with."""
    return {
        "caretone": caretone.__version__,
        "model": hashlib.sha256(job.model.to_bytes()).hexdigest(),
        "sources": [[source.name, source.size] for source in job.sources],
        "format": job.format,
        "codec": job.codec,
        "text": job.text,
    }


def _write_note(path: Path, note: dict[str, Any]) -> None:
    fresh = _beside(path, ".new")
    fresh.write_text(json.dumps(note), encoding="utf-8")
    os.replace(fresh, path)


def _read_note(names: _Names, identity: dict[str, Any]) -> tuple[Progress, list[int]]:
    """Give how far a run was, and the lengths of its files then."""
    if not (names.note.exists() and names.part.exists()):
        return Progress(), [0, 0]
    note = json.loads(names.note.read_text(encoding="utf-8"))
    other = [key for key, value in identity.items() if note["run"].get(key) != value]
    if other:
        raise CaretoneError(
            f"{names.part} is left of another run (look at {', '.join(other)}); give the same files and options"
            " as then, or start anew by --force without --resume"
        )
    for path, length in zip((names.part, names.errors_part), note["lengths"], strict=True):
        if length and (not path.exists() or path.stat().st_size < length):
            raise CaretoneError(f"{path} is shorter than it was; start anew by --force without --resume")
    return Progress(**note["done"]), note["lengths"]


@contextmanager
def _opened_at(path: Path, length: int) -> Iterator[BinaryIO]:
    """Open a file to write behind what is known to be whole."""
    with path.open("r+b" if length else "wb") as stream:
        stream.truncate(length)
        stream.seek(length)
        yield stream


def _flushed(*streams: BinaryIO) -> list[int]:
    """See to it that all that was written is on the disk, and give the lengths."""
    for stream in streams:
        stream.flush()
        os.fsync(stream.fileno())
    return [stream.tell() for stream in streams]

"""Find the files of messages that an argument names, and tell by their names what they are."""

from __future__ import annotations

import glob
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from caretone.errors import LabelledDataError


class Kind(StrEnum):
    """What a file is."""

    csv = "csv"
    tsv = "tsv"
    jsonl = "jsonl"
    parquet = "parquet"
    lines = "lines"


class Codec(StrEnum):
    """What a file is compressed by."""

    gzip = "gzip"
    zstd = "zstd"


_KINDS = {
    ".csv": Kind.csv,
    ".tsv": Kind.tsv,
    ".jsonl": Kind.jsonl,
    ".ndjson": Kind.jsonl,
    ".json": Kind.jsonl,
    ".parquet": Kind.parquet,
    ".txt": Kind.lines,
    ".log": Kind.lines,
}
_CODECS = {".gz": Codec.gzip, ".zst": Codec.zstd}


def kind_of(path: Path) -> tuple[Kind | None, Codec | None]:
    """Tell by its name what a file is, and what it is compressed by; None where the name does not say.

    Examples
    --------
    >>> kind_of(Path("chat.jsonl.gz"))
    (<Kind.jsonl: 'jsonl'>, <Codec.gzip: 'gzip'>)
    """
    codec = _CODECS.get(path.suffix.lower())
    bare = path.with_suffix("") if codec else path
    kind = _KINDS.get(bare.suffix.lower())
    return kind, None if kind is Kind.parquet else codec


@dataclass(frozen=True)
class Source:
    """Messages in a file, on standard input, or one that is given itself.

    Attributes
    ----------
    path : Path or None
        The file; None for standard input and for a message.
    kind : Kind
        What it is.
    codec : Codec or None
        What it is compressed by.
    message : str or None
        The message itself.
    """

    path: Path | None
    kind: Kind = Kind.lines
    codec: Codec | None = None
    message: str | None = None

    @property
    def name(self) -> str:
        """What the source is called."""
        if self.path is not None:
            return str(self.path)
        return "standard input" if self.message is None else "a message"

    @property
    def size(self) -> int:
        """The size of the file in bytes, 0 where there is none."""
        return 0 if self.path is None else self.path.stat().st_size


def names_sources(given: str) -> bool:
    """Tell whether an argument names files, rather than being a message itself.

    It does if there are such files, and also if it has no blanks and the ending of a file: then it is
    better to say that the file is not there than to take its name for a message.
    """
    try:
        if given == "-" or Path(given).exists():
            return True
        named = kind_of(Path(given))[0] is not None and not any(map(str.isspace, given))
        return named or ("*" in given and bool(glob.glob(given, recursive=True)))
    except (OSError, ValueError):  # too long, or with a null character: no name of a file
        return False


def sources_of(given: str, output: Path | None = None) -> list[Source]:
    """Find the files that an argument names.

    Parameters
    ----------
    given : str
        ``-`` for standard input, a file, a folder, or a pattern such as ``logs/**/*.csv``. Of a folder
        and a pattern those files are taken that have a known ending, in the order of their names; of a
        folder not those whose names begin with a dot or an underscore.
    output : Path, optional
        Where the run writes: that file, and what lies beside it during the run, are not taken.

    Returns
    -------
    list of Source
        At least one.

    Raises
    ------
    FileNotFoundError
        If there is none.
    LabelledDataError
        If the kind of a file is not known.
    """
    path = Path(given)
    if given == "-":
        return [Source(None)]
    if path.is_dir():
        found = [entry for entry in path.iterdir() if not entry.name.startswith((".", "_"))]
    elif path.exists():
        return [_source(path)]
    else:
        found = [Path(name) for name in glob.glob(given, recursive=True)]
    known = sorted(entry for entry in found if entry.is_file() and kind_of(entry)[0] and not _belongs(entry, output))
    if not known:
        where = f"the folder {path} holds no file that" if path.is_dir() else f"there is no file {given} that"
        raise FileNotFoundError(f"{where} can be read; files end in {', '.join(_KINDS)}. For a message, use --text")
    return [_source(entry) for entry in known]


def _belongs(path: Path, output: Path | None) -> bool:
    return output is not None and path.name.startswith(output.name) and path.parent.samefile(output.parent)


def _source(path: Path) -> Source:
    kind, codec = kind_of(path)
    if kind is None and path.suffix == "":
        kind = Kind.lines
    if kind is None:
        raise LabelledDataError(
            f"{path}: a file of this kind cannot be read; save it as one that ends in {', '.join(_KINDS)}"
            f" (all but .parquet also with {' or '.join(_CODECS)} behind it)"
        )
    return Source(path, kind, codec)

"""Bring a public corpus from its authors, or from a folder, into the cache, and check every byte of it."""

from __future__ import annotations

import hashlib
import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from caretone.corpus.public.corpus import CorpusFile, PublicCorpus
from caretone.errors import LabelledDataError

_CHUNK = 1 << 16
_WHOLE, _PART, _NOTHING_LEFT = 200, 206, 416


def cache_folder() -> Path:
    """Give the folder that corpora are fetched into: ``caretone/corpora`` in the user's cache folder.

    Returns
    -------
    Path
        Inside ``$XDG_CACHE_HOME``, by default ``~/.cache``.
    """
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "caretone" / "corpora"


def fetch(
    corpus: PublicCorpus,
    into: str | os.PathLike[str] | None = None,
    *,
    source: str | os.PathLike[str] | None = None,
    report: Callable[[CorpusFile, str], None] = lambda file, what: None,
) -> Path:
    """Fetch the files of a corpus that are not there yet, and check them.

    A download that was cut off goes on where it stopped.

    Parameters
    ----------
    corpus : PublicCorpus
        The corpus; fetching it means that you accept its licence.
    into : path, optional
        The folder in which the corpus's folder is made; by default `cache_folder`.
    source : path, optional
        A folder to copy the files from; by default they are downloaded from where their authors publish them.
    report : callable, optional
        Is told of each file whether it was ``"there"``, ``"copied"`` or ``"downloaded"``.

    Returns
    -------
    Path
        The corpus's folder.

    Raises
    ------
    FileNotFoundError
        If ``source`` lacks a file.
    ConnectionError
        If a file cannot be downloaded.
    LabelledDataError
        If a file is not the one that was published.
    """
    home = Path(into or cache_folder()) / corpus.name
    for file in corpus.files:
        target = home / file.path
        if target.is_file() and _sha256(target) == file.sha256:
            report(file, "there")
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(target.name + ".part")
        if source is None:
            _download(file.url, part)
        else:
            _copy(corpus.folder_in(source) / file.path, part)
        _check(file, part)
        os.replace(part, target)
        report(file, "downloaded" if source is None else "copied")
    return home


def _copy(path: Path, part: Path) -> None:
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}; the folder must hold the files by these names")
    shutil.copyfile(path, part)


def _download(url: str, part: Path) -> None:
    """Download what is missing of a file."""
    there = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={there}-"} if there else {})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            with part.open("ab" if answer.status == _PART else "wb") as stream:
                shutil.copyfileobj(answer, stream, _CHUNK)
            expected = answer.headers.get("Content-Length")
            written = part.stat().st_size - (there if answer.status == _PART else 0)
    except urllib.error.HTTPError as error:
        if error.code != _NOTHING_LEFT:
            raise ConnectionError(f"{url} answers {error.code} {error.reason}; {_OTHERWISE}") from None
    except (OSError, EOFError) as error:
        raise ConnectionError(f"{url} cannot be downloaded ({error}); try again: it goes on from there") from None
    else:
        if expected is not None and written < int(expected):
            raise ConnectionError(f"the download of {url} was cut off; try again: it goes on from there")


_OTHERWISE = "fetch the files by other means and name their folder with --from"


def _check(file: CorpusFile, part: Path) -> None:
    if _sha256(part) == file.sha256:
        return
    part.unlink()
    raise LabelledDataError(
        f"{file.path} is not the file that was published: its SHA-256 is not {file.sha256}. "
        "Nothing of it was kept; try again, or get it by other means and name its folder with --from"
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

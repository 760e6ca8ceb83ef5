"""What is known of a public corpus: who published it, under which licence, where, and how its files are read."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from caretone.errors import LabelledDataError
from caretone.tones import TONES


@dataclass(frozen=True)
class CorpusFile:
    """A file of a corpus.

    Attributes
    ----------
    path : str
        Its name in the corpus's folder.
    url : str
        Where its authors publish it, at a fixed version.
    sha256 : str
        Its checksum.
    """

    path: str
    url: str
    sha256: str


@dataclass(frozen=True)
class Tendency:
    """How often the messages that carry a label of a corpus also carry a tone.

    Attributes
    ----------
    column, value : str
        The label: a column of the corpus's table, and its value there.
    tone : str
        The tone.
    share : float
        The share of the messages with that label that carry the tone, over the labels of the stand-off layer.
    """

    column: str
    value: str
    tone: str
    share: float


@dataclass(frozen=True)
class PublicCorpus:
    """A public corpus and how to read it.

    Attributes
    ----------
    name : str
        What caretone calls it, also the name of its folder.
    title, citation, homepage, licence : str
        What it is, the paper to cite, where it lives and what may be done with it.
    measures : str
        What its labels say.
    relation : str
        How its labels relate to the tones.
    files : tuple of CorpusFile
        The files that make it up.
    reader : callable
        Reads these files from a folder; see `read`.
    tendencies : tuple of Tendency
        The labels of which at least half the messages carry one tone; empty where none do.
    """

    name: str
    title: str
    citation: str
    homepage: str
    licence: str
    measures: str
    relation: str
    files: tuple[CorpusFile, ...]
    reader: Callable[[Path], pd.DataFrame]
    tendencies: tuple[Tendency, ...] = ()

    def folder_in(self, folder: str | os.PathLike[str]) -> Path:
        """Give the corpus's own folder: the one of its name inside a folder, or else that folder itself."""
        inside = Path(folder) / self.name
        return inside if inside.is_dir() else Path(folder)

    def missing(self, folder: str | os.PathLike[str]) -> list[str]:
        """Give the names of the corpus's files that are not there."""
        home = self.folder_in(folder)
        return [file.path for file in self.files if not (home / file.path).is_file()]

    def read(self, folder: str | os.PathLike[str]) -> pd.DataFrame:
        """Read the corpus as one table.

        Parameters
        ----------
        folder : path
            The folder with the corpus's files, or one that holds that folder.

        Returns
        -------
        DataFrame
            One row a message: ``text``, and the corpus's own labels. Where labels tend towards a tone,
            a column ``tendency`` names the tones (``""`` for none); these are no labels of the message.

        Raises
        ------
        FileNotFoundError
            If a file is not there.
        LabelledDataError
            If a file is not what the corpus publishes.
        """
        if missing := self.missing(folder):
            raise FileNotFoundError(
                f"{self.folder_in(folder)} lacks {len(missing)} of the {len(self.files)} files of {self.name}, first "
                f"{missing[0]}; fetch them with: caretone data fetch {self.name}"
            )
        try:
            table = self.reader(self.folder_in(folder))
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise LabelledDataError(
                f"{self.folder_in(folder)} does not hold {self.name} as published ({type(error).__name__}); "
                f"fetch it anew with: caretone data fetch {self.name}"
            ) from None
        if self.tendencies:
            table["tendency"] = self._tending(table)
        return table

    def _tending(self, table: pd.DataFrame) -> list[str]:
        tending: list[set[str]] = [set() for _ in range(len(table))]
        for tendency in self.tendencies:
            for tones, value in zip(tending, table[tendency.column].astype(str), strict=True):
                if value == tendency.value:
                    tones.add(tendency.tone)
        return [";".join(tone for tone in TONES if tone in tones) for tones in tending]


def lines_of(path: Path) -> list[str]:
    """Give the filled lines of a published file; a text may hold other separators, so only line feeds part them."""
    text = path.read_bytes().decode("utf-8-sig", "replace")
    return [line.rstrip("\r") for line in text.split("\n") if line.strip()]


def clean(text: str) -> str:
    """Undo what the publication did to a text: the written-out comma, and blanks around it."""
    return text.replace("_comma_", ",").strip()

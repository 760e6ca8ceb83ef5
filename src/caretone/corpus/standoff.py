"""The stand-off layer: tones of messages in public corpora, by the checksum of each text and without the text.

Who holds a corpus joins the layer with it. ``data/standoff.md`` says how the labels were made.
"""

from __future__ import annotations

import hashlib
import unicodedata

import pandas as pd

from caretone.corpus.reading import LabelledMessages, read_labelled
from caretone.errors import LabelledDataError
from caretone.shipped import shipped_path

COLUMNS = ("source", "sha1", "tones", "annotators")
"""The columns of the layer: the corpus, the checksum, the tones, and how many annotators judged the text."""


def normalised(text: str) -> str:
    r"""Give a text in the form that its checksum is taken of.

    Compatible characters become one (Unicode NFKC), then upper case becomes lower case, the written-out
    comma of EmpatheticDialogues a comma, and each run of white space one blank, with none at the ends.

    Parameters
    ----------
    text : str
        A text as some copy of a corpus has it.

    Returns
    -------
    str

    Examples
    --------
    >>> normalised("  Oh no_comma_ I’m\n SO sorry ")
    'oh no, i’m so sorry'
    """
    return " ".join(unicodedata.normalize("NFKC", text).lower().replace("_comma_", ",").split())


def checksum(text: str) -> str:
    """Give the SHA-1 of a normalised text, as 40 hexadecimal digits.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str

    Examples
    --------
    >>> checksum("Poor thing") == checksum(" poor  THING ")
    True
    """
    return hashlib.sha1(normalised(text).encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def read_standoff() -> pd.DataFrame:
    """Read the layer that comes with caretone, a row a text with the columns `COLUMNS`."""
    return pd.read_csv(shipped_path("data", "standoff.csv"), dtype={"annotators": int, "tones": str, "sha1": str})


def labelled_rows(messages: pd.DataFrame, standoff: pd.DataFrame | None = None, *, text: str = "text") -> pd.DataFrame:
    """Keep the messages that the layer labels, and add their labels.

    Parameters
    ----------
    messages : DataFrame
        Messages, a row each.
    standoff : DataFrame, optional
        The layer, by default the one that comes with caretone.
    text : str, default "text"
        The column of the messages.

    Returns
    -------
    DataFrame
        The rows whose text is labelled, in their order, with the columns ``tones`` and ``annotators``.

    Raises
    ------
    LabelledDataError
        If there is no such column, or no message is labelled.
    """
    if text not in messages:
        raise LabelledDataError(f"the messages have no column {text!r}; name the column of the texts")
    layer = (read_standoff() if standoff is None else standoff).set_index("sha1")
    sha1 = messages[text].map(lambda cell: checksum(cell) if isinstance(cell, str) else "")
    labelled = sha1.isin(layer.index)
    if not labelled.any():
        raise LabelledDataError(
            f"none of the {len(messages)} messages is labelled; the layer holds texts of "
            f"{', '.join(sorted(set(layer['source'])))}"
        )
    found = layer.loc[sha1[labelled]]
    return (
        messages[labelled]
        .assign(tones=found["tones"].to_numpy(), annotators=found["annotators"].to_numpy())
        .reset_index(drop=True)
    )


def join(
    messages: pd.DataFrame, standoff: pd.DataFrame | None = None, *, text: str = "text", name: str = "messages"
) -> LabelledMessages:
    """Join messages with the layer, to train on or to measure with.

    Parameters
    ----------
    messages : DataFrame
        Messages of a corpus, a row each, such as `PublicCorpus.read` gives.
    standoff : DataFrame, optional
        The layer, by default the one that comes with caretone.
    text : str, default "text"
        The column of the messages.
    name : str, default "messages"
        What to call them.

    Returns
    -------
    LabelledMessages
        Those that the layer labels.

    Raises
    ------
    LabelledDataError
        As `labelled_rows`.

    Examples
    --------
    >>> layer = pd.DataFrame(
    ...     {"source": ["chat"], "sha1": [checksum("Poor thing.")], "tones": ["sympathy"], "annotators": [3]}
    ... )
    >>> joined = join(pd.DataFrame({"text": ["Noon?", "poor thing."]}), layer)
    >>> joined.texts, joined.labels
    (['poor thing.'], ['sympathy'])
    """
    return read_labelled(labelled_rows(messages, standoff, text=text), text=text, tones="tones", name=name)

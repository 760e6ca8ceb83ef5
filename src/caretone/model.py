"""The folded model: a trained classifier as one table from n-gram to weights, in one safe file.

A linear model over TF-IDF features folds: the weight of an n-gram is its idf times its
coefficient, and what remains of vectorizer and classifier is a table. Weights are kept as whole
numbers of one step, a power of two, so that sums are exact in whatever order they are taken.

The rows of the table are, in this order,

- the *words*, each with the weight of its subwords added to its own;
- the longer *n-grams*, as a trie: the key of one is the row of all its words but the last,
  shifted by `KEY_BITS`, plus the row of its last word;
- the *skip-bigrams*: the key of one is the row of its first word, shifted by `KEY_BITS`, plus the row of its second;
- the *subwords*, for words that the table does not know.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from array import array
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from caretone.errors import ModelFileError
from caretone.files import replaced_file
from caretone.text import SKIP_DISTANCES, SUBWORD_RANGE, WORD_NGRAM

FORMAT = 2
"""The version of the file format; a file of another one is refused."""

KEY_BITS = 24
"""The bits of a key that hold its last word."""

_SEPARATOR = "\n"
_SETTINGS = ("labels", "step", "intercepts", "slopes", "offsets", "thresholds", "priors", "sentence_weight")
_FEATURES = {
    "format": FORMAT,
    "ngram": WORD_NGRAM,
    "skip_distances": list(SKIP_DISTANCES),
    "subword_range": list(SUBWORD_RANGE),
}
SEARCHES = 2_000
"""After so many searches for n-grams a dict of them is made."""

_ENCODING = {"encoding": "utf-8", "errors": "surrogatepass"}


class NgramRows:
    """From the key of an n-gram to its row: found by bisection at first, and in a dict once many were looked up.

    A dict of all keys takes as long to make as ten thousand searches, and one message needs some dozens.

    Parameters
    ----------
    keys : array of uint64
        The keys, ascending.
    first : int
        The row of the first.
    """

    def __init__(self, keys: array[int], first: int) -> None:
        self._keys, self._first, self._searches = keys, first, 0
        self.get: Callable[[int], int | None] = self._search

    def _search(self, key: int) -> int | None:
        self._searches += 1
        if self._searches > SEARCHES:
            rows = range(self._first, self._first + len(self._keys))
            self.get = dict(zip(self._keys, rows, strict=True)).get
            return self.get(key)
        place = bisect_left(self._keys, key)
        return self._first + place if place < len(self._keys) and self._keys[place] == key else None


@dataclass(frozen=True)
class FoldedModel:
    """A trained classifier as a table that a message is scored with.

    Attributes
    ----------
    labels : tuple of str
        What is scored, in the order of all that follows; the three tones unless trained on others.
    words, subwords : tuple of str
        The words and subwords of the table.
    ngrams : array of uint64
        The keys of the longer n-grams, ascending.
    skip_bigrams : array of uint64
        The keys of the skip-bigrams, ascending.
    weights : tuple of array of int32
        One column a label, over words, n-grams, skip-bigrams and subwords, in steps.
    step : float
        The size of a step, a power of two.
    intercepts, slopes, offsets : tuple of float
        The classifier's intercepts, and the calibration from score to log-odds.
    thresholds : tuple of float
        The probability from which a label counts as present.
    priors : tuple of float
        The share of training messages that carry each label.
    sentence_weight : float
        How much the strongest sentence counts against the whole message, 0 to 1.
    seen : array of uint64
        The hashes (`text_hash`) of the training texts, ascending, so that no one is measured on them unawares.
    provenance : mapping
        Where the model comes from: version, data, settings, date, measured figures.
    """

    labels: tuple[str, ...]
    words: tuple[str, ...]
    ngrams: array[int]
    skip_bigrams: array[int]
    subwords: tuple[str, ...]
    weights: tuple[array[int], ...]
    step: float
    intercepts: tuple[float, ...]
    slopes: tuple[float, ...]
    offsets: tuple[float, ...]
    thresholds: tuple[float, ...]
    priors: tuple[float, ...]
    sentence_weight: float
    seen: array[int] = field(default_factory=lambda: array("Q"))
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def word_rows(self) -> dict[str, int]:
        """From word to row."""
        return dict(zip(self.words, range(len(self.words)), strict=True))

    @cached_property
    def ngram_rows(self) -> NgramRows:
        """From the key of a longer n-gram to its row."""
        return NgramRows(self.ngrams, len(self.words))

    @cached_property
    def skip_rows(self) -> NgramRows:
        """From the key of a skip-bigram to its row."""
        return NgramRows(self.skip_bigrams, len(self.words) + len(self.ngrams))

    @cached_property
    def subword_rows(self) -> dict[str, int]:
        """From subword to row."""
        first = len(self.words) + len(self.ngrams) + len(self.skip_bigrams)
        return dict(zip(self.subwords, range(first, first + len(self.subwords)), strict=True))

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the model to a file, whole or not at all.

        Parameters
        ----------
        path : path
            Where to; by custom its name ends in ``.caretone``.
        overwrite : bool, default False
            Whether an existing file may be replaced.

        Returns
        -------
        Path
            The path written to.

        Raises
        ------
        FileExistsError
            If the file exists and ``overwrite`` is false.
        """
        with replaced_file(path, overwrite=overwrite) as stream:
            stream.write(self.to_bytes())
        return Path(path)

    def to_bytes(self) -> bytes:
        """Give the model as the bytes of its file: a safetensors file with a digest over all of it."""
        tensors = {
            "words": ("U8", _joined(self.words)),
            "ngrams": ("U64", _little_endian(self.ngrams)),
            "skip_bigrams": ("U64", _little_endian(self.skip_bigrams)),
            "subwords": ("U8", _joined(self.subwords)),
            "seen": ("U64", _little_endian(self.seen)),
            **{f"weights.{n}": ("I32", _little_endian(column)) for n, column in enumerate(self.weights)},
        }
        settings = {name: getattr(self, name) for name in _SETTINGS}
        described = json.dumps({**_FEATURES, **settings, "provenance": self.provenance}, sort_keys=True)
        metadata = {"caretone": described, "digest": _digest(described, {n: data for n, (_, data) in tensors.items()})}
        return _safetensors(tensors, metadata)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> FoldedModel:
        """Read a model from a file that `save` wrote.

        Nothing in the file is run, and the digest over all of it is checked first.

        Parameters
        ----------
        path : path
            The file.

        Returns
        -------
        FoldedModel

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ModelFileError
            If the file is damaged, of another format, or no model file.
        """
        return cls.from_bytes(Path(path).read_bytes(), str(path))

    @classmethod
    def from_bytes(cls, data: bytes, name: str = "the model") -> FoldedModel:
        """Read a model from the bytes of its file; see `load`."""
        from safetensors import SafetensorError, deserialize

        try:
            tensors = {key: bytes(value["data"]) for key, value in deserialize(data)}  # type: ignore[no-untyped-call]
            header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
            metadata = header["__metadata__"]
            described, digest = metadata["caretone"], metadata["digest"]
        except (SafetensorError, ValueError, KeyError, TypeError) as error:
            raise ModelFileError(
                f"{name} is no caretone model file, or a damaged one; fetch or train it again"
            ) from error
        if digest != _digest(described, tensors):
            raise ModelFileError(f"{name} is damaged: its digest does not fit its content; fetch or train it again")
        settings = json.loads(described)
        if {name: settings.get(name) for name in _FEATURES} != _FEATURES:
            raise ModelFileError(
                f"{name} was made by another version of caretone"
                f" ({settings['provenance'].get('caretone', 'unknown')}); train it again with this one"
            )
        values: dict[str, Any] = {key: tuple(v) if isinstance(v := settings[key], list) else v for key in _SETTINGS}
        return cls(
            words=_split(tensors["words"]),
            ngrams=_array("Q", tensors["ngrams"]),
            skip_bigrams=_array("Q", tensors["skip_bigrams"]),
            subwords=_split(tensors["subwords"]),
            weights=tuple(_array("i", tensors[f"weights.{n}"]) for n in range(len(settings["labels"]))),
            seen=_array("Q", tensors["seen"]),
            provenance=settings["provenance"],
            **values,
        )


def text_hash(text: str) -> int:
    r"""Give 64 bits that tell a text from others, whatever its case and white space.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    int
        The first 8 bytes of a SHA-256.

    Examples
    --------
    >>> text_hash("So  sorry\n") == text_hash("so sorry")
    True
    """
    normalised = " ".join(text.lower().split())
    return int.from_bytes(hashlib.sha256(normalised.encode(**_ENCODING)).digest()[:8], "little")


def with_priors(model: FoldedModel, priors: Mapping[str, float]) -> FoldedModel:
    """Adjust a model to messages among which the labels are rarer, or commoner, than in its training data.

    The log-odds move by the change of the prior's log-odds, which is Bayes' rule for a changed
    prevalence with unchanged wording (Saerens, Latinne and Decaestecker, 2002, Neural Computation 14).

    Parameters
    ----------
    model : FoldedModel
        The model.
    priors : mapping of str to float
        The expected share of messages that carry a label, between 0 and 1; labels left out stay.

    Returns
    -------
    FoldedModel
        The same table with other offsets.

    Raises
    ------
    ValueError
        If a label is unknown or a share is not between 0 and 1.
    """
    for label, prior in priors.items():
        if label not in model.labels:
            raise ValueError(f"the model has no label {label!r}, only {', '.join(model.labels)}")
        if not 0 < prior < 1:
            raise ValueError(f"the prior of {label} must lie between 0 and 1, not {prior!r}")
    told = tuple(priors.get(label, own) for label, own in zip(model.labels, model.priors, strict=True))
    offsets = tuple(
        offset + _logit(new) - _logit(own) for offset, new, own in zip(model.offsets, told, model.priors, strict=True)
    )
    return replace(model, offsets=offsets, priors=told)


def _logit(probability: float) -> float:
    return math.log(probability / (1 - probability))


def _digest(described: str, tensors: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256(described.encode())
    for name in sorted(tensors):
        digest.update(f"\0{name}\0{len(tensors[name])}\0".encode())
        digest.update(tensors[name])
    return digest.hexdigest()


def _safetensors(tensors: Mapping[str, tuple[str, bytes]], metadata: Mapping[str, str]) -> bytes:
    """Lay out a safetensors file: the header's length, the header as JSON, the data (aligned to 8 bytes)."""
    sizes = {"U8": 1, "I32": 4, "U64": 8}
    header: dict[str, Any] = {"__metadata__": dict(metadata)}
    body = b""
    for name, (dtype, data) in sorted(tensors.items(), key=lambda item: -sizes[item[1][0]]):
        header[name] = {
            "dtype": dtype,
            "shape": [len(data) // sizes[dtype]],
            "data_offsets": [len(body), len(body) + len(data)],
        }
        body += data
    packed = json.dumps(header).encode()
    packed += b" " * (-len(packed) % 8)
    return len(packed).to_bytes(8, "little") + packed + body


def _joined(names: tuple[str, ...]) -> bytes:
    return _SEPARATOR.join(names).encode(**_ENCODING)


def _split(data: bytes) -> tuple[str, ...]:
    return tuple(data.decode(**_ENCODING).split(_SEPARATOR)) if data else ()


def _little_endian(values: array[int]) -> bytes:
    if _BIG_ENDIAN:
        values = values[:]
        values.byteswap()
    return values.tobytes()


def _array(typecode: str, data: bytes) -> array[int]:
    values = array(typecode, data)
    if _BIG_ENDIAN:
        values.byteswap()
    return values


_BIG_ENDIAN = array("h", [1]).tobytes()[0] == 0

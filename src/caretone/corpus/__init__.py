"""Labelled messages: how they are read from files and tables, checked and put together."""

from __future__ import annotations

from caretone.corpus.reading import (
    LabelledMessages,
    Messages,
    concatenate,
    read_labelled,
    read_messages,
    without_repeats,
)

__all__ = [
    "LabelledMessages",
    "Messages",
    "concatenate",
    "read_labelled",
    "read_messages",
    "without_repeats",
]

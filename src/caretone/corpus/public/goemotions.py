"""GoEmotions: Reddit comments and the emotions that readers see in them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from caretone.corpus.public.corpus import CorpusFile, PublicCorpus, clean, lines_of

_PUBLISHED = "https://raw.githubusercontent.com/google-research/google-research/"


def _read(folder: Path) -> pd.DataFrame:
    emotions = lines_of(folder / "labels.txt")
    rows = []
    for split in ("train", "dev"):
        for line in lines_of(folder / f"{split}.tsv"):  # a quote in a comment opens nothing: these are no CSV quotes
            text, numbers, comment = line.split("\t")
            rows.append((clean(text), ";".join(emotions[int(n)] for n in numbers.split(",")), comment, split))
    return pd.DataFrame(rows, columns=["text", "emotions", "comment", "split"])


GOEMOTIONS = PublicCorpus(
    name="goemotions",
    title="GoEmotions, training and development splits",
    citation=(
        "Demszky, Movshovitz-Attias, Ko, Cowen, Nemade and Ravi (2020). GoEmotions: A Dataset of Fine-Grained "
        "Emotions. ACL. https://aclanthology.org/2020.acl-main.372"
    ),
    homepage="https://github.com/google-research/google-research/tree/master/goemotions",
    licence="CC BY 4.0",
    measures="48,836 Reddit comments: any of 27 emotions, or neutral",
    relation=(
        "None is stated: an emotion is what a writer feels, about anything. Of the comments labelled caring a quarter "
        "carry sympathy and a fifth compassion."
    ),
    files=(
        CorpusFile(
            "labels.txt",
            f"{_PUBLISHED}018cbe7892d848bc871d482fd2868089037e375f/goemotions/data/emotions.txt",
            "45c3ef86782d2a4d7fedcd6d8c111aa0d0e94720689bd164fac94fefb4495a89",
        ),
        CorpusFile(
            "train.tsv",
            f"{_PUBLISHED}2adf640a14f11025ae5a9d0ec493b78530d276d3/goemotions/data/train.tsv",
            "1c254a142be5c00e80d819b9ae1bbd36d94b2eeb8f4b1271846508d57e57d9c5",
        ),
        CorpusFile(
            "dev.tsv",
            f"{_PUBLISHED}2adf640a14f11025ae5a9d0ec493b78530d276d3/goemotions/data/dev.tsv",
            "575489c079c9de1097062a01738f998590d6b7ead66dd1c9fd1d2ba01fd8bc62",
        ),
    ),
    reader=_read,
)

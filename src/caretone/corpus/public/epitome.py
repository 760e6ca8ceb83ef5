"""EPITOME: how strongly replies in mental-health forums show three mechanisms of empathy, and in which words."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from caretone.corpus.public.corpus import CorpusFile, PublicCorpus, Tendency, clean

MECHANISMS = ("emotional_reactions", "interpretations", "explorations")
"""The mechanisms; each is a column of levels 0 (none), 1 (weak), 2 (strong), and one of rationales."""

RATIONALES = "_rationales"
"""What the name of a mechanism's column of rationales ends in; its parts are joined by ``|``."""

_PUBLISHED = (
    "https://raw.githubusercontent.com/behavioral-data/Empathy-Mental-Health/"
    "741a8df4d3bc5301f0426e0c72e1d8e354c42fd3/dataset/{}-reddit.csv"
)


def _read(folder: Path) -> pd.DataFrame:
    """Put the three files side by side: their rows are the same pairs in the same order."""
    of_mechanism = {
        name: pd.read_csv(folder / _path(name), dtype=str, keep_default_na=False, encoding="utf-8-sig")
        for name in MECHANISMS
    }
    first = of_mechanism[MECHANISMS[0]]
    table = pd.DataFrame(
        {
            "text": first["response_post"].map(clean),
            "seeker_post": first["seeker_post"].map(clean),
            "sp_id": first["sp_id"],
            "rp_id": first["rp_id"],
        }
    )
    for name, rows in of_mechanism.items():
        if not rows["rp_id"].equals(first["rp_id"]):
            raise ValueError("the files do not hold the same pairs")
        table[name] = rows["level"].astype(int)
        table[name + RATIONALES] = rows["rationales"].str.strip("| ")
    return table


def _path(mechanism: str) -> str:
    return f"epitome-{mechanism.replace('_', '-')}.csv"


def _file(mechanism: str, sha256: str) -> CorpusFile:
    return CorpusFile(_path(mechanism), _PUBLISHED.format(mechanism.replace("_", "-")), sha256)


EPITOME = PublicCorpus(
    name="epitome",
    title="EPITOME, Reddit part",
    citation=(
        "Sharma, Miner, Atkins and Althoff (2020). A Computational Approach to Understanding Empathy Expressed in "
        "Text-Based Mental Health Support. EMNLP. https://aclanthology.org/2020.emnlp-main.425"
    ),
    homepage="https://github.com/behavioral-data/Empathy-Mental-Health",
    licence="none stated by its authors; use it for research, and pass none of it on",
    measures=(
        "3,084 replies to posts in mental-health forums: the level (0, 1, 2) of emotional reactions, interpretations "
        "and explorations in a reply, and the words that show it"
    ),
    relation=(
        "Emotional reactions tend towards sympathy, strong interpretations towards empathy; explorations, which ask "
        "about feelings, are no tone. Levels judge a reply to its post; tones judge the reply alone."
    ),
    files=(
        _file("emotional_reactions", "225b28ffdc257f8a997d557eb937e78b68235e6203c87c7e2203d00fef8545cc"),
        _file("interpretations", "2cedbe4252c919d22a6f46685afa16d3192a91e3306c2d4a386be12a30ad3f29"),
        _file("explorations", "9efa1af8e0537c16894379598f2076cb380ae18aacd9a8d26ebd381f5b7f9645"),
    ),
    reader=_read,
    tendencies=(
        Tendency("emotional_reactions", "1", "sympathy", 0.55),
        Tendency("emotional_reactions", "2", "sympathy", 0.85),
        Tendency("interpretations", "2", "empathy", 0.62),
    ),
)

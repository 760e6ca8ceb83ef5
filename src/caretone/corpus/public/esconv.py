"""ESConv: what supporters write in emotional-support chats, and the strategy that they follow."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from caretone.corpus.public.corpus import CorpusFile, PublicCorpus, Tendency, clean, lines_of

_PUBLISHED = "https://raw.githubusercontent.com/thu-coai/Emotional-Support-Conversation/"
_TURN = re.compile(r"\s*\S+ (?P<supporter>[01]) (?P<number>\d+) (?:\[(?P<strategy>[^\]]+)\])?(?P<text>.*)", re.DOTALL)


def _read(folder: Path) -> pd.DataFrame:
    rows = [
        *_split(folder / "esconv-dev.tsv", "dev"),
        *_split(folder / "esconv-test.tsv", "test"),
        *_failed(folder / "failed_esconv.json"),
    ]
    table = pd.DataFrame(rows, columns=["text", "strategy", "split", "conversation"])
    return table[table["text"] != ""].reset_index(drop=True)


def _split(path: Path, split: str) -> Iterator[tuple[str, str, str, str]]:
    """Give the supporter's turns of a split.

    Each line repeats the turns before it and ends in one turn of the supporter; turns are numbered
    within their conversation, so a number that falls begins another one.
    """
    conversation, before = 0, -1
    for line in lines_of(path):
        turn = _TURN.fullmatch(line.rpartition(" EOS ")[2])
        if turn is None or turn["strategy"] is None or turn["supporter"] != "1":
            raise ValueError("a line does not end in a supporter's turn with its strategy")
        conversation += int(turn["number"]) <= before
        before = int(turn["number"])
        yield clean(turn["text"]), turn["strategy"], split, f"{split}-{conversation}"


def _failed(path: Path) -> Iterator[tuple[str, str, str, str]]:
    for number, conversation in enumerate(json.loads(path.read_bytes())):
        for turn in conversation["dialog"]:
            if turn["speaker"] == "listener":
                yield clean(turn["content"]), turn["annotation"]["strategy"], "failed", f"failed-{number}"


ESCONV = PublicCorpus(
    name="esconv",
    title="ESConv, development and test splits, and the failed conversations",
    citation=(
        "Liu, Zheng, Demasi, Sabour, Li, Yu, Jiang and Huang (2021). Towards Emotional Support Dialog Systems. ACL. "
        "https://aclanthology.org/2021.acl-long.269"
    ),
    homepage="https://github.com/thu-coai/Emotional-Support-Conversation",
    licence="CC BY-NC 4.0, for academic research only",
    measures="what supporters write to someone in trouble: one of eight strategies a turn",
    relation=(
        "Providing suggestions and information tend towards compassion, self-disclosure towards empathy, reflection "
        "of feelings and reassurance towards sympathy; questions, paraphrases and other turns towards none. A "
        "strategy is chosen before the turn is written; a tone is what it says."
    ),
    files=(
        CorpusFile(
            "esconv-dev.tsv",
            f"{_PUBLISHED}4a5ef3a58a4d7d2fae140d47ab76479bb1d05956/codes/dataset/devWithStrategy_short.tsv",
            "625b511f40cf9a9285582e808e6bbb4c2f35d0b0cd063f3709db430b8d0c3bdc",
        ),
        CorpusFile(
            "esconv-test.tsv",
            f"{_PUBLISHED}4a5ef3a58a4d7d2fae140d47ab76479bb1d05956/codes/dataset/testWithStrategy_short.tsv",
            "b85ae888bf747cefa54bba2a6c3e2f6ccb4c1005d4e0b6d1d3be3823cf040aef",
        ),
        CorpusFile(
            "failed_esconv.json",
            f"{_PUBLISHED}bff7f6bb9667514bdeb4ccde236808940235491e/FailedESConv.json",
            "d21bad5409d88ecbca18abfee26a8c188d09c34b03962cb53a4c30d8de95b279",
        ),
    ),
    reader=_read,
    tendencies=(
        Tendency("strategy", "Providing Suggestions", "compassion", 0.79),
        Tendency("strategy", "Information", "compassion", 0.50),
        Tendency("strategy", "Self-disclosure", "empathy", 0.58),
        Tendency("strategy", "Reflection of feelings", "sympathy", 0.50),
        Tendency("strategy", "Affirmation and Reassurance", "sympathy", 0.57),
    ),
)

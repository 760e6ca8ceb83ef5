"""EmpatheticIntents: the emotion of a speaker or the intent of a listener in EmpatheticDialogues."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from caretone.corpus.public.corpus import CorpusFile, PublicCorpus, Tendency, clean, lines_of

_PUBLISHED = "https://raw.githubusercontent.com/anuradha1992/EmpatheticIntents/"
_NEUTRAL = 40
"""The number of *neutral*; the published list of labels says 38, which is *questioning*."""


def _read(folder: Path) -> pd.DataFrame:
    intents = _intents(folder / "train_data/labels.txt")
    rows = [
        (text, intents[int(number)], split)
        for split in ("train", "valid", "test")
        for number, text in _numbered(folder / f"train_data/{split}.txt")
    ]
    rows += [
        (line, path.stem, "manual")
        for path in sorted((folder / "manual_annotations").glob("*.txt"))
        for line in lines_of(path)
    ]
    table = pd.DataFrame(rows, columns=["text", "intent", "split"])
    return table.assign(text=table["text"].map(clean))


def _intents(path: Path) -> dict[int, str]:
    named = [line.split(",") for line in lines_of(path)]
    return {_NEUTRAL if name == "neutral" else int(number): name.lower() for name, number in named}


def _numbered(path: Path) -> Iterator[tuple[str, str]]:
    for line in lines_of(path):
        number, mark, text = line.partition(" <SEP> ")
        if not mark:
            raise ValueError("a line has no <SEP>")
        yield number, text


def _file(path: str, sha256: str) -> CorpusFile:
    version = (
        "de8dc61e4b260f81b718e0a73e05b3928f620f2d"
        if path.startswith("train_data")
        else "285621d0f4efc40d2a2b07b9d3e3ba71cbe0d19d"
    )
    return CorpusFile(path, f"{_PUBLISHED}{version}/datasets/{path}", sha256)


EMPATHETIC_INTENTS = PublicCorpus(
    name="empathetic_intents",
    title="EmpatheticIntents",
    citation=(
        "Welivita and Pu (2020). A Taxonomy of Empathetic Response Intents in Human Social Conversations. COLING. "
        "https://aclanthology.org/2020.coling-main.429"
    ),
    homepage="https://github.com/anuradha1992/EmpatheticIntents",
    licence="CC BY-NC 4.0, the licence of EmpatheticDialogues, whose texts it labels; none of its own is stated",
    measures=(
        "31,792 utterances: the speaker's emotion (32) in situations, the listener's intent (8) or neutral in turns; "
        "split train, valid, test. And 506 listener's turns labelled by hand with 15 intents; split manual"
    ),
    relation=(
        "Sympathizing and consoling tend towards sympathy; suggesting (27% compassion) suggests any thing, and no "
        "other label comes near a tone. Labels of the three splits were found by set phrases."
    ),
    files=(
        _file("train_data/labels.txt", "179925ce7d774635bbf0004a684d29467c0c358c213062c4418844a4452c8617"),
        _file("train_data/train.txt", "a8ed34243639d3774b7141517fa53e76dd990200ba8ac9ef866f58e71de29959"),
        _file("train_data/valid.txt", "4a7331edd43ce0fab7fcb5fb001c27d07b90e5c9e1cbd40daf39602bcf0f9b37"),
        _file("train_data/test.txt", "f36d824c067ac6bc742f59aef2ce0455c14c31d7f05f45b1c7dd5f90f19d9068"),
        _file(
            "manual_annotations/acknowledging.txt", "21e6d8e1b24797626cdd83005acb60d5b9d61cb58b67b14508e3fa4aaf23f919"
        ),
        _file("manual_annotations/advising.txt", "092c4211d90df6763c00c8315a0ee0698adba5ccfcace3918177e15c64dbd2fa"),
        _file("manual_annotations/agreeing.txt", "e87c2732503f1b7e673281be94b562d520f0dd61d1771df7c87a82b7a6c42f98"),
        _file(
            "manual_annotations/appreciating.txt", "35d03fabe4b48b86249b67a5a017608c9f292c6c98f4a1b54e06657186b1e3f5"
        ),
        _file("manual_annotations/consoling.txt", "f41d3d47cba657bb61254eb473f5cda44b6d13d13ce2cb3bc0e9a2e6a57f6b31"),
        _file(
            "manual_annotations/disapproving.txt", "700b6fb2dcc49447b24edeb857ca802ab8c2da29f136309811c9e5f21992b5dc"
        ),
        _file("manual_annotations/encouraging.txt", "4ca91b616d0b8af1238147e4ec0ef8c16b066d9b5f2d7826f6321dfa0c2befb9"),
        _file(
            "manual_annotations/expressing_care_concern.txt",
            "09ccd46d6fed2b80047202c1cfb2aec54e22522a98af3024c03fd7e65a06b647",
        ),
        _file(
            "manual_annotations/expressing_relief.txt",
            "8a40565d08b8a3f3d2dafb1aeba59b77bfe3413b31ae6c67dac35bfc1c459081",
        ),
        _file("manual_annotations/questioning.txt", "b04420d8f7575da4f1783b0330459619df5c68213bec5236090a5cb65d4fb386"),
        _file(
            "manual_annotations/sharing_experience.txt",
            "c39342adc7d9e6794fb05ed2d48626d338bbf7e825fe6e62b446a00c9a808d22",
        ),
        _file(
            "manual_annotations/sharing_opinions.txt",
            "3b16b7d164c184ff747d8f103c3ffd2fb06f5f476306f93c7c4c71cc01a8c49b",
        ),
        _file("manual_annotations/suggesting.txt", "0d0a277200546320973a9cb6a9c1e8e2392b835dc5b992531892add5036cc681"),
        _file(
            "manual_annotations/sympathizing.txt", "ec2648c0de5c109abffcb8a090e31f405475bd018ee4645b89c2a70c85ba8b70"
        ),
        _file("manual_annotations/wishing.txt", "2afb1b8a152a3adb2147d58370cf15ddc1edad5266646b07675041c6b9cea988"),
    ),
    reader=_read,
    tendencies=(
        Tendency("intent", "sympathizing", "sympathy", 0.97),
        Tendency("intent", "consoling", "sympathy", 0.76),
    ),
)

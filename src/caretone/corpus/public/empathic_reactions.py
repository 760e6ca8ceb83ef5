"""Empathic Reactions: essays on distressing news, and how their writers say that they felt."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from caretone.corpus.public.corpus import CorpusFile, PublicCorpus, clean


def _read(folder: Path) -> pd.DataFrame:
    rows = pd.read_csv(folder / "messages.csv", keep_default_na=False, encoding="utf-8-sig")
    return pd.DataFrame(
        {
            "text": rows["essay"].map(clean),
            "empathic_concern": rows["empathy"].astype(float),
            "personal_distress": rows["distress"].astype(float),
            "high_concern": rows["empathy_bin"].astype(int),
            "high_distress": rows["distress_bin"].astype(int),
            "article": rows["article_id"].astype(str),
            "writer": rows["response_id"],
        }
    )


EMPATHIC_REACTIONS = PublicCorpus(
    name="empathic_reactions",
    title="Empathic Reactions",
    citation=(
        "Buechel, Buffone, Slaff, Ungar and Sedoc (2018). Modeling Empathy and Distress in Reaction to News Stories. "
        "EMNLP. https://aclanthology.org/D18-1507"
    ),
    homepage="https://github.com/wwbp/empathic_reactions",
    licence="CC BY 4.0",
    measures=(
        "1,860 essays on news of suffering, with their writers' own ratings of empathic concern and personal "
        "distress, 1 to 7, and each also as high or low"
    ),
    relation=(
        "None is stated: writers rate what they feel, tones are what a text expresses. Sympathy shows in 49% of the "
        "essays of high concern and in 24% of those of low concern."
    ),
    files=(
        CorpusFile(
            "messages.csv",
            "https://raw.githubusercontent.com/wwbp/empathic_reactions/"
            "931501798177d4c51b9a7b0360d39497e7a1bb0e/data/responses/data/messages.csv",
            "380d2670254565629f81616df57cc0729de96ac87c056d05e39c370624ae8f64",
        ),
    ),
    reader=_read,
)

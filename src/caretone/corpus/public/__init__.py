"""Public corpora with labels akin to the tones: each a module that says what it is, where it lives and how to read it.

None of them comes with caretone; `fetch` brings one from its authors when the user asks for it.
"""

from __future__ import annotations

from caretone.corpus.public.corpus import CorpusFile, PublicCorpus, Tendency
from caretone.corpus.public.empathetic_intents import EMPATHETIC_INTENTS
from caretone.corpus.public.empathic_reactions import EMPATHIC_REACTIONS
from caretone.corpus.public.epitome import EPITOME
from caretone.corpus.public.esconv import ESCONV
from caretone.corpus.public.fetching import cache_folder, fetch
from caretone.corpus.public.goemotions import GOEMOTIONS
from caretone.errors import CaretoneError

__all__ = [
    "CORPORA",
    "CorpusFile",
    "PublicCorpus",
    "Tendency",
    "cache_folder",
    "fetch",
    "public_corpus",
]

CORPORA: dict[str, PublicCorpus] = {
    corpus.name: corpus for corpus in (EPITOME, ESCONV, EMPATHIC_REACTIONS, EMPATHETIC_INTENTS, GOEMOTIONS)
}
"""The corpora by name."""


def public_corpus(name: str) -> PublicCorpus:
    """Give a public corpus by its name.

    Parameters
    ----------
    name : str
        One of the names in `CORPORA`; case, blanks and hyphens do not matter.

    Returns
    -------
    PublicCorpus

    Raises
    ------
    CaretoneError
        If there is none of that name.

    Examples
    --------
    >>> public_corpus("GoEmotions").licence
    'CC BY 4.0'
    """
    corpus = CORPORA.get(name.strip().lower().replace("-", "_").replace(" ", "_"))
    if corpus is None:
        raise CaretoneError(f"there is no public corpus {name!r}; there are {', '.join(CORPORA)}")
    return corpus

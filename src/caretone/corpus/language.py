"""Tell messages that are probably not in English, by their letters and by their function words."""

from __future__ import annotations

from caretone.text import sentences

FUNCTION_WORDS = frozenset(
    """
    about and any aren't back because before being but can can't could couldn't did didn't does doesn't doing down
    from get going gonna got have haven't having he's hers his how i'd i'll i'm i've if into isn't it it's its know
    let like maybe my need oh only other our out own please really same she's should some still such than thank
    thanks that that's the their them then there there's these they they're thing things think this those though
    through to too up very wasn't we'll we're we've well were weren't what when where which while who why with won't
    would yeah yes yet you you'd you'll you're you've your yours yourself
    """.replace("'", "").split()
)
"""Common English function words and words of talk, apostrophes dropped as in `caretone.text`.

Words that are common in neighbouring languages too (*so*, *was*, *in*, *me*, *of* …) are left out.
"""

FEWEST_WORDS = 8
"""A message with fewer words is judged by its letters alone."""

SMALLEST_SHARE = 0.08
"""With a smaller share of function words a message counts as not in English."""


def looks_english(text: str) -> bool:
    """Say whether a text could be English.

    Most of its letters must be Latin ones; and of `FEWEST_WORDS` words or more, a share of
    `SMALLEST_SHARE` must be among `FUNCTION_WORDS`, where English text has more than a third.
    The rule errs on both sides now and then: it proposes what to look at.

    Parameters
    ----------
    text : str
        Any text; one without letters could be English.

    Returns
    -------
    bool

    Examples
    --------
    >>> looks_english("I am so sorry, that must have been a very hard week for you.")
    True
    >>> looks_english("Es tut mir sehr leid, das muss eine schwere Woche gewesen sein.")
    False
    """
    letters = [letter for letter in text if letter.isalpha()]
    if sum(letter < "ɐ" for letter in letters) < len(letters) / 2:
        return False
    words = [token for sentence in sentences(text) for token in sentence if token.isalpha()]
    return len(words) < FEWEST_WORDS or sum(word in FUNCTION_WORDS for word in words) >= SMALLEST_SHARE * len(words)

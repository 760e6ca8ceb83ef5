"""An audit as tables: sections that a terminal and a page show alike, and the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from caretone.corpus.audit import Audit
from caretone.corpus.duplicates import DuplicateGroup
from caretone.corpus.keyness import Mark
from caretone.errors import CaretoneError
from caretone.tones import TONES

if TYPE_CHECKING:
    from jinja2 import Template

LONGEST = 1000
"""The page shows so many rows of a table."""

_ROWS_LISTED = 8


@dataclass(frozen=True)
class Section:
    """A table of an audit's report.

    Attributes
    ----------
    title : str
        What it is about.
    note : str
        How it was found, and what to do.
    columns : tuple of str
        The headings.
    rows : sequence of tuple of str
        The cells; none if nothing was found.
    """

    title: str
    note: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def audit_page(audit: Audit) -> str:
    """Give an audit as one HTML page that needs nothing from elsewhere.

    Parameters
    ----------
    audit : Audit
        What was found.

    Returns
    -------
    str

    Raises
    ------
    CaretoneError
        If jinja2 is not installed.
    """
    return page_template().render(audit=audit, sections=sections(audit), longest=LONGEST)


def page_template() -> Template:
    """Give the template of the page; `CaretoneError` if jinja2 is not installed."""
    try:
        from jinja2 import Environment
    except ImportError:
        raise CaretoneError('a page needs jinja2; get it with: pip install "caretone[report]"') from None
    template = files("caretone.corpus").joinpath("audit.html").read_text(encoding="utf-8")
    return Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(template)


def sections(audit: Audit) -> list[Section]:
    """Give the tables of an audit.

    Parameters
    ----------
    audit : Audit
        What was found.

    Returns
    -------
    list of Section
    """
    return [
        *_balance(audit),
        _duplicates("same text", "Same but for case and white space; settle the contradictory ones.", audit.same_text),
        _duplicates(
            "near duplicates",
            f"Character 4-grams alike to {audit.threshold:g} or more; keep one, and none in both training and test.",
            audit.near_duplicates,
        ),
        _label_errors(audit),
        _length(audit),
        _stray_tokens(audit),
        Section(
            "perhaps not in English",
            "Mostly other letters than Latin ones, or hardly any common English function word.",
            ("row",),
            [(str(row),) for row in audit.not_english],
        ),
        Section(
            "personal data",
            "Found by simple rules; look at these rows before the file is passed on.",
            ("row", "kinds"),
            [(str(found.row), ", ".join(found.kinds)) for found in audit.personal_data],
        ),
        *_marks("n-grams that mark", "In how many messages they are; PMI in bits.", audit.ngrams),
        *_marks("collocations of", "Neighbours that belong together, twice as frequent there.", audit.collocations),
    ]


def _balance(audit: Audit) -> Iterator[Section]:
    balance = audit.balance
    counts = [
        *((f"tone {tone}", count) for tone, count in balance.tones.items()),
        *((f"label {label}", count) for label, count in balance.labels.items()),
        *((f"{number} of the tones", count) for number, count in balance.tones_a_message.items()),
    ]
    rows = [(what, f"{count:,}", f"{count / audit.messages:.1%}") for what, count in counts]
    yield Section(
        "balance", "A tone of few messages is learnt and measured badly.", ("what", "messages", "share"), rows
    )
    if balance.groups:
        shares = [(f"{one.group}", f"{one.messages:,}", *_shares(one.shares, "{:.1%}")) for one in balance.groups]
        yield Section(
            "balance by group",
            "If a group tells the tone (Cramér's V well above 0), a model may learn the group.",
            ("group", "messages", *TONES),
            [*shares, ("Cramér's V", "", *_shares(balance.cramers_v, "{:.3f}"))],
        )


def _shares(shares: dict[str, float], form: str) -> Iterator[str]:
    return (form.format(share) for share in shares.values())


def _duplicates(title: str, note: str, groups: Sequence[DuplicateGroup]) -> Section:
    rows = [
        (
            ", ".join(map(str, group.rows[:_ROWS_LISTED])) + (" …" if group.rows[_ROWS_LISTED:] else ""),
            str(len(group.rows)),
            " | ".join(dict.fromkeys(group.tones)),
            "yes" if group.contradictory else "",
        )
        for group in groups
    ]
    return Section(title, note, ("rows", "messages", "tones", "contradictory"), rows)


def _label_errors(audit: Audit) -> Section:
    rows = [
        (str(error.row), error.tone, "yes" if error.given else "no", f"{error.probability:.2f}")
        for error in audit.label_errors
    ]
    note = "Confident learning on out-of-fold probabilities, each tone by itself; label these rows anew."
    return Section("likely label errors", " ".join(audit.notes) or note, ("row", "tone", "given", "probability"), rows)


def _length(audit: Audit) -> Section:
    rows = [
        (
            effect.tone,
            f"{effect.spearman:.3f}",
            f"{effect.auc:.3f}",
            f"{effect.with_tone:g}",
            f"{effect.without_tone:g}",
            "yes" if effect.suspicious else "",
        )
        for effect in audit.length
    ]
    columns = ("tone", "rank correlation", "AUC of length", "median with", "median without", "suspicious")
    return Section(
        "labels and length", "Length in tokens; an AUC far from 0.5 lets a model go by length.", columns, rows
    )


def _stray_tokens(audit: Audit) -> Section:
    rows = [
        (token.tone, token.token, f"{token.messages:,}", f"{token.share:.0%}", f"{token.z:+.1f}")
        for token in audit.stray_tokens
    ]
    note = "Words that nearly settle a tone; marks and numbers that say more of it than they should."
    return Section("tokens that give a tone away", note, ("tone", "token", "messages", "with tone", "z"), rows)


def _marks(title: str, note: str, marks: Sequence[Mark]) -> Iterator[Section]:
    for tone in TONES:
        rows = [
            (mark.ngram, f"{mark.with_tone:,}", f"{mark.overall:,}", f"{mark.likelihood_ratio:.0f}", f"{mark.pmi:.2f}")
            for mark in marks
            if mark.tone == tone
        ]
        yield Section(f"{title} {tone}", note, ("n-gram", "with tone", "overall", "likelihood ratio", "PMI"), rows)

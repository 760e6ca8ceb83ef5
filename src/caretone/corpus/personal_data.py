"""Find personal data in messages by simple rules: e-mail addresses, phone numbers, bank accounts (IBAN)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

KINDS = ("e-mail", "phone", "IBAN")
"""The kinds that are looked for."""


@dataclass(frozen=True)
class PersonalData:
    """A row that holds personal data, and of which kinds; never the data themselves."""

    row: int
    kinds: tuple[str, ...]


def find_personal_data(texts: Iterable[str], rows: Iterable[int]) -> list[PersonalData]:
    """List the messages that seem to hold personal data.

    Parameters
    ----------
    texts : iterable of str
        The messages.
    rows : iterable of int
        Where each stands.

    Returns
    -------
    list of PersonalData
        The rows where something was found.
    """
    found = ((row, kinds_of_personal_data(text)) for text, row in zip(texts, rows, strict=True))
    return [PersonalData(row, kinds) for row, kinds in found if kinds]


def kinds_of_personal_data(text: str) -> tuple[str, ...]:
    """Say which kinds of personal data a text seems to hold.

    An *e-mail* address has a dot behind its ``@``. A *phone* number has 9 to 15 digits and begins with
    ``+``, ``0`` or a bracket, or is grouped like 555-010-0199; dates and decimal fractions are none. An
    *IBAN* has the length of its country and the right checksum (ISO 13616).

    Parameters
    ----------
    text : str
        A message.

    Returns
    -------
    tuple of str
        The kinds, in the order of `KINDS`.

    Examples
    --------
    >>> kinds_of_personal_data("Write to ann@example.org or call +44 20 7946 0958.")
    ('e-mail', 'phone')
    >>> kinds_of_personal_data("From 2019-04-01 to 2020-04-01 we sold 1,000,000 at 0.123456789.")
    ()
    """
    found = (
        _EMAIL.search(text) is not None,
        any(_is_phone(match.group()) for match in _PHONE.finditer(text)),
        any(_is_iban(text[match.start() :]) for match in _IBAN_START.finditer(text)),
    )
    return tuple(kind for kind, there in zip(KINDS, found, strict=True) if there)


_EMAIL = re.compile(r"[\w.+-]{1,64}@[^\W_](?:[\w-]{0,62}\.)+[^\W\d_]{2,}")
_PHONE = re.compile(r"(?<![\w+.,/:-])(?:\+|\(\+?)?[0-9](?:[ ().\-/]{0,2}[0-9]){8,14}(?![\w%])(?![.,:/-][0-9])")
_DATE_OR_FRACTION = re.compile(r"\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./](?:\d{4}|\d\d)\b|\d+\.\d+$")
_GROUPED = re.compile(r"(?:1[ .-]?)?\d{3}[ .-]\d{3}[ .-]\d{4}")


def _is_phone(written: str) -> bool:
    if _DATE_OR_FRACTION.match(written):
        return False
    return written[0] in "+(0" or _GROUPED.fullmatch(written) is not None


_IBAN_START = re.compile(r"\b[A-Za-z]{2}[0-9]{2}(?=[ -]?[A-Za-z0-9])")
_IBAN_LENGTHS = {
    country: int(length)
    for country, length in re.findall(
        "([A-Z]{2})([0-9]{2})",
        "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BR29BY28CH21CR22CY28CZ24DE22DK18DO28EE20EG29ES24FI18FO18FR27GB22"
        "GE22GI23GL18GR27GT28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22"
        "MK19MR27MT31MU30NL18NO15PK24PL28PS29PT25QA29RO24RS22SA24SC31SD18SE24SI19SK24SM27ST25SV28TL23TN24TR26"
        "UA29VA22VG24XK20",
    )
}


def _is_iban(text: str) -> bool:
    """Say whether a text begins with an IBAN, in groups or not."""
    length = _IBAN_LENGTHS.get(text[:2].upper(), 0)
    account = re.sub("[ -]", "", text[: 2 * length])[:length].upper()
    if not length or len(account) < length or not (account.isascii() and account.isalnum()):
        return False
    return int("".join(str(int(mark, 36)) for mark in account[4:] + account[:4])) % 97 == 1

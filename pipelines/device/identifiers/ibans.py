"""IBANs: ISO 13616, the remainder by 97 and each country's length."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum import iban as stdnum_iban

from pipelines.common import homoglyphs
from pipelines.device.identifiers.mentions import BAD, OK, Candidate, is_labelled
from pipelines.device.identifiers.repair import FIGURES

_LENGTHS = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29"
    " ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20"
    " LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29"
    " PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20"
    " YE30"
)
LENGTHS = {entry[:2]: int(entry[2:]) for entry in _LENGTHS.split()}
"""Characters of an IBAN by country, as the registry has them."""

_START = re.compile(r"(?<![0-9A-Za-z_+])[A-Za-z]{2}[0-9OoIl]{2}(?=[ \t\r\n-]{0,3}[0-9A-Za-z])")
_CHARACTER = re.compile(r"[ \t]?(?:\r?\n)?[ \t-]?([0-9A-Za-z])")
_LABEL = re.compile(r"\biban\b\W{0,4}(?:is|number|no)?\W{0,4}$", re.IGNORECASE)
_GAPS = re.compile(r"[ \t\r\n-]+")
_GROUP, _MAX_PARTS = 4, 3
# Countries whose own part is figures alone: there letters can only be misread figures.
_FIGURES_ALONE = frozenset(
    "AE AT BA BE CZ DE DK EE ES FI FO GL HR HU IL IS LT ME MN NO PL PT RS SE SI SK TN VA XK".split()
)
_BANK_LETTERS = frozenset("GB IE NL GI LV RO BG".split())


def find(text: str) -> Iterator[Candidate]:
    """IBANs in `text`; one that fails its checksum only behind the word."""
    plain = homoglyphs.as_latin(text)
    for start in _START.finditer(plain):
        country = start[0][:2].upper()
        length = LENGTHS.get(country)
        found = _characters(plain, start.start(), length) if length else None
        if not found:
            continue
        characters, end = found
        written = characters.upper()
        is_changed = plain[start.start() : end] != text[start.start() : end]
        if not _is_set_as_one(plain[start.start() : end]):
            continue
        if is_valid(written):
            yield Candidate("IBAN", written, OK, is_changed, start.start(), end)
            continue
        repaired = next((r for r in _repairs(characters, country) if is_valid(r)), None)
        if repaired:
            yield Candidate("IBAN", repaired, OK, True, start.start(), end)
        elif not is_changed and is_labelled(plain, start.start(), _LABEL) and written[2:4].isdigit():
            yield Candidate("IBAN", written, BAD, False, start.start(), end)


def _characters(plain: str, start: int, length: int) -> tuple[str, int] | None:
    """So many letters and figures from `start`, with what separates them left out; the last must end a word."""
    characters, at = "", start
    while len(characters) < length:
        following = _CHARACTER.match(plain, at)
        if not following:
            return None
        characters, at = characters + following[1], following.end()
    is_end = at == len(plain) or not (plain[at].isalnum() or plain[at] == "_")
    return (characters, at) if is_end else None


def _repairs(characters: str, country: str) -> Iterator[str]:
    """Readings with figures where the country has figures."""
    head, own = characters[:2].upper() + characters[2:4].translate(FIGURES), characters[4:]
    if country in _FIGURES_ALONE:
        yield head + own.translate(FIGURES)
        return
    if country in _BANK_LETTERS:  # four letters of the bank first, then figures
        bank = own[:4].upper()
        for reading in dict.fromkeys((bank, bank.replace("0", "O"), bank.replace("1", "I"), bank.replace("1", "L"))):
            yield head + reading + own[4:].translate(FIGURES).upper()
        return
    yield head + own.upper()
    yield head + own.translate(FIGURES).upper()


def _is_set_as_one(written: str) -> bool:
    """Whether characters are set as an IBAN is: in groups of four, or in three parts at most (a line end, a space)."""
    parts = _GAPS.split(written)
    return len(parts[0]) >= _GROUP and (len(parts) <= _MAX_PARTS or all(len(part) == _GROUP for part in parts[:-1]))


def is_valid(iban: str) -> bool:
    """Whether length, checksum and the country's own pattern of letters and figures are right."""
    return remainder(iban) == 1 and bool(stdnum_iban.is_valid(iban, check_country=False))


def remainder(iban: str) -> int:
    """The remainder by 97, which is 1 of a valid IBAN; 0 where there are characters that no IBAN has."""
    turned = iban[4:] + iban[:4]
    if not turned.isascii() or not turned.isalnum() or not iban[2:4].isdigit() or not 2 <= int(iban[2:4]) <= 98:
        return 0
    return int("".join(str(int(c, 36)) for c in turned)) % 97

"""Telephone numbers in E.164, as their writer means them, by Google's phonenumbers.

How a sender writes numbers is a rule, "<style>:<region>", such as "national:GB":

- `e164`: the country code comes first, with or without a plus.
- `international`: the same, but for numbers that are only possible as national ones of the region.
- `national`: national numbers of the region; a plus or an international prefix says otherwise. Digits that are too many
  for the region, or in none of its ranges, are tried as country code and number.
- `as_dialled`: as `national`, of keys pressed: without its area code a number is none, however long.

What is no part of the number is taken off in every style: URIs, spreadsheets' quotation, prefixes that withhold the
caller's number. A number is accepted where its length is *possible*: the library's lists of allocated ranges trail the
regulator's, and an unallocated number in a report is still what the report says.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

import pandas as pd
import phonenumbers
from pyspark.sql import Column
from pyspark.sql import functions as F

STYLES = ("e164", "international", "national", "as_dialled")
RULE = "national:GB"  # of a sender that says nothing else
_MOBILE = re.compile(r"(?:\+?44|0)(7[0-9]{9})")  # most of what UK police data holds: no need of the library
_SHORT_CODE = re.compile(r"[0-9]{3,5}|11[68][0-9]{3}")  # six digits are a local number, but for enquiries and helplines
_ALPHANUMERIC = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 .&_-]{2,11}")  # GSM 03.40: a sender's name of up to 11 characters
_URI = re.compile(r"^(?:.*<)?\s*(?:tel|sips?|callto|sms):(?://)?([^@;>?]+)[@;>?]?.*$", re.IGNORECASE)
_QUOTED = re.compile(r"""^=?\s*["'`]+\s*(.*?)\s*["'`]*$""")
_WHOLE = re.compile(r"^([+]?\d{7,18})\.0{1,6}$")  # a whole number that a program wrote with a decimal point
_DECIMAL = re.compile(r"^[+]?[1-9]\d*\.\d+$")
_SCIENTIFIC = re.compile(r"^(\d)(?:\.(\d+))?E([+]?)(\d{1,2})$", re.IGNORECASE)
_EXTENSION = re.compile(r"\s*ext(?:ension|n)?\.?\s*[0-9]{1,6}$|\s+x\s*[0-9]{1,6}$", re.IGNORECASE)
_TRUNK_IN_BRACKETS = re.compile(r"\(0\)")
_SEPARATORS = re.compile(r"[\s().\-/\u2010-\u2015]")
# Codes dialled before a number to withhold or show the caller's own: GSM 02.07, BT's 141 and 1470, North America's *67.
_WITHHOLD = re.compile(r"^(?:[*#]31#|\*67|\*82|(?:1470|141)(?=[+0]))")
# North American numbers as their writers set them: (202) 555-0103. Brackets without a 0 are nobody else's.
_NANP = re.compile(r"(\()?([2-9][0-9]{2})(?(1)\)\s?|[-. ])([2-9][0-9]{2})[-. ]?([0-9]{4})")
_MIN_DIGITS = 5  # of a number with letters in it, rather than a name with a number in it
_LOCAL = {"GB": 9}  # fewer digits than these, without the trunk 0, are a number without its area code


@functools.lru_cache(maxsize=100_000)
def e164(text: str, rule: str = RULE) -> str | None:
    """A number as written, in E.164 ("07700 900123" -> "+447700900123"), or None."""
    style, region = rule.split(":")
    bare = _bare(text)
    if (american := _NANP.fullmatch(bare)) and phonenumbers.country_code_for_region(region) != 1:
        return _north_american(american)
    digits = _WITHHOLD.sub("", _SEPARATORS.sub("", _TRUNK_IN_BRACKETS.sub("", bare)))
    digits = re.sub("^00", "+", digits)
    if region == "GB" and (mobile := _MOBILE.fullmatch(digits)):
        return f"+44{mobile[1]}"
    if not re.fullmatch(r"\+?[0-9]{7,18}", digits):
        return None
    return _READ[style](digits, region)


def _north_american(number: re.Match[str]) -> str | None:
    """A number set as North Americans do. Without brackets it may be a mobile that lost its 0: then it is none."""
    is_in_brackets = number[1] is not None
    return _parsed("+1" + "".join(number.groups()[1:]), None) if is_in_brackets or number[2][0] != "7" else None


def _bare(text: str) -> str:
    """The number without what programs put around it; "" where its digits are lost."""
    kept = text.strip()
    if uri := _URI.fullmatch(kept):
        kept = uri[1].strip()
    if quoted := _QUOTED.fullmatch(kept):
        kept = quoted[1]
    if whole := _WHOLE.fullmatch(kept):
        return whole[1]
    if scientific := _SCIENTIFIC.fullmatch(kept):
        return _whole(*scientific.groups())
    return "" if _DECIMAL.fullmatch(kept) else _EXTENSION.sub("", kept)


def _whole(first: str, decimals: str | None, sign: str, exponent: str) -> str:
    """The digits of a number in scientific notation, or "" where it lost some.

    A spreadsheet rounds and writes a sign (4.47701E+11); a program writes all digits but zeros at the end, and none.
    """
    digits, size = decimals or "", int(exponent)
    n_lost = size - len(digits)
    return first + digits + "0" * n_lost if 0 <= n_lost <= (0 if sign else 2) else ""


def _country_first(digits: str, region: str) -> str | None:
    """Digits that begin with a country code, unless with a trunk 0, which no country code does."""
    if digits.startswith("+"):
        return _parsed(digits, None)
    if digits.startswith("0"):
        return _national(digits, region)
    return _parsed(f"+{digits}", None)


def _international(digits: str, region: str) -> str | None:
    return _country_first(digits, region) or _national(digits, region)


def _national(digits: str, region: str) -> str | None:
    """A national number of `region`; what is too long for it, or in none of its ranges, may begin with a country."""
    if digits.startswith(("+", "0")):
        return _parsed(digits, region)
    if len(digits) < _LOCAL.get(region, 0):
        return None
    return _valid(digits, region) or _valid(f"+{digits}", None) or _parsed(digits, region) or _longer(digits, region)


def _longer(digits: str, region: str) -> str | None:
    """Digits that are too many for a national number of `region`: country code and number."""
    return _parsed(f"+{digits}", None) if len(digits) > _longest(region) else None


@functools.cache
def _longest(region: str) -> int:
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region, None)
    described = metadata.general_desc if metadata else None
    return max((described.possible_length if described else None) or (15,))


def _as_dialled(digits: str, region: str) -> str | None:
    """Keys pressed: without trunk prefix or plus, only what is too long for a local number says a country."""
    prefix = phonenumbers.ndd_prefix_for_region(region, strip_non_digits=True)
    if prefix and not digits.startswith(("+", prefix)):
        return _longer(digits, region)
    return _national(digits, region)


_READ = {"e164": _country_first, "international": _international, "national": _national, "as_dialled": _as_dialled}


def _valid(digits: str, region: str | None) -> str | None:
    """The number where it lies in an allocated range."""
    found = _parsed(digits, region)
    return found if found is not None and phonenumbers.is_valid_number(phonenumbers.parse(found)) else None


def _parsed(digits: str, region: str | None) -> str | None:
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return None
    possible = phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
    found = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if number.italian_leading_zero and phonenumbers.parse(found) != number:  # a second trunk 0: another number later
        return None
    return found if possible else None


@functools.lru_cache(maxsize=100_000)
def party(text: str, rule: str = RULE) -> str | None:
    """A party of a communications event: E.164, else a short code or a sender's name as it is, else None."""
    number = e164(text, rule)
    if number is not None:
        return number
    kept = _bare(text)
    return kept if _SHORT_CODE.fullmatch(kept) or _is_sender_name(kept) else None


def _is_sender_name(text: str) -> bool:
    """Whether a text is the name of a sender of messages, and not a number with a letter in it (O7700900123)."""
    return bool(_ALPHANUMERIC.fullmatch(text)) and sum(c.isdigit() for c in text) < _MIN_DIGITS


def _each(texts: pd.Series, rules: pd.Series, read: Callable[[str, str], str | None]) -> pd.Series:
    """`read` of each text by its rule, once per distinct pair."""
    pairs = pd.Series(list(zip(texts, rules, strict=True)), index=texts.index, dtype=object)
    made = {pair: read(*pair) for pair in pairs[texts.notna() & rules.notna()].unique()}
    return pairs.map(made).astype(object)


def e164_of(column: Column, rule: Column | None = None) -> Column:
    """`e164` of a text column by the rule of its row; NULL where it is NULL or cannot be read."""

    @F.pandas_udf("string")  # type: ignore[attr-defined, untyped-decorator]  # not exported
    def normalise(texts: pd.Series, rules: pd.Series) -> pd.Series:
        return _each(texts, rules, e164)

    return normalise(column, F.lit(RULE) if rule is None else rule)


def party_of(column: Column, rule: Column | None = None) -> Column:
    """`party` of a text column by the rule of its row; NULL where it is NULL or cannot be read."""

    @F.pandas_udf("string")  # type: ignore[attr-defined, untyped-decorator]  # not exported
    def normalise(texts: pd.Series, rules: pd.Series) -> pd.Series:
        return _each(texts, rules, party)

    return normalise(column, F.lit(RULE) if rule is None else rule)

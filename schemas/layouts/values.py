"""What single values of a layout may be: date patterns, encodings, regular expressions, offsets from UTC."""

from __future__ import annotations

import codecs
import re
import zoneinfo
from typing import Annotated, Any

import phonenumbers
from pydantic import AfterValidator, BeforeValidator, Field

from schemas import codes
from schemas.validation import Matching

_DATE_PATTERN = re.compile(r"(?:[yMLdDHhKkmsSaXxZOV /:.,\-\[\]]|'[^']*')+")
# How often a letter may stand in a row, for Spark to read it; other numbers, like other letters, end a whole query.
_REPEATS = {
    "y": (1, 2, 4), "M": (1, 2, 3, 4), "L": (1, 2, 3, 4), "D": (1, 2, 3), "S": tuple(range(1, 10)), "a": (1,),
    "V": (2,), "O": (1, 4), "X": (1, 2, 3, 4, 5), "x": (1, 2, 3, 4, 5), "Z": (1, 2, 3, 4, 5),
}  # fmt: skip
_TWICE = (1, 2)  # of those not named


def folded(word: str) -> str:
    """A code in the form in which it is compared: upper case, one kind of dash, single blanks, none around dashes."""
    dashed = re.sub("[\u2010-\u2015\u2212]", "-", word.upper())
    return re.sub(r" ?([-/]) ?", r"\1", " ".join(dashed.split()))


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("takes text, and is empty")
    return value


def _time_zone(value: str) -> str:
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: the name of a folder of zones
        raise ValueError(f"{value[:60]!r} is not a known time zone, such as Europe/London") from error
    return value


def _encoding(value: str) -> str:
    try:
        return codecs.lookup(value).name
    except (LookupError, ValueError) as error:
        raise ValueError(f"{value[:60]!r} is not a known encoding, such as utf-8 or windows-1252") from error


def _delimiter(value: str) -> str:
    if len(value) != 1 or value in '"\r\n':
        raise ValueError("takes one character")
    return value


# Words among a feed's `times` for numbers since 1970 in UTC, and how many microseconds one is.
EPOCHS = {"epoch_s": 1_000_000, "epoch_ms": 1_000}
# Words among a feed's `dates` for numbers of days, and the day that is 0: since 1970, and as a workbook counts them.
DAY_NUMBERS = {"epoch_days": "1970-01-01", "workbook_days": "1899-12-30"}


def _date_pattern(value: str) -> str:
    if not _DATE_PATTERN.fullmatch(value):
        raise ValueError(f"{value[:60]!r} is not a date pattern such as dd/MM/yyyy{_hint(value)}")
    if problem := _misread(value):
        raise ValueError(f"{value[:60]!r} {problem}")
    return value


def _hint(pattern: str) -> str:
    """What to write in place of a letter that Spark does not read, or reads as another clock than was meant."""
    letters = set(re.sub(r"'[^']*'", "", pattern))
    if "z" in letters:
        return ": z reads BST as the time of Bougainville; name the words of the clock in a column with `clock`"
    return ": a year is yyyy, and a name of a day of the week cannot be read" if letters & set("uYEe") else ""


def _misread(pattern: str) -> str | None:
    """Why a pattern of known letters would be read as another day or time than its writer meant, or stop a night."""
    runs = [found[0] for found in re.finditer(r"([A-Za-z])\1*", re.sub(r"'[^']*'", "", pattern))]
    letters = [run[0] for run in runs]
    if wrong := [run for run in runs if len(run) not in _REPEATS.get(run[0], _TWICE)]:
        return f"repeats a letter as no pattern does: {wrong[0]}"
    if twice := [letter for letter in letters if letters.count(letter) > 1]:
        minute = ", and minutes are mm" if twice[0] == "M" else ""
        return f"says {twice[0]} in two places{minute}"
    if {"m", "s", "S"} & set(letters) and not {"H", "h", "K", "k"} & set(letters):
        return "tells minutes and no hour: an hour is HH, and a month MM"
    if "y" not in letters or not ("D" in letters or ("d" in letters and {"M", "L"} & set(letters))):
        return "does not tell year, month and day: a month is MM, a day of the month dd"
    if "D" in letters and {"d", "M", "L"} & set(letters):
        return "counts days of the year with D, and names a month: a day of the month is dd"
    if bool({"h", "K"} & set(letters)) != ("a" in letters):
        return "needs both hours from 1 to 12 (hh) and a for am and pm; hours from 0 to 23 are HH"
    return None


def _time_pattern(value: str) -> str:
    return value if value in EPOCHS else _date_pattern(value)


def _day_pattern(value: str) -> str:
    return value if value in DAY_NUMBERS else _time_pattern(value)


def _region(value: str) -> str:
    if value not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError(f"{value[:60]!r} is not a country with telephone numbers, such as GB or IE")
    return value


def _expression(value: str) -> str:
    try:
        n_groups = re.compile(value).groups
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"is not a regular expression ({error})") from error
    if n_groups != 1:
        raise ValueError("takes exactly one group: the value")
    return value


def _national(value: Any) -> Any:
    """Grades and other digits may be written without quotes."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _given(value: Any) -> Any:
    if value is None:
        raise ValueError("takes a mapping, not nothing: leave the key out")
    return value


Text = Annotated[str, AfterValidator(_text)]
Word = Annotated[str, Field(min_length=1)]  # white space counts: a separator may be a blank
Sender = Annotated[str, Matching(r"[a-z0-9_]+", "takes lower-case letters, digits and _ only")]
Force = Annotated[str, Matching(codes.FORCE_PATTERN, 'takes a two-character code, quoted, such as "36"')]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Encoding = Annotated[str, AfterValidator(_encoding)]
Delimiter = Annotated[str, AfterValidator(_delimiter), Field(json_schema_extra={"minLength": 1, "maxLength": 1})]
DayPattern = Annotated[str, AfterValidator(_day_pattern)]
TimePattern = Annotated[str, AfterValidator(_time_pattern)]
Region = Annotated[str, AfterValidator(_region)]
Offset = Annotated[str, Matching(r"[+-]\d{2}:\d{2}", "takes an offset such as +01:00, quoted")]
Expression = Annotated[str, AfterValidator(_expression)]
National = Annotated[str, BeforeValidator(_national, json_schema_input_type=str | int)]
IsGiven = BeforeValidator(_given)  # of a part that may be left out, and not be empty
NothingIsEmpty = BeforeValidator(lambda value: {} if value is None else value)  # `columns:` with nothing after it

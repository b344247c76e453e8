"""Values that mean nothing: what people, forms and systems write where no value is known. One list per kind of field.

Such a value becomes NULL, is kept in `_rescued` and counted, and ties nobody to anybody. A layout adds its sender's own
with `absent`. Words are compared in upper case, with single spaces and without brackets, quotes and full stops around
them; a value that repeats them ("NULL NULL", "n/k, n/k") means as little.
"""

from __future__ import annotations

import datetime as dt

# Written by systems: by spreadsheets for a failed formula, by databases and programs for no value. Never a word of a
# text.
ERRORS = (
    "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!",
    "#CONNECT!", "#UNKNOWN!", "#BUSY!", "#ERROR!", "#GETTING_DATA", "ERR:502", "ERR:504", "ERR:508", "ERR:509",
)  # fmt: skip
SYSTEM = (
    *ERRORS, "NULL", "NIL", "NONE", "NAN", "NAT", "N/A", "N.A", "N A", "NA", "\\N", "UNDEFINED", "NO VALUE",
    "NO DATA", "NOT APPLICABLE", "NONE KNOWN", "NONE GIVEN", "NONE RECORDED",
)  # fmt: skip
# Written by people who did not know. In a narrative they are words: "Unknown" may be all that a title says.
PEOPLE = (
    "NK", "N/K", "N.K", "NOT KNOWN", "UNKNOWN", "UNK", "UNKN", "U/K", "NOT STATED", "NOT RECORDED", "NOT PROVIDED",
    "NOT GIVEN", "NOT SUPPLIED", "NOT DISCLOSED", "NOT AVAILABLE", "NOT ENTERED", "NOT SPECIFIED", "NOT HELD",
    "NOT SET", "NOT YET KNOWN", "NO ENTRY", "NO RECORD", "NO DETAILS", "NO INFORMATION", "NO INFO", "NO TRACE",
    "DO NOT KNOW", "DON'T KNOW", "DK", "TBC", "TBA", "TBD", "TO BE CONFIRMED", "DECLINED", "REFUSED", "WITHHELD",
    "BLANK", "EMPTY", "XX", "XXX", "XXXX", "XXXXX", "XXXXXX", "ZZ", "ZZZ", "ZZZZ",
)  # fmt: skip
_NO_DAYS = ("0", "00/00/0000", "0000-00-00", "00-00-0000", "00.00.0000", "00000000")
_UNTIL_FURTHER = ("PRESENT", "CURRENT", "ONGOING", "TO DATE", "OPEN", "INDEFINITE", "UNTIL FURTHER NOTICE")
_NOBODY = (
    "NO NAME", "NONAME", "NFN", "FNU", "LNU", "NMN", "NAME UNKNOWN", "UNKNOWN NAME", "UNKNOWN MALE", "UNKNOWN FEMALE",
    "UNKNOWN PERSON", "MALE UNKNOWN", "FEMALE UNKNOWN", "UNIDENTIFIED", "UNIDENTIFIED MALE", "UNIDENTIFIED FEMALE",
    "UNNAMED", "ANONYMOUS", "ANON", "UNREGISTERED", "PAYG", "PREPAID", "NAME WITHHELD", "SEE NOTES", "SEE TEXT",
    "SEE REPORT",
)  # fmt: skip
_NOWHERE = (
    "NO ADDRESS", "ADDRESS UNKNOWN", "ADDRESS NOT KNOWN", "UNKNOWN ADDRESS", "HOMELESS", "STREET HOMELESS",
    "ROUGH SLEEPER", "SLEEPING ROUGH", "VARIOUS", "VARIOUS ADDRESSES", "TRANSIENT", "OVERSEAS", "AS ABOVE", "SAME",
    "ADDRESS WITHHELD", "SEE NOTES", "SEE TEXT", "SEE REPORT", "NO KNOWN ADDRESS", "NO CURRENT ADDRESS",
    "NOT KNOWN AT PRESENT",
)  # fmt: skip
_NO_NUMBER = (
    "PRIVATE", "ANONYMOUS", "UNAVAILABLE", "RESTRICTED", "NUMBER WITHHELD", "NUMBER UNKNOWN", "UNKNOWN NUMBER",
    "PRIVATE NUMBER", "NUMBER NOT KNOWN", "NO NUMBER", "NO PHONE", "NO MOBILE", "NO TELEPHONE", "NO CALLER ID",
    "CALLER ID WITHHELD", "BLOCKED", "CHANGED NUMBER", "EX DIRECTORY",
)  # fmt: skip
_NO_MARK = (
    "NONE1", "NO VEHICLE", "NO CAR", "NO REG", "NO REGISTRATION", "NO PLATE", "NO PLATES", "NO VRM", "NOPLATE", "NOREG",
    "UNREGISTERED", "NOT REGISTERED", "FOREIGN", "FOREIGN PLATE", "FALSE PLATES", "NO INDEX",
)  # fmt: skip

# Kind of field -> words. A kind that is not named has those of systems and people.
_ALL = (*SYSTEM, *PEOPLE)
WORDS: dict[str, tuple[str, ...]] = {
    "narrative": SYSTEM,
    "name": tuple(word for word in (*_ALL, *_NOBODY) if word not in ("NA", "NIL")),  # which are names as well
    "address": (*_ALL, *_NOWHERE),
    "phone": (*_ALL, *_NO_NUMBER),
    "party": (*_ALL, *_NO_NUMBER),
    "vehicle": (*_ALL, *_NO_MARK),
    "identifier": (*_ALL, *_NO_NUMBER, *_NO_MARK),
    "date": (*_ALL, *_NO_DAYS, *_UNTIL_FURTHER),
    "instant": (*_ALL, *_NO_DAYS, *_UNTIL_FURTHER),
}
DEFAULT_WORDS = _ALL

# Kind of field -> expressions that its text holds, in upper case with single spaces.
PATTERNS: dict[str, tuple[str, ...]] = {
    "name": (r"^[^\p{L}]+$",),  # 0, 00, 1: typed to get past a form
    # No fixed abode, whatever stands after it: the town where somebody sleeps rough is no address that two share.
    "address": (r"^(?:OF )?(?:NFA|N/F/A|N F A|N\.F\.A\.?|NO FIXED (?:ABODE|ADDRESS|PLACE OF ABODE))\b", r"^[^\p{L}]+$"),
    # Masks: 07700XXXXXX, 07700 9***23, ******0123. Service codes such as *100# are none.
    "phone": (r"[0-9][ .-]?[X*#?•_]{3,}", r"^[X*#?•_]{3,}[ 0-9]+$", r"^\+?0[0 .()-]+$"),
    "party": (r"[0-9][ .-]?[X*#?•_]{3,}", r"^[X*#?•_]{3,}[ 0-9]+$", r"^\+?0[0 .()-]+$"),
    "imei": (r"[0-9][X*#?•_]{2,}",),
    "imsi": (r"[0-9][X*#?•_]{2,}",),
    "vehicle": (r"[X*#?•_]{3,}$",),
    "reference": (r"^0+$",),
    "document": (r"^([0-9A-Z])\1+$", r"^0?12345678?9?0?$"),
}

# Kind of field -> expressions that a value as read matches: numbers that repeat or count, invented handsets.
VALUES: dict[str, tuple[str, ...]] = {
    "phone": (
        r"([0-9])\1{7,}$",  # 07777777777, 00000000000, 07000000000
        r"([0-9]{2})\1{4,}$",  # 07070707070
        r"(?:123456789|1234567890|987654321|9876543210)$",  # 01234567890, 07123456789
        r"^\+44(?:7[0-9]|20)(?:12345678|87654321)$",
    ),
    "imei": (r"^([0-9])\1{13}", r"^[01]?12345678901234", r"^01234567890123", r"^00499901064000"),
    "imsi": (r"([0-9])\1{9,}$", r"^1234567890", r"^0123456789"),
    # Pseudo postcodes: ZZ99 3VZ is "no fixed abode" in the health service, XX and AA are no areas.
    "postcode": (r"^(?:ZZ|XX|AA|QQ|NK)[0-9]", r"^NF[0-9]"),
}
VALUES["identifier"] = VALUES["phone"]
VALUES["party"] = (*VALUES["phone"], r"^([0-9])\1{5,}$", r"^0+$")

# Days that systems write for "no day": the zeros of spreadsheets and programs, first and last days of their calendars,
# and dates that are typed to get past a form. Nobody is born on them by record.
DAYS = tuple(
    dt.date.fromisoformat(day)
    for day in (
        "0001-01-01", "1111-11-11", "1752-09-14", "1753-01-01", "1800-01-01", "1899-12-30", "1899-12-31", "1900-01-01",
        "1900-01-02", "1901-01-01", "1904-01-01", "1911-11-11", "1970-01-01", "2049-12-31", "2050-01-01", "2079-06-06",
        "2099-12-31", "2100-01-01", "2999-12-31", "3000-01-01", "4712-12-31", "8888-08-08", "9999-01-01", "9999-09-09",
        "9999-12-30", "9999-12-31",
    )
)  # fmt: skip


def words(kind: str) -> tuple[str, ...]:
    """What means nothing in a field of `kind`, in upper case."""
    return WORDS.get(kind, DEFAULT_WORDS)

"""Handsets and SIMs: IMEI and IMSI as networks and forms write them, brought to one form.

An IMEI is 14 digits that name the handset and a check digit (3GPP TS 23.003; Luhn, ISO/IEC 7812-1). Networks also send
the 14 digits alone, 15 with a spare 0 in place of the check, or 16 with the software version (IMEISV): the same handset
in each. A SIM's IMSI is a country (3 digits), a network and a subscriber, 14 or 15 digits in all.
"""

from __future__ import annotations

from functools import reduce
from operator import add

from pyspark.sql import Column
from pyspark.sql import functions as F

_SEPARATORS = r"[\s./\-]"
_DOUBLED = ("0123456789", "0246813579")  # a digit, and the sum of the digits of its double


def luhn(digits: str) -> int:
    """Check digit of a string of digits: every second from the right doubled, summed, up to the next ten."""
    total = sum(int(_DOUBLED[1][int(d)]) if n % 2 == 0 else int(d) for n, d in enumerate(reversed(digits)))
    return -total % 10


def imei(text: str) -> str | None:
    """A handset's IMEI as 14 digits and check digit, or None ("35-209900-176148-1" -> "352099001761481").

    15 digits must check, but for the spare digit 0 that networks transmit. What stands after the 14 digits of an IMEISV
    is the version of its software and is dropped.
    """
    digits = "".join(c for c in text if c not in " ./-\t")
    if not (digits.isascii() and digits.isdigit()) or len(digits) not in (14, 15, 16):
        return None
    body, check = digits[:14], str(luhn(digits[:14]))
    return body + check if len(digits) != 15 or digits[14] in (check, "0") else None


def imei_of(column: Column) -> Column:
    """`imei` of a text column; NULL where it is NULL or no IMEI."""
    digits = F.regexp_replace(column, _SEPARATORS, "")
    body = F.substring(digits, 1, 14)
    doubled = F.translate(body, *_DOUBLED)

    def at(text: Column, n: int) -> Column:
        return F.coalesce(F.substring(text, n, 1).try_cast("int"), F.lit(0))

    total = reduce(add, [at(doubled if n % 2 == 0 else body, n) for n in range(1, 15)])
    check = ((F.lit(10) - total % 10) % 10).cast("string")
    is_right = (F.length(digits) != 15) | F.substring(digits, 15, 1).isin("0") | (F.substring(digits, 15, 1) == check)
    return F.when(digits.rlike(r"\A[0-9]{14,16}\z") & is_right, F.concat(body, check))


def imsi_of(column: Column) -> Column:
    """A SIM's IMSI as 14 or 15 digits, or NULL."""
    digits = F.regexp_replace(column, _SEPARATORS, "")
    return F.when(digits.rlike(r"\A[0-9]{14,15}\z"), digits)
